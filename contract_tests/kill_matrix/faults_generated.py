"""The generated package edited: by hand, or by a generator with an error."""

from functools import partial

from kill_matrix.checks import ALLOWED, CLASSES, EQUALS, ERRORS, MODELS
from kill_matrix.model import GENERATED, Edit, Fault, Group

fault = partial(Fault, group=Group.generated)
_CREATED = 'datetime.datetime.fromisoformat(d.pop("created_at"))'
_NAME = 'name = d.pop("name")'


def _asset(old: str, new: str) -> tuple[Edit, ...]:
    return (Edit(f"{GENERATED}/models/asset.py", old, new),)


def _error(old: str, new: str) -> tuple[Edit, ...]:
    return (Edit(f"{GENERATED}/models/error.py", old, new),)


FAULTS = (
    fault(
        "code-skips-width",
        about="from_dict leaves width out",
        killers=(ALLOWED,),
        says="width",
        edits=_asset(
            'width = _parse_width(d.pop("width"))', 'width = _parse_width(d.pop("width") and None)'
        ),
    ),
    fault(
        "code-swaps-sides",
        about="from_dict takes height for width",
        killers=(EQUALS,),
        says="width",
        edits=_asset(
            "            width=width,\n            height=height,\n",
            "            width=height,\n            height=width,\n",
        ),
    ),
    fault(
        "code-in-camel-case",
        about="from_dict looks for contentType",
        killers=(ALLOWED, MODELS),
        says="contentType",
        edits=_asset('d.pop("content_type")', 'd.pop("contentType")'),
    ),
    fault(
        "code-casts-size",
        about="size becomes a text",
        killers=(ALLOWED,),
        says="size",
        edits=_asset('_parse_size(d.pop("size"))', 'str(_parse_size(d.pop("size")))'),
    ),
    fault(
        "code-null-becomes-text",
        about="a url that is null becomes the word None",
        killers=(ALLOWED,),
        says="url",
        edits=_asset('_parse_url(d.pop("url"))', 'str(d.pop("url"))'),
    ),
    fault(
        "code-null-becomes-zero",
        about="a size that is null becomes 0",
        killers=(ALLOWED,),
        says="size",
        edits=_asset('_parse_size(d.pop("size"))', 'd.pop("size") or 0'),
    ),
    fault(
        "code-empty-becomes-null",
        about="an empty name becomes null",
        killers=(ALLOWED,),
        says="name",
        edits=_asset(_NAME, f"{_NAME} or None"),
    ),
    fault(
        "code-duration-whole",
        about="duration loses its fraction",
        killers=(ALLOWED,),
        says="duration",
        edits=_asset("return cast(float | None, data)", "return float(int(data))"),
    ),
    fault(
        "code-trims-name",
        about="a name is trimmed",
        killers=(ALLOWED,),
        says="name",
        edits=_asset(_NAME, f"{_NAME}.strip()"),
    ),
    fault(
        "code-state-unknown-fails",
        about="a state that is not listed becomes error (D2)",
        killers=(ALLOWED,),
        says="state",
        edits=_asset("return cast(AssetState | str, data)", "return AssetState.ERROR"),
    ),
    fault(
        "code-time-naive",
        about="created_at loses its offset",
        killers=(ALLOWED,),
        says="created_at",
        edits=_asset(_CREATED, f"{_CREATED}.replace(tzinfo=None)"),
    ),
    fault(
        "code-time-rounded",
        about="created_at loses its fraction",
        killers=(ALLOWED,),
        says="created_at",
        edits=_asset(_CREATED, f"{_CREATED}.replace(microsecond=0)"),
    ),
    fault(
        "code-time-is-text",
        about="created_at stays a text",
        killers=(ALLOWED,),
        says="created_at",
        edits=_asset(_CREATED, 'd.pop("created_at")'),
    ),
    fault(
        "code-drops-more-members",
        about="members that the spec does not know are dropped (D15)",
        killers=(ALLOWED,),
        says="nothing",
        edits=_asset("asset.additional_properties = d", "asset.additional_properties = {}"),
    ),
    fault(
        "code-writes-less",
        about="to_dict leaves duration out",
        killers=(MODELS,),
        says="Asset",
        edits=_asset('                "duration": duration,\n', ""),
    ),
    fault(
        "code-writes-null",
        about="to_dict of an error writes a hint that was not there",
        killers=(MODELS,),
        says="Error",
        edits=_error("        if hint is not UNSET:\n", "        if True:\n"),
    ),
    fault(
        "code-error-without-hint",
        about="the hint of an error is not read",
        killers=(ERRORS,),
        says="hint",
        edits=_error('d.pop("hint", UNSET)', "UNSET"),
    ),
    fault(
        "code-error-swapped",
        about="text and code of an error change places",
        killers=(CLASSES,),
        says="NOT_FOUND",
        edits=_error(
            "            error=error,\n            code=code,\n",
            "            error=code,\n            code=error,\n",
        ),
    ),
)

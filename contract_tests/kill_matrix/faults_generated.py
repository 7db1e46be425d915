"""The generated package edited: by hand, or by a generator with an error."""

from functools import partial

from kill_matrix.checks import ALLOWED, CLASSES, EQUALS, ERRORS, MODELS
from kill_matrix.model import GENERATED, Edit, Fault, Group

fault = partial(Fault, Group.generated)
_CREATED = 'datetime.datetime.fromisoformat(d.pop("created_at"))'
_NAME = 'name = d.pop("name")'


def _asset(old: str, new: str) -> tuple[Edit, ...]:
    return (Edit(f"{GENERATED}/models/asset.py", old, new),)


def _error(old: str, new: str) -> tuple[Edit, ...]:
    return (Edit(f"{GENERATED}/models/error.py", old, new),)


def _page(old: str, new: str) -> tuple[Edit, ...]:
    return (Edit(f"{GENERATED}/models/asset_page.py", old, new),)


def _paging(old: str, new: str) -> tuple[Edit, ...]:
    return (Edit(f"{GENERATED}/models/pagination.py", old, new),)


# fmt: off
FAULTS = (
    fault("code-skips-width", "from_dict leaves width out", ALLOWED, "width",
        edits=_asset('width = _parse_width(d.pop("width"))',
        'width = _parse_width(d.pop("width") and None)')),
    fault("code-swaps-sides", "from_dict takes height for width", EQUALS, "width",
        edits=_asset("            width=width,\n            height=height,\n",
        "            width=height,\n            height=width,\n")),
    fault("code-in-camel-case", "from_dict looks for contentType", (ALLOWED, MODELS),
        "contentType", edits=_asset('d.pop("content_type")', 'd.pop("contentType")')),
    fault("code-casts-size", "size becomes a text", ALLOWED, "size",
        edits=_asset('_parse_size(d.pop("size"))', 'str(_parse_size(d.pop("size")))')),
    fault("code-null-becomes-text", "a url that is null becomes the word None", ALLOWED, "url",
        edits=_asset('_parse_url(d.pop("url"))', 'str(d.pop("url"))')),
    fault("code-null-becomes-zero", "a size that is null becomes 0", ALLOWED, "size",
        edits=_asset('_parse_size(d.pop("size"))', 'd.pop("size") or 0')),
    fault("code-empty-becomes-null", "an empty name becomes null", ALLOWED, "name",
        edits=_asset(_NAME, f"{_NAME} or None")),
    fault("code-duration-whole", "duration loses its fraction", ALLOWED, "duration",
        edits=_asset("return cast(float | None, data)", "return float(int(data))")),
    fault("code-trims-name", "a name is trimmed", ALLOWED, "name",
        edits=_asset(_NAME, f"{_NAME}.strip()")),
    fault("code-state-unknown-fails", "a state that is not listed becomes error (D2)", ALLOWED,
        "state", edits=_asset("return cast(AssetState | str, data)", "return AssetState.ERROR")),
    fault("code-time-naive", "created_at loses its offset", ALLOWED, "created_at",
        edits=_asset(_CREATED, f"{_CREATED}.replace(tzinfo=None)")),
    fault("code-time-rounded", "created_at loses its fraction", ALLOWED, "created_at",
        edits=_asset(_CREATED, f"{_CREATED}.replace(microsecond=0)")),
    fault("code-time-is-text", "created_at stays a text", ALLOWED, "created_at",
        edits=_asset(_CREATED, 'd.pop("created_at")')),
    fault("code-drops-more-members", "members that the spec does not know are dropped (D15)",
        ALLOWED, "nothing",
        edits=_asset("asset.additional_properties = d", "asset.additional_properties = {}")),
    fault("code-writes-less", "to_dict leaves duration out", MODELS, "Asset",
        edits=_asset('                "duration": duration,\n', "")),
    fault("code-writes-null", "to_dict of an error writes a hint that was not there", MODELS,
        "Error", edits=_error("        if hint is not UNSET:\n", "        if True:\n")),
    fault("code-error-without-hint", "the hint of an error is not read", ERRORS, "hint",
        edits=_error('d.pop("hint", UNSET)', "UNSET")),
    fault("code-error-swapped", "text and code of an error change places", CLASSES, "NOT_FOUND",
        edits=_error("            error=error,\n            code=code,\n",
        "            error=code,\n            code=error,\n")),
    fault("code-page-first-only", "a page keeps its first asset only", ALLOWED, "assets",
        edits=_page("for assets_item_data in _assets:", "for assets_item_data in _assets[:1]:")),
    fault("code-page-turned", "a page turns its assets round", ALLOWED, "assets",
        edits=_page('_assets = d.pop("assets")', '_assets = d.pop("assets")[::-1]')),
    fault("code-page-keeps-json", "the assets of a page stay as the JSON has them", ALLOWED,
        "assets", edits=_page("Asset.from_dict(assets_item_data)", "assets_item_data")),
    fault("code-page-of-items", "from_dict looks for items", (ALLOWED, MODELS), "items",
        edits=_page('_assets = d.pop("assets")', '_assets = d.pop("items")')),
    fault("code-page-one-asset", "each asset of a page is the last one", ALLOWED, "assets",
        edits=_page("Asset.from_dict(assets_item_data)", "Asset.from_dict(_assets[-1])")),
    fault("code-page-drops-more", "what a page has besides is dropped (D15)", ALLOWED, "nothing",
        edits=_page("asset_page.additional_properties = d", "asset_page.additional_properties = {}")
        ),
    fault("code-page-writes-less", "to_dict of a page leaves pagination out", MODELS, "AssetPage",
        edits=_page('                "pagination": pagination,\n', "")),
    fault("code-paging-swapped", "limit and offset change places", ALLOWED, "limit",
        edits=_paging("            limit=limit,\n            offset=offset,\n",
        "            limit=offset,\n            offset=limit,\n")),
    fault("code-total-is-text", "total becomes a text", ALLOWED, "total",
        edits=_paging('total = d.pop("total")', 'total = str(d.pop("total"))')),
    fault("code-total-at-most-100", "total ends at 100", ALLOWED, "total",
        edits=_paging('total = d.pop("total")', 'total = min(100, d.pop("total"))')),
)
# fmt: on

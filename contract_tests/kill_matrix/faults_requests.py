"""The generated package edited where it makes requests, and in its files."""

from functools import partial

from kill_matrix.checks import ALLOWED, CURRENT, FORBIDDEN, REQUESTS, WAIT
from kill_matrix.model import GENERATED, Edit, Fault, Group

fault = partial(Fault, group=Group.generated)
_QUOTE = 'quote(str(asset_id), safe="")'


def _request(old: str, new: str) -> tuple[Edit, ...]:
    return (Edit(f"{GENERATED}/api/assets/get_asset.py", old, new),)


def _validator(old: str, new: str) -> tuple[Edit, ...]:
    return (Edit(f"{GENERATED}/validators.py", old, new),)


_NO_OTHER_MEMBERS = """data_keys.remove("created_at")
            if data_keys:
                raise JsonSchemaValueException("more", data, "data.Asset", {}, "more")"""

FAULTS = (
    fault(
        "code-state-misspelt",
        about="a state is misspelt",
        killers=(WAIT,),
        says="ready",
        edits=(Edit(f"{GENERATED}/models/asset_state.py", '"ready"', '"redy"'),),
    ),
    fault(
        "code-failure-misspelt",
        about="one spelling of failure is misspelt",
        killers=(WAIT,),
        says="failed",
        edits=(Edit(f"{GENERATED}/models/asset_state.py", '"failed"', '"fail"'),),
    ),
    fault(
        "code-lacks-a-state",
        about="a state is missing in the enum",
        killers=(CURRENT,),
        says="UPLOADING",
        edits=(Edit(f"{GENERATED}/models/asset_state.py", '    UPLOADING = "uploading"\n', ""),),
    ),
    fault(
        "code-does-not-quote",
        about="an id goes into the path as it is",
        killers=(REQUESTS,),
        says="request",
        edits=_request(_QUOTE, "str(asset_id)"),
    ),
    fault(
        "code-keeps-slashes",
        about="a slash in an id is not encoded (D1)",
        killers=(REQUESTS,),
        says="request",
        edits=_request(_QUOTE, 'quote(str(asset_id), safe="/")'),
    ),
    fault(
        "code-quotes-twice",
        about="an id is encoded twice",
        killers=(REQUESTS,),
        says="request",
        edits=_request(_QUOTE, f"quote({_QUOTE})"),
    ),
    fault(
        "code-lowers-ids",
        about="an id is sent in small letters",
        killers=(REQUESTS,),
        says="request",
        edits=_request(_QUOTE, _QUOTE.replace("str(asset_id)", "asset_id.lower()")),
    ),
    fault(
        "code-asks-v2",
        about="the path is that of another version",
        killers=(REQUESTS,),
        says="/api/v2/",
        edits=_request('"/api/v1/assets/{asset_id}"', '"/api/v2/assets/{asset_id}"'),
    ),
    fault(
        "code-adds-a-slash",
        about="the path ends in a slash",
        killers=(REQUESTS,),
        says="request",
        edits=_request('"/api/v1/assets/{asset_id}"', '"/api/v1/assets/{asset_id}/"'),
    ),
    fault(
        "code-adds-a-query",
        about="the URL has a query",
        killers=(REQUESTS,),
        says="?",
        edits=_request('"/api/v1/assets/{asset_id}"', '"/api/v1/assets/{asset_id}?v=1"'),
    ),
    fault(
        "code-posts",
        about="the method is POST",
        killers=(REQUESTS,),
        says="POST",
        edits=_request('"method": "get"', '"method": "post"'),
    ),
    fault(
        "validator-size-is-text",
        about="the validator allows a size in quotes",
        killers=(FORBIDDEN,),
        says="size",
        edits=_validator("(data__size, (int, NoneType))", "(data__size, (int, str, NoneType))"),
    ),
    fault(
        "validator-url-optional",
        about="the validator allows an asset without url",
        killers=(FORBIDDEN,),
        says="url",
        edits=_validator("set(['id', 'name', 'url', ", "set(['id', 'name', "),
    ),
    fault(
        "validator-size-negative",
        about="the validator allows a negative size",
        killers=(FORBIDDEN,),
        says="size",
        edits=_validator("if data__size < 0:", "if data__size < -9e9:"),
    ),
    fault(
        "validator-time-is-text",
        about="the validator allows any text for a time",
        killers=(FORBIDDEN,),
        says="created_at",
        edits=_validator('if not custom_formats["date-time"](data__createdat):', "if False:"),
    ),
    fault(
        "validator-time-of-any-century",
        about="the validator allows the year 1970",
        killers=(FORBIDDEN,),
        says="created_at",
        edits=_validator(
            "if not REGEX_PATTERNS['^2[0-9]{3}-'].search(data__createdat):", "if False:"
        ),
    ),
    fault(
        "validator-type-without-slash",
        about="the validator allows any text for a MIME type",
        killers=(FORBIDDEN,),
        says="content_type",
        edits=_validator(
            r"if not REGEX_PATTERNS['^[^/\\s]+/[^/\\s]+'].search(data__contenttype):", "if False:"
        ),
    ),
    fault(
        "validator-state-closed",
        about="the validator allows the five states only",
        killers=(ALLOWED,),
        says="state",
        edits=_validator("if not isinstance(data__state, (str)):", "if True:"),
    ),
    fault(
        "validator-closed-world",
        about="the validator allows no other members (D15)",
        killers=(ALLOWED,),
        says="allows is refused",
        edits=_validator('data_keys.remove("created_at")', _NO_OTHER_MEMBERS),
    ),
    fault(
        "code-unused-part-edited",
        about="a part that the wrapper does not use is edited",
        killers=(CURRENT,),
        says="errors.py",
        edits=(Edit(f"{GENERATED}/errors.py", "__all__ =", "# edited by hand\n__all__ ="),),
    ),
    fault(
        "code-file-missing",
        about="the marker of types is missing",
        killers=(CURRENT,),
        says="py.typed",
        edits=(Edit(f"{GENERATED}/py.typed", "", None),),
    ),
    fault(
        "code-file-left",
        about="a file of an older spec is still there",
        killers=(CURRENT,),
        says="folder.py",
        edits=(Edit(f"{GENERATED}/models/folder.py", "", "# old\n"),),
    ),
)

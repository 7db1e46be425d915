"""The generated package edited where it makes requests, and in its files."""

from functools import partial

from kill_matrix.checks import ALLOWED, CURRENT, FORBIDDEN, REQUESTS, WAIT
from kill_matrix.model import Edit, Fault, Group

fault = partial(Fault, group=Group.generated)
_PACKAGE = "generated/babou_generated"
_QUOTE = 'quote(str(asset_id), safe="")'


def _request(old: str, new: str) -> tuple[Edit, ...]:
    return (Edit(f"{_PACKAGE}/api/assets/get_asset.py", old, new),)


def _schemas(old: str, new: str) -> tuple[Edit, ...]:
    return (Edit(f"{_PACKAGE}/schemas.json", old, new),)


def _type(member: str) -> str:
    return f'"{member}": {{\n          "minimum": 0,\n          "type": [\n            "integer",\n'


_OBJECT_ASSET = '        "created_at"\n      ],\n      "type": "object"\n'
_EITHER = (
    '{\n              "$ref": "#/$defs/AssetState"\n            },\n'
    '            {\n              "type": "string"\n            }\n'
)

FAULTS = (
    fault(
        "code-state-misspelt",
        about="a state is misspelt",
        killers=(WAIT,),
        says="ready",
        edits=(Edit(f"{_PACKAGE}/models/asset_state.py", '"ready"', '"redy"'),),
    ),
    fault(
        "code-failure-misspelt",
        about="one spelling of failure is misspelt",
        killers=(WAIT,),
        says="failed",
        edits=(Edit(f"{_PACKAGE}/models/asset_state.py", '"failed"', '"fail"'),),
    ),
    fault(
        "code-lacks-a-state",
        about="a state is missing in the enum",
        killers=(CURRENT,),
        says="UPLOADING",
        edits=(Edit(f"{_PACKAGE}/models/asset_state.py", '    UPLOADING = "uploading"\n', ""),),
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
        "schemas-size-is-text",
        about="schemas.json allows a size in quotes",
        killers=(FORBIDDEN,),
        says="size",
        edits=_schemas(_type("size"), _type("size") + '            "string",\n'),
    ),
    fault(
        "schemas-url-optional",
        about="schemas.json does not require url",
        killers=(FORBIDDEN,),
        says="url",
        edits=_schemas('        "name",\n        "url",\n', '        "name",\n'),
    ),
    fault(
        "schemas-size-negative",
        about="schemas.json allows a negative size",
        killers=(FORBIDDEN,),
        says="size",
        edits=_schemas(_type("size"), _type("size").replace('          "minimum": 0,\n', "")),
    ),
    fault(
        "schemas-time-is-text",
        about="schemas.json allows any text for a time",
        killers=(FORBIDDEN,),
        says="created_at",
        edits=_schemas('          "format": "date-time",\n', ""),
    ),
    fault(
        "schemas-time-of-any-century",
        about="schemas.json allows the year 1970",
        killers=(FORBIDDEN,),
        says="created_at",
        edits=_schemas('          "pattern": "^2[0-9]{3}-",\n', ""),
    ),
    fault(
        "schemas-type-without-slash",
        about="schemas.json allows any text for a MIME type",
        killers=(FORBIDDEN,),
        says="content_type",
        edits=_schemas('          "pattern": "^[^/\\\\s]+/[^/\\\\s]+",\n', ""),
    ),
    fault(
        "schemas-state-closed",
        about="schemas.json allows the five states only",
        killers=(ALLOWED,),
        says="state",
        edits=_schemas(_EITHER, '{\n              "$ref": "#/$defs/AssetState"\n            }\n'),
    ),
    fault(
        "schemas-closed-world",
        about="schemas.json allows no other members (D15)",
        killers=(ALLOWED,),
        says="allows is refused",
        edits=_schemas(
            _OBJECT_ASSET, _OBJECT_ASSET.rstrip() + ',\n      "additionalProperties": false\n'
        ),
    ),
    fault(
        "code-unused-part-edited",
        about="a part that the wrapper does not use is edited",
        killers=(CURRENT,),
        says="errors.py",
        edits=(Edit(f"{_PACKAGE}/errors.py", "__all__ =", "# edited by hand\n__all__ ="),),
    ),
    fault(
        "code-file-missing",
        about="the marker of types is missing",
        killers=(CURRENT,),
        says="py.typed",
        edits=(Edit(f"{_PACKAGE}/py.typed", "", None),),
    ),
    fault(
        "code-file-left",
        about="a file of an older spec is still there",
        killers=(CURRENT,),
        says="folder.py",
        edits=(Edit(f"{_PACKAGE}/models/folder.py", "", "# old\n"),),
    ),
)

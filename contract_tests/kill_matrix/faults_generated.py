"""The generated package edited: by hand, or by a generator with an error."""

from collections.abc import Callable
from functools import partial

from kill_matrix.checks import (
    ALLOWED,
    CLASSES,
    CURRENT,
    EQUALS,
    ERRORS,
    FORBIDDEN,
    MODELS,
    REQUESTS,
    WAIT,
)
from kill_matrix.model import GENERATED, Edit, Fault, Group

fault = partial(Fault, Group.generated)
_CREATED = 'datetime.datetime.fromisoformat(d.pop("created_at"))'
_NAME = 'name = d.pop("name")'
_QUOTE = 'quote(str(asset_id), safe="")'


def _in(file: str) -> Callable[[str, str], tuple[Edit, ...]]:
    """Return what makes an edit of a file of the generated package."""
    return lambda old, new: (Edit(f"{GENERATED}/{file}", old, new),)


_asset = _in("models/asset.py")
_error = _in("models/error.py")
_page = _in("models/asset_page.py")
_paging = _in("models/pagination.py")
_request = _in("api/assets/get_asset.py")
_list = _in("api/assets/list_assets.py")
_upload = _in("api/assets/upload_asset.py")
_validator = _in("validators.py")
_operations = _in("operations.json")


_NO_OTHER_MEMBERS = """data_keys.remove("created_at")
            if data_keys:
                raise JsonSchemaValueException("more", data, "data.Asset", {}, "more")"""


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
    fault("code-page-first-only", "a page keeps its first asset only", MODELS, "AssetPage",
        edits=_page("for assets_item_data in _assets:", "for assets_item_data in _assets[:1]:")),
    fault("code-page-turned", "a page turns its assets round", MODELS, "AssetPage",
        edits=_page('_assets = d.pop("assets")', '_assets = d.pop("assets")[::-1]')),
    fault("code-page-keeps-json", "the assets of a page stay as the JSON has them", MODELS,
        "AssetPage", edits=_page("Asset.from_dict(assets_item_data)", "assets_item_data")),
    fault("code-page-of-items", "from_dict looks for items", MODELS, "AssetPage",
        edits=_page('_assets = d.pop("assets")', '_assets = d.pop("items")')),
    fault("code-page-one-asset", "each asset of a page is the last one", MODELS, "AssetPage",
        edits=_page("Asset.from_dict(assets_item_data)", "Asset.from_dict(_assets[-1])")),
    fault("code-page-drops-more", "what a page has besides is dropped (D15)", CURRENT, "differs",
        edits=_page("asset_page.additional_properties = d", "asset_page.additional_properties = {}")
        ),
    fault("code-page-writes-less", "to_dict of a page leaves pagination out", MODELS, "AssetPage",
        edits=_page('                "pagination": pagination,\n', "")),
    fault("code-paging-swapped", "limit and offset change places", MODELS, "AssetPage",
        edits=_paging("            limit=limit,\n            offset=offset,\n",
        "            limit=offset,\n            offset=limit,\n")),
    fault("code-total-is-text", "total becomes a text", MODELS, "AssetPage",
        edits=_paging('total = d.pop("total")', 'total = str(d.pop("total"))')),
    fault("code-state-misspelt", "a state is misspelt", WAIT, "ready",
        edits=(Edit(f"{GENERATED}/models/asset_state.py", '"ready"', '"redy"'),)),
    fault("code-failure-misspelt", "one spelling of failure is misspelt", WAIT, "failed",
        edits=(Edit(f"{GENERATED}/models/asset_state.py", '"failed"', '"fail"'),)),
    fault("code-lacks-a-state", "a state is missing in the enum", CURRENT, "UPLOADING",
        edits=(Edit(f"{GENERATED}/models/asset_state.py", '    UPLOADING = "uploading"\n', ""),)),
    fault("code-does-not-quote", "an id goes into the path as it is", REQUESTS, "request",
        edits=_request(_QUOTE, "str(asset_id)")),
    fault("code-keeps-slashes", "a slash in an id is not encoded (D1)", REQUESTS, "request",
        edits=_request(_QUOTE, 'quote(str(asset_id), safe="/")')),
    fault("code-quotes-twice", "an id is encoded twice", REQUESTS, "request",
        edits=_request(_QUOTE, f"quote({_QUOTE})")),
    fault("code-lowers-ids", "an id is sent in small letters", REQUESTS, "request",
        edits=_request(_QUOTE, _QUOTE.replace("str(asset_id)", "asset_id.lower()"))),
    fault("code-asks-v2", "the path is that of another version", REQUESTS, "/api/v2/",
        edits=_request('"/api/v1/assets/{asset_id}"', '"/api/v2/assets/{asset_id}"')),
    fault("code-adds-a-slash", "the path ends in a slash", REQUESTS, "request",
        edits=_request('"/api/v1/assets/{asset_id}"', '"/api/v1/assets/{asset_id}/"')),
    fault("code-adds-a-query", "the URL has a query", REQUESTS, "documented parameters",
        edits=_request('"/api/v1/assets/{asset_id}"', '"/api/v1/assets/{asset_id}?v=1"')),
    fault("code-posts", "the method is POST", REQUESTS, "POST",
        edits=_request('"method": "get"', '"method": "post"')),
    fault("code-list-without-limit", "limit is not sent", REQUESTS, "limit='100'",
        edits=_list('params["limit"] = limit', 'params["limit"] = UNSET')),
    fault("code-list-limit-always-20", "limit is always 20", REQUESTS, "limit='100'",
        edits=_list('params["limit"] = limit', 'params["limit"] = 20')),
    fault("code-list-largest-page", "the largest page is said to have fifty assets (D18)", REQUESTS,
        "limit='100'", edits=_operations('"maximum": 100', '"maximum": 50')),
    fault("code-list-offset-from-one", "offset counts from 1", REQUESTS, "offset='0'",
        edits=_list('params["offset"] = offset', 'params["offset"] = offset + 1')),
    fault("code-list-offset-as-page", "offset is called page", REQUESTS, "page",
        edits=_list('params["offset"]', 'params["page"]')),
    fault("code-list-limit-as-page-size", "limit is called page_size", REQUESTS, "page_size",
        edits=_list('params["limit"]', 'params["page_size"]')),
    fault("code-list-offset-always-0", "offset is always 0", REQUESTS, "offset='2'",
        edits=_list('params["offset"] = offset', 'params["offset"] = 0')),
    fault("code-list-type-respelled", "contentType is called content_type", REQUESTS,
        "content", edits=_list('params["contentType"]', 'params["content_type"]')),
    fault("code-list-state-in-capitals", "the filter state is in capitals", REQUESTS, "state",
        edits=_list("json_state = state.value", "json_state = state.name")),
    fault("code-list-without-state", "the filter state is not sent", REQUESTS, "state",
        edits=_list('params["state"] = json_state', 'params["state"] = UNSET')),
    fault("code-list-sends-null", "what is not given is sent empty", REQUESTS, "contentType",
        edits=_list("{k: v for k, v in params.items() if v is not UNSET and v is not None}",
        '{k: "" if v is UNSET else v for k, v in params.items()}')),
    fault("code-list-asks-v2", "the list's path is that of another version", REQUESTS, "/api/v2/",
        edits=_list('"url": "/api/v1/assets"', '"url": "/api/v2/assets"')),
    fault("code-list-adds-a-slash", "the list's path ends in a slash", REQUESTS, "assets/",
        edits=_list('"url": "/api/v1/assets"', '"url": "/api/v1/assets/"')),
    fault("code-list-posts", "the list is asked for by POST", REQUESTS, "POST",
        edits=_list('"method": "get"', '"method": "post"')),
    fault("code-upload-puts", "the upload's method is PUT", REQUESTS, "PUT",
        edits=_upload('"method": "post"', '"method": "put"')),
    fault("code-upload-to-upload", "the upload's path is another one", REQUESTS, "/upload",
        edits=_upload('"url": "/api/v1/assets"', '"url": "/api/v1/assets/upload"')),
    fault("code-upload-type-misspelt", "the MIME type of a GIF is misspelt", REQUESTS,
        "these arguments", edits=_operations('"image/gif"', '"image/x-gif"')),
    fault("code-upload-as-form", "the upload is sent as a form", CURRENT, "upload_asset.py",
        edits=_upload('_kwargs["content"] = body.payload',
        '_kwargs["files"] = {"file": body.payload}')),
    fault("validator-page-items", "the validator looks at no asset of a page", FORBIDDEN, "assets",
        edits=_validator("for data__assets_x, data__assets_item in enumerate(data__assets):",
        "for data__assets_x, data__assets_item in ():")),
    fault("validator-page-without-pagination", "the validator allows a page without pagination",
        FORBIDDEN, "pagination",
        edits=_validator("set(['assets', 'pagination'])", "set(['assets'])")),
    fault("validator-total-negative", "the validator allows a negative total", FORBIDDEN, "total",
        edits=_validator("if data__total < 0:", "if data__total < -9e9:")),
    fault("validator-size-is-text", "the validator allows a size in quotes", FORBIDDEN, "size",
        edits=_validator("(data__size, (int, NoneType))", "(data__size, (int, str, NoneType))")),
    fault("validator-url-optional", "the validator allows an asset without url", FORBIDDEN, "url",
        edits=_validator("set(['id', 'name', 'url', ", "set(['id', 'name', ")),
    fault("validator-size-negative", "the validator allows a negative size", FORBIDDEN, "size",
        edits=_validator("if data__size < 0:", "if data__size < -9e9:")),
    fault("validator-time-is-text", "the validator allows any text for a time", FORBIDDEN,
        "created_at",
        edits=_validator('if not custom_formats["date-time"](data__createdat):', "if False:")),
    fault("validator-time-of-any-century", "the validator allows the year 1970", FORBIDDEN,
        "created_at",
        edits=_validator("if not REGEX_PATTERNS['^2[0-9]{3}-'].search(data__createdat):",
        "if False:")),
    fault("validator-type-without-slash", "the validator allows any text for a MIME type",
        FORBIDDEN, "content_type", edits=_validator(
            ".search(data__contenttype):", ".search(data__contenttype) and False:")),
    fault("validator-state-closed", "the validator allows the five states only", ALLOWED, "state",
        edits=_validator("if not isinstance(data__state, (str)):", "if True:")),
    fault("validator-closed-world", "the validator allows no other members (D15)", ALLOWED,
        "allows is refused", edits=_validator('data_keys.remove("created_at")', _NO_OTHER_MEMBERS)),
    fault("code-unused-part-edited", "a part that the wrapper does not use is edited", CURRENT,
        "errors.py",
        edits=(Edit(f"{GENERATED}/errors.py", "__all__ =", "# edited by hand\n__all__ ="),)),
    fault("code-file-missing", "the marker of types is missing", CURRENT, "py.typed",
        edits=(Edit(f"{GENERATED}/py.typed", "", None),)),
    fault("code-file-left", "a file of an older spec is still there", CURRENT, "folder.py",
        edits=(Edit(f"{GENERATED}/models/folder.py", "", "# old\n"),)),
)
# fmt: on

"""The specification of the list and the upload edited, with the best intentions."""

from functools import partial

from kill_matrix.checks import CURRENT, EXAMPLES, EXPOSED, LINT, PUBLISHED, REQUESTS, TABLES
from kill_matrix.faults_spec import also, less
from kill_matrix.model import GONE, Fault, Group

fault = partial(Fault, Group.spec)

_LIST = "paths./api/v1/assets.get"
_UPLOAD = "paths./api/v1/assets.post"
_LIMIT, _OFFSET, _TYPE, _STATE = (f"{_LIST}.parameters.{number}" for number in range(4))
_PAGE = "components.schemas.AssetPage"
_PAGING = "components.schemas.Pagination"
_PAGES = f"{_LIST}.responses.200.content.application/json.examples"
_TYPES = f"{_UPLOAD}.requestBody.content"
_FILE = {"$ref": "#/components/schemas/File"}
_FORM = {"type": "object", "required": ["file"], "properties": {"file": _FILE}}

# fmt: off
FAULTS = (
    fault("spec-limit-1000", "a page may have a thousand assets (D18)", PUBLISHED, "limit",
        spec={f"{_LIMIT}.schema.maximum": 1000}),
    fault("spec-limit-default-50", "limit is 50 where it is left out", PUBLISHED, "limit",
        spec={f"{_LIMIT}.schema.default": 50}),
    fault("spec-limit-is-text", "limit is a text", PUBLISHED, "limit",
        spec={f"{_LIMIT}.schema.type": "string"}),
    fault("spec-lacks-offset", "the parameter offset is removed", PUBLISHED, "offset",
        spec={_OFFSET: GONE}),
    fault("spec-type-respelled", "the filter is called content_type", PUBLISHED, "contentType",
        spec={f"{_TYPE}.name": "content_type"}),
    fault("spec-lacks-state", "the filter state is removed", PUBLISHED, "state",
        spec={_STATE: GONE}),
    fault("spec-filter-required", "the filter state has to be given", PUBLISHED, "state",
        spec={f"{_STATE}.required": True}),
    fault("spec-filter-by-default", "the list has what is ready, where state is left out",
        PUBLISHED, "state", spec={f"{_STATE}.schema": lambda old: {**old, "default": "ready"}}),
    fault("spec-offset-limited", "offset has a maximum that no page names", PUBLISHED, "offset",
        spec={f"{_OFFSET}.schema.maximum": 10_000}),
    fault("spec-account-required", "a parameter has to be given that no page names", PUBLISHED,
        "account", spec={f"{_LIST}.parameters": also({"name": "account", "in": "query",
        "required": True, "description": "An account.", "schema": {"type": "string"}})}),
    fault("spec-page-in-header", "offset is sent in a header", PUBLISHED, "offset",
        spec={f"{_OFFSET}.in": "header"}),
    fault("spec-page-lacks-total", "total is removed", TABLES, "total", spec={
        f"{_PAGING}.properties.total": GONE, f"{_PAGING}.required": less("total")}),
    fault("spec-total-optional", "total may be left out", (TABLES, CURRENT), "total",
        spec={f"{_PAGING}.required": less("total")}),
    fault("spec-total-is-text", "total is a text", (TABLES, EXAMPLES), "total",
        spec={f"{_PAGING}.properties.total.type": "string"}),
    fault("spec-page-lacks-pagination", "pagination is not required any more",
        (TABLES, CURRENT), "pagination", spec={f"{_PAGE}.required": ["assets"]}),
    fault("spec-page-of-ids", "the list has bare ids", (EXAMPLES, TABLES), "assets",
        spec={f"{_PAGE}.properties.assets.items": {"type": "string"}}),
    fault("spec-page-of-anything", "nothing is said of what the list has", (CURRENT, TABLES),
        "assets", spec={f"{_PAGE}.properties.assets.items": {}}),
    fault("spec-page-example-wrong", "total is a text in the example of a page", EXAMPLES, "total",
        spec={f"{_PAGES}.page.value.pagination.total": "3"}),
    fault("spec-page-example-asset-wrong", "an asset in the example of a page lacks its size",
        EXAMPLES, "size", spec={f"{_PAGES}.page.value.assets.0.size": GONE}),
    fault("spec-list-lacks-401", "the list's 401 is removed", TABLES, "401",
        spec={f"{_LIST}.responses.401": GONE}),
    fault("spec-list-without-security", "the list asks for no key", LINT, "no key",
        spec={f"{_LIST}.security": GONE}),
    fault("spec-list-renamed", "listAssets is called getAssets", EXPOSED, "listAssets",
        spec={f"{_LIST}.operationId": "getAssets"}),
    fault("spec-lacks-the-list", "the list is removed", (TABLES, PUBLISHED), "GET /api/v1/assets",
        spec={_LIST: GONE}),
    fault("spec-lacks-the-upload", "the upload is removed", (TABLES, PUBLISHED),
        "POST /api/v1/assets", spec={_UPLOAD: GONE}),
    fault("spec-upload-lacks-413", "the status 413 is removed", TABLES, "413",
        spec={f"{_UPLOAD}.responses.413": GONE}),
    fault("spec-upload-lacks-201", "the status 201 is removed (D21)", TABLES, "201",
        spec={f"{_UPLOAD}.responses.201": GONE}),
    fault("spec-upload-lacks-200", "the status 200 is removed (D21)", TABLES, "200",
        spec={f"{_UPLOAD}.responses.200": GONE}),
    fault("spec-upload-code-renamed", "the code FILE_TOO_LARGE is renamed", TABLES,
        "FILE_TOO_LARGE", spec={f"{_UPLOAD}.responses.413.content.application/json.examples"
        ".FILE_TOO_LARGE.value.code": "TOO_LARGE"}),
    fault("spec-upload-lacks-a-code", "the code UPLOAD_FAILED is removed", TABLES, "UPLOAD_FAILED",
        spec={f"{_UPLOAD}.responses.500.content.application/json.examples": GONE}),
    fault("spec-upload-lacks-webp", "image/webp is not taken any more", TABLES, "image/webp",
        spec={f"{_TYPES}.image/webp": GONE}),
    fault("spec-upload-takes-pdf", "application/pdf is taken", TABLES, "application/pdf",
        spec={f"{_TYPES}.application/pdf": {"schema": _FILE}}),
    fault("spec-upload-as-form", "a file is uploaded as a part of a form", REQUESTS,
        "multipart/form-data", spec={_TYPES: {"multipart/form-data": {"schema": _FORM}}}),
    fault("spec-upload-of-octets", "a file is uploaded as bytes of no type", REQUESTS,
        "application/octet-stream",
        spec={_TYPES: {"application/octet-stream": {"schema": _FILE}}}),
    fault("spec-upload-of-ten-megabytes", "a file has at most 10 MB (D22)", TABLES, "100 MB",
        spec={"components.schemas.File.maxLength": 10_485_760}),
    fault("spec-upload-of-nothing", "an upload may have no body", (TABLES, CURRENT), "body",
        spec={f"{_UPLOAD}.requestBody.required": False}),
    fault("spec-upload-gives-a-page", "an upload is answered with a page", (EXAMPLES, TABLES),
        "assets", spec={f"{_UPLOAD}.responses.201.content.application/json.schema.$ref":
              "#/components/schemas/AssetPage"}),
    fault("spec-upload-without-security", "the upload asks for no key", LINT, "no key",
        spec={f"{_UPLOAD}.security": GONE}),
)
# fmt: on

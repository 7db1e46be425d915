"""The specification edited: each fault is one edit that a person makes with the best intentions."""

from collections.abc import Callable
from functools import partial
from typing import Any

from kill_matrix.checks import (
    ALLOWED,
    CURRENT,
    DECISIONS,
    EXAMPLES,
    EXPOSED,
    LINT,
    MEDIA_TYPES,
    PUBLISHED,
    REQUESTS,
    SCHEMA,
    TABLES,
    VALID,
)
from kill_matrix.model import GONE, Edit, Fault, Group

fault = partial(Fault, Group.spec)
Change = Callable[[Any], object]

_GET = "paths./api/v1/assets/{assetId}.get"
_ID = f"{_GET}.parameters.0"
_EXAMPLES = f"{_GET}.responses.200.content.application/json.examples"
_NOT_FOUND = f"{_GET}.responses.404.content"
_LIST = "paths./api/v1/assets.get"
_UPLOAD = "paths./api/v1/assets.post"
_LIMIT, _OFFSET, _TYPE, _STATE = (f"{_LIST}.parameters.{number}" for number in range(4))
_PAGE = "components.schemas.AssetPage"
_PAGING = "components.schemas.Pagination"
_PAGES = f"{_LIST}.responses.200.content.application/json.examples"
_TYPES = f"{_UPLOAD}.requestBody.content"
_ASSET = "components.schemas.Asset"
_MEMBERS = f"{_ASSET}.properties"
_REQUIRED = f"{_ASSET}.required"
_STATES = "components.schemas.AssetState.enum"
_ERROR = "components.schemas.Error"
_KEY = "components.securitySchemes.bearerAuth"
_DECISIONS = "openapi/DECISIONS.md"
_CHECKSUM = {"type": "string", "description": "SHA-256.", "examples": ["e3b0c4"]}
_ARTEFACT = {"type": "string", "description": "An artefact.", "examples": ["x"]}
_FILE = {"$ref": "#/components/schemas/File"}
_FORM = {"type": "object", "required": ["file"], "properties": {"file": _FILE}}
_FOLDER = {"type": "object", "description": "A folder."}


def _and(value: object) -> Change:
    return lambda old: [*old, value]


def _less(value: object) -> Change:
    return lambda old: [one for one in old if one != value]


def _with(**more: object) -> Change:
    return lambda old: old | more


# fmt: off
FAULTS = (
    # Its schemas.
    fault("spec-size-is-text", "size is a string", TABLES, "size",
        spec={f"{_MEMBERS}.size.type": ["string", "null"]}),
    fault("spec-lacks-duration", "the member duration is removed", TABLES, "duration",
        spec={f"{_MEMBERS}.duration": GONE, _REQUIRED: _less("duration")}),
    fault("spec-adds-checksum", "a required member is added that no server sends", SCHEMA,
        "checksum", spec={f"{_MEMBERS}.checksum": _CHECKSUM, _REQUIRED: _and("checksum")}),
    fault("spec-adds-optional", "a member is added, and nothing generated anew", CURRENT, "differs",
        spec={f"{_MEMBERS}.checksum": _CHECKSUM}),
    fault("spec-created-at-optional", "created_at is not required any more", TABLES, "created_at",
        spec={_REQUIRED: _less("created_at")}),
    fault("spec-url-not-null", "url can't be null any more", TABLES, "url",
        spec={f"{_MEMBERS}.url.type": "string"}),
    fault("spec-name-null", "name can be null", TABLES, "name",
        spec={f"{_MEMBERS}.name.type": ["string", "null"]}),
    fault("spec-duration-whole", "duration is an integer", EXAMPLES, "12.48",
        spec={f"{_MEMBERS}.duration.type": ["integer", "null"]}),
    fault("spec-width-fraction", "width may have a fraction (D5)", ALLOWED, "width",
        spec={f"{_MEMBERS}.width.type": ["number", "null"]}),
    fault("spec-size-negative", "size may be negative", ALLOWED, "size",
        spec={f"{_MEMBERS}.size.minimum": GONE}),
    fault("spec-example-wrong-type", "the example of a size is a string", EXAMPLES, "size",
        spec={f"{_EXAMPLES}.image.value.size": "245678"}),
    fault("spec-example-without-offset", "the example of a time has no offset", EXAMPLES,
        "created_at", spec={f"{_EXAMPLES}.video.value.created_at": "2025-12-02T10:00:00.250"}),
    fault("spec-example-lacks-member", "an example lacks a member", EXAMPLES, "url",
        spec={f"{_EXAMPLES}.uploading.value.url": GONE}),
    fault("spec-id-example-too-long", "ids have at most 16 characters; the example has 22",
        EXAMPLES, "ast_abc", spec={f"{_ID}.schema.maxLength": 16}),
    fault("spec-reference-broken", "a reference to Asset is misspelt", (LINT, VALID), "Assset",
        spec={f"{_GET}.responses.200.content.application/json.schema.$ref":
              "#/components/schemas/Assset"}),
    fault("spec-state-reference-broken", "a reference to AssetState is misspelt", (LINT, VALID),
        "AssetStates", spec={f"{_MEMBERS}.state.anyOf.0.$ref": "#/components/schemas/AssetStates"}),
    fault("spec-state-narrowed", "the state failed is removed (D2)", TABLES, "failed",
        spec={_STATES: _less("failed")}),
    fault("spec-state-added", "a state is added, and nothing generated anew", CURRENT, "differs",
        spec={_STATES: _and("archived")}),
    fault("spec-state-closed", "other states are not allowed any more (D2)", TABLES,
        "state is a closed list",
        spec={f"{_MEMBERS}.state.anyOf": lambda old: old[:1]}),
    fault("spec-size-limited", "size has a maximum", EXAMPLES, "size",
        spec={f"{_MEMBERS}.size.maximum": 1000000}),
    fault("spec-id-uuid", "an id has to be a UUID (D1)", EXAMPLES, "id",
        spec={f"{_MEMBERS}.id.pattern": "^[0-9a-f-]{36}$"}),
    fault("spec-url-s3-only", "url has to begin with s3 (D3)", TABLES, "https",
        spec={f"{_MEMBERS}.url.pattern": "^s3://"}),
    fault("spec-types-closed", "content_type is a closed list (D15)", TABLES, "video/mp4",
        spec={f"{_MEMBERS}.content_type.enum": ["image/png"]}),
    fault("spec-closed-world", "other members are not allowed any more (D15)", CURRENT, "differs",
        spec={f"{_ASSET}.additionalProperties": False}),
    fault("spec-time-of-any-century", "created_at may be of any century (D14)", CURRENT, "differs",
        spec={f"{_MEMBERS}.created_at.pattern": GONE}),
    fault("spec-time-is-text", "created_at is any text", TABLES, "created_at",
        spec={f"{_MEMBERS}.created_at.format": GONE}),
    fault("spec-artefact", "an error code is a member of an asset (D4)", TABLES, "NOT_FOUND",
        spec={f"{_MEMBERS}.NOT_FOUND": _ARTEFACT}),
    fault("spec-hint-required", "every error has to have a hint", TABLES, "hint",
        spec={f"{_ERROR}.required": _and("hint")}),
    fault("spec-code-optional", "an error may lack its code", TABLES, "code",
        spec={f"{_ERROR}.required": _less("code")}),
    fault("spec-undescribed", "a member has no description", LINT, "description",
        spec={f"{_MEMBERS}.size.description": GONE}),
    fault("spec-unused", "a schema is there that nothing uses", LINT, "Folder",
        spec={"components.schemas.Folder": _FOLDER}),
    fault("spec-required-ghost", "a member is required that is not declared", LINT, "etag",
        spec={_REQUIRED: _and("etag")}),

    # Its operations.
    fault("spec-lacks-404", "the status 404 is removed", TABLES, "404",
        spec={f"{_GET}.responses.404": GONE}),
    fault("spec-lacks-5xx", "the range 5XX is removed (D8)", CURRENT, "5",
        spec={f"{_GET}.responses.5XX": GONE}),
    fault("spec-without-security", "the operation asks for no key", LINT, "no key",
        spec={f"{_GET}.security": GONE}),
    fault("spec-security-optional", "the key is optional", LINT, "no key",
        spec={f"{_GET}.security": _and({})}),
    fault("spec-scheme-unknown", "the operation names a scheme that is not defined", (LINT, VALID),
        "apiKey", spec={f"{_GET}.security": [{"apiKeyAuth": []}]}),
    fault("spec-operation-id-twice", "two operations have the same operationId", (LINT, VALID),
        "getAsset", spec={"paths": lambda old: old | {
            "/api/v1/files/{assetId}": old["/api/v1/assets/{assetId}"]}}),
    fault("spec-operation-not-exposed", "an operation is added that is neither exposed nor listed",
        EXPOSED, "is new", spec={"paths": lambda old: old | {"/api/v1/copies/{assetId}": {
            "get": old["/api/v1/assets/{assetId}"]["get"] | {"operationId": "getCopy"}}}}),
    fault("spec-path-v2", "the path has another version", PUBLISHED, "/api/v1/assets",
        spec={"paths": lambda old: {p.replace("v1", "v2"): item for p, item in old.items()}}),
    fault("spec-parameter-renamed", "the parameter has another name than in the path",
        (LINT, VALID), "assetId", spec={f"{_ID}.name": "asset_id"}),
    fault("spec-parameter-optional", "the path parameter is not required", (LINT, VALID),
        "required", spec={f"{_ID}.required": False}),
    fault("spec-post", "the method is POST", PUBLISHED, "GET",
        spec={_GET.removesuffix(".get"): lambda old: {"post": old["get"]}}),
    fault("spec-lacks-a-code", "the code API_KEY_EXPIRED is removed", TABLES, "API_KEY_EXPIRED",
        spec={"components.responses.Unauthorized.content.application/json.examples.API_KEY_EXPIRED":
              GONE}),
    fault("spec-code-renamed", "the code NOT_FOUND is renamed", TABLES, "NOT_FOUND",
        spec={f"{_NOT_FOUND}.application/json.examples.NOT_FOUND.value": _with(
            code="ASSET_NOT_FOUND")}),
    fault("spec-other-server", "the server is another one", PUBLISHED, "api.babou.ai",
        spec={"servers.0.url": "https://api.babou.com"}),
    fault("spec-basic", "the scheme is Basic", PUBLISHED, "Bearer",
        spec={f"{_KEY}.scheme": "basic"}),
    fault("spec-other-prefix", "keys have another prefix", PUBLISHED, "sk-bab-",
        spec={f"{_KEY}.bearerFormat": "sk-babou-*"}),
    fault("spec-problem-json", "a 404 is application/problem+json", MEDIA_TYPES, "problem+json",
        spec={_NOT_FOUND: lambda old: {"application/problem+json": old["application/json"]}}),
    fault("spec-old-version", "the document calls itself OpenAPI 3.0", VALID, "valid",
        spec={"openapi": "3.0.3"}),
    fault("spec-words-changed", "a description is changed, and nothing generated anew", CURRENT,
        "differs", spec={f"{_GET}.description": "Answers with the asset."}),

    # Its other operations.
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
        "account", spec={f"{_LIST}.parameters": _and({"name": "account", "in": "query",
        "required": True, "description": "An account.", "schema": {"type": "string"}})}),
    fault("spec-page-in-header", "offset is sent in a header", PUBLISHED, "offset",
        spec={f"{_OFFSET}.in": "header"}),
    fault("spec-page-lacks-total", "total is removed", TABLES, "total", spec={
        f"{_PAGING}.properties.total": GONE, f"{_PAGING}.required": _less("total")}),
    fault("spec-total-optional", "total may be left out", (TABLES, CURRENT), "total",
        spec={f"{_PAGING}.required": _less("total")}),
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

    # What stands beside it.
    fault("generator-set-otherwise", "a setting of the generator is changed", CURRENT, "differs",
        edits=(Edit("openapi/generator.yaml", "package_name_override: babou_generated\n",
            "package_name_override: babou_generated\nliteral_enums: true\n"),)),
    fault("decision-without-test", "a decision names a test that does not exist", DECISIONS, "D3",
        edits=(Edit(_DECISIONS, "test_other_schemes_are_refused", "test_other_schemes_raise"),)),
    fault("decision-without-probe", "a decision has no probe", DECISIONS, "D13",
        edits=(Edit(_DECISIONS, "**How to ask a live server**: the size of an answer.",
            "The size of an answer."),)),
    fault("decision-unknown", "the spec names a decision that there is not", DECISIONS, "D99",
        spec={f"{_MEMBERS}.size.description": "Size of the file in bytes (D99)."}),
)
# fmt: on

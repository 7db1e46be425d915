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
_ASSET = "components.schemas.Asset"
_MEMBERS = f"{_ASSET}.properties"
_REQUIRED = f"{_ASSET}.required"
_STATES = "components.schemas.AssetState.enum"
_ERROR = "components.schemas.Error"
_KEY = "components.securitySchemes.bearerAuth"
_DECISIONS = "openapi/DECISIONS.md"
_CHECKSUM = {"type": "string", "description": "SHA-256.", "examples": ["e3b0c4"]}
_ARTEFACT = {"type": "string", "description": "An artefact.", "examples": ["x"]}
_FOLDER = {"type": "object", "description": "A folder."}


def also(value: object) -> Change:
    """Add a value to a list."""
    return lambda old: [*old, value]


def less(value: object) -> Change:
    """Take a value out of a list."""
    return lambda old: [one for one in old if one != value]


def _with(**more: object) -> Change:
    return lambda old: old | more


# fmt: off
FAULTS = (
    # Its schemas.
    fault("spec-size-is-text", "size is a string", TABLES, "size",
        spec={f"{_MEMBERS}.size.type": ["string", "null"]}),
    fault("spec-lacks-duration", "the member duration is removed", TABLES, "duration",
        spec={f"{_MEMBERS}.duration": GONE, _REQUIRED: less("duration")}),
    fault("spec-adds-checksum", "a required member is added that no server sends", SCHEMA,
        "checksum", spec={f"{_MEMBERS}.checksum": _CHECKSUM, _REQUIRED: also("checksum")}),
    fault("spec-adds-optional", "a member is added, and nothing generated anew", CURRENT, "differs",
        spec={f"{_MEMBERS}.checksum": _CHECKSUM}),
    fault("spec-created-at-optional", "created_at is not required any more", TABLES, "created_at",
        spec={_REQUIRED: less("created_at")}),
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
        spec={_STATES: less("failed")}),
    fault("spec-state-added", "a state is added, and nothing generated anew", CURRENT, "differs",
        spec={_STATES: also("archived")}),
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
        spec={f"{_ERROR}.required": also("hint")}),
    fault("spec-code-optional", "an error may lack its code", TABLES, "code",
        spec={f"{_ERROR}.required": less("code")}),
    fault("spec-undescribed", "a member has no description", LINT, "description",
        spec={f"{_MEMBERS}.size.description": GONE}),
    fault("spec-unused", "a schema is there that nothing uses", LINT, "Folder",
        spec={"components.schemas.Folder": _FOLDER}),
    fault("spec-required-ghost", "a member is required that is not declared", LINT, "etag",
        spec={_REQUIRED: also("etag")}),

    # Its operations.
    fault("spec-lacks-404", "the status 404 is removed", TABLES, "404",
        spec={f"{_GET}.responses.404": GONE}),
    fault("spec-lacks-5xx", "the range 5XX is removed (D8)", CURRENT, "5",
        spec={f"{_GET}.responses.5XX": GONE}),
    fault("spec-without-security", "the operation asks for no key", LINT, "no key",
        spec={f"{_GET}.security": GONE}),
    fault("spec-security-optional", "the key is optional", LINT, "no key",
        spec={f"{_GET}.security": also({})}),
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
    fault("spec-old-version", "the document calls itself OpenAPI 3.0", LINT, "3.1",
        spec={"openapi": "3.0.3"}),
    fault("spec-words-changed", "a description is changed, and nothing generated anew", CURRENT,
        "differs", spec={f"{_GET}.description": "Answers with the asset."}),

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

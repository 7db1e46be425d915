"""The spec edited: each fault is one edit that a person makes with the best of intentions."""

# ruff: noqa: E501  (the lines are the spec's)

from functools import partial

from kill_matrix.checks import (
    ALLOWED,
    CURRENT,
    EXAMPLES,
    LINT,
    PUBLISHED,
    SCHEMA,
    TABLES,
    VALID,
)
from kill_matrix.model import SPEC, Edit, Fault, Group, in_spec

fault = partial(Fault, group=Group.spec)

_SIZE = 'size:\n          type: [integer, "null"]\n'
_WIDTH = 'width:\n          type: [integer, "null"]\n'
_URL = 'url:\n          type: [string, "null"]\n          format: uri\n          minLength: 1\n'
_REQUIRED = "size, state, duration, width, height, created_at]"
_NAME = "        name:\n          type: string\n          description"
_DURATION = """        duration:
          type: [number, "null"]
          minimum: 0
          description: |
            Length of a video or sound in seconds, fractions included (D5). Null for images, and while it is
            not known.
          examples: [12.48]
"""
_STATE = '            - $ref: "#/components/schemas/AssetState"\n            - type: string\n'
_ASSET = 'schema:\n                $ref: "#/components/schemas/Asset"\n'

FAULTS = (
    fault(
        "spec-size-is-text",
        about="size is a string",
        killers=(TABLES,),
        says="size",
        edits=in_spec(_SIZE, 'size:\n          type: [string, "null"]\n'),
    ),
    fault(
        "spec-lacks-duration",
        about="the member duration is removed",
        killers=(TABLES,),
        says="duration",
        edits=(
            Edit(SPEC, _DURATION, ""),
            Edit(SPEC, _REQUIRED, "size, state, width, height, created_at]"),
        ),
    ),
    fault(
        "spec-adds-checksum",
        about="a required member is added that no server sends",
        killers=(SCHEMA,),
        says="checksum",
        edits=(
            Edit(SPEC, _REQUIRED, _REQUIRED.replace("]", ", checksum]")),
            Edit(
                SPEC,
                _DURATION,
                _DURATION + "        checksum:\n          type: string\n"
                "          description: SHA-256.\n          examples: [e3b0c4]\n",
            ),
        ),
    ),
    fault(
        "spec-adds-optional",
        about="a member is added, and nothing generated anew",
        killers=(CURRENT,),
        says="differs",
        edits=in_spec(
            _DURATION,
            _DURATION + "        checksum:\n          type: string\n"
            "          description: SHA-256.\n          examples: [e3b0c4]\n",
        ),
    ),
    fault(
        "spec-created-at-optional",
        about="created_at is not required any more",
        killers=(TABLES,),
        says="created_at",
        edits=in_spec(_REQUIRED, _REQUIRED.replace(", created_at", "")),
    ),
    fault(
        "spec-url-not-null",
        about="url can't be null any more",
        killers=(TABLES,),
        says="url",
        edits=in_spec(_URL, _URL.replace('[string, "null"]', "string")),
    ),
    fault(
        "spec-name-null",
        about="name can be null",
        killers=(TABLES,),
        says="name",
        edits=in_spec(_NAME, _NAME.replace("string", '[string, "null"]')),
    ),
    fault(
        "spec-duration-whole",
        about="duration is an integer",
        killers=(EXAMPLES,),
        says="12.48",
        edits=in_spec(_DURATION, _DURATION.replace("[number", "[integer")),
    ),
    fault(
        "spec-width-fraction",
        about="width may have a fraction (D5)",
        killers=(ALLOWED,),
        says="width",
        edits=in_spec(_WIDTH, _WIDTH.replace("integer", "number")),
    ),
    fault(
        "spec-size-negative",
        about="size may be negative",
        killers=(ALLOWED,),
        says="size",
        edits=in_spec(_SIZE + "          minimum: 0\n", _SIZE),
    ),
    fault(
        "spec-example-wrong-type",
        about="the example of a size is a string",
        killers=(EXAMPLES,),
        says="size",
        edits=in_spec("size: 245678\n", 'size: "245678"\n'),
    ),
    fault(
        "spec-example-without-offset",
        about="the example of a time has no offset",
        killers=(EXAMPLES,),
        says="created_at",
        edits=in_spec("10:00:00.250Z", "10:00:00.250"),
    ),
    fault(
        "spec-example-lacks-member",
        about="an example lacks a member",
        killers=(EXAMPLES,),
        says="url",
        edits=in_spec("name: holiday.mov\n                    url: null\n", "name: holiday.mov\n"),
    ),
    fault(
        "spec-id-example-too-long",
        about="ids have at most 16 characters; the example has 22",
        killers=(EXAMPLES,),
        says="ast_abc",
        edits=in_spec("maxLength: 256", "maxLength: 16"),
    ),
    fault(
        "spec-reference-broken",
        about="a reference to Asset is misspelt",
        killers=(LINT, VALID),
        says="Assset",
        edits=in_spec(_ASSET, _ASSET.replace("/Asset", "/Assset")),
    ),
    fault(
        "spec-state-reference-broken",
        about="a reference to AssetState is misspelt",
        killers=(LINT, VALID),
        says="AssetStates",
        edits=in_spec(_STATE, _STATE.replace("AssetState", "AssetStates")),
    ),
    fault(
        "spec-state-narrowed",
        about="the state failed is removed (D2)",
        killers=(TABLES,),
        says="failed",
        edits=in_spec("ready, error, failed]", "ready, error]"),
    ),
    fault(
        "spec-state-added",
        about="a state is added, and nothing generated anew",
        killers=(CURRENT,),
        says="differs",
        edits=in_spec("ready, error, failed]", "ready, error, failed, archived]"),
    ),
    fault(
        "spec-state-closed",
        about="other states are not allowed any more (D2)",
        killers=(SCHEMA,),
        says="state",
        edits=in_spec(_STATE, _STATE.partition("\n")[0] + "\n"),
    ),
    fault(
        "spec-size-limited",
        about="size has a maximum",
        killers=(EXAMPLES,),
        says="size",
        edits=in_spec(_SIZE, _SIZE + "          maximum: 1000000\n"),
    ),
    fault(
        "spec-id-uuid",
        about="an id has to be a UUID (D1)",
        killers=(EXAMPLES,),
        says="id",
        edits=in_spec(
            "        id:\n          type: string\n",
            '        id:\n          type: string\n          pattern: "^[0-9a-f-]{36}$"\n',
        ),
    ),
    fault(
        "spec-url-s3-only",
        about="url has to begin with s3 (D3)",
        killers=(PUBLISHED,),
        says="https",
        edits=in_spec(_URL, _URL + "          pattern: ^s3://\n"),
    ),
    fault(
        "spec-types-closed",
        about="content_type is a closed list (D15)",
        killers=(PUBLISHED,),
        says="video/mp4",
        edits=in_spec(
            r"          pattern: ^[^/\s]+/[^/\s]+" + "\n", "          enum: [image/png]\n"
        ),
    ),
    fault(
        "spec-closed-world",
        about="other members are not allowed any more (D15)",
        killers=(CURRENT,),
        says="differs",
        edits=in_spec(
            "Members that are not listed here may be added at any time.\n",
            "All are listed.\n      additionalProperties: false\n",
        ),
    ),
    fault(
        "spec-time-of-any-century",
        about="created_at may be of any century (D14)",
        killers=(CURRENT,),
        says="differs",
        edits=in_spec("          pattern: ^2[0-9]{3}-\n", ""),
    ),
    fault(
        "spec-time-is-text",
        about="created_at is any text",
        killers=(TABLES,),
        says="created_at",
        edits=in_spec("          format: date-time\n", ""),
    ),
    fault(
        "spec-artefact",
        about="an error code is a member of an asset (D4)",
        killers=(TABLES,),
        says="NOT_FOUND",
        edits=in_spec(
            _DURATION,
            _DURATION + "        NOT_FOUND:\n          type: string\n"
            "          description: An artefact.\n          examples: [x]\n",
        ),
    ),
    fault(
        "spec-hint-required",
        about="every error has to have a hint",
        killers=(TABLES,),
        says="hint",
        edits=in_spec("required: [error, code]", "required: [error, code, hint]"),
    ),
    fault(
        "spec-code-optional",
        about="an error may lack its code",
        killers=(TABLES,),
        says="code",
        edits=in_spec("required: [error, code]", "required: [error]"),
    ),
    fault(
        "spec-undescribed",
        about="a member has no description",
        killers=(LINT,),
        says="description",
        edits=in_spec(
            "          description: Size of the file in bytes (D5). Null while it is not known.\n",
            "",
        ),
    ),
    fault(
        "spec-unused",
        about="a schema is there that nothing uses",
        killers=(LINT,),
        says="Folder",
        edits=in_spec(
            "    Error:\n",
            "    Folder:\n      type: object\n      description: A folder.\n    Error:\n",
        ),
    ),
    fault(
        "spec-required-ghost",
        about="a member is required that is not declared",
        killers=(LINT,),
        says="etag",
        edits=in_spec(_REQUIRED, _REQUIRED.replace("]", ", etag]")),
    ),
)

"""The spec edited outside its schemas, and the decisions beside it."""

# ruff: noqa: E501  (the lines are the spec's)

from functools import partial

from kill_matrix.checks import (
    CURRENT,
    DECISIONS,
    LINT,
    MEDIA_TYPES,
    PUBLISHED,
    TABLES,
    VALID,
)
from kill_matrix.model import Edit, Fault, Group, in_spec

fault = partial(Fault, group=Group.spec)
_DECISIONS = "openapi/DECISIONS.md"


def _decisions(old: str, new: str) -> tuple[Edit, ...]:
    return (Edit(_DECISIONS, old, new),)


_404 = """        "404":
          description: There is no such asset, or it belongs to another account.
          content:
            application/json:
"""
_ANSWER_404 = (
    _404
    + """              schema:
                $ref: "#/components/schemas/Error"
              examples:
                NOT_FOUND:
                  value:
                    error: Asset not found
                    code: NOT_FOUND
"""
)
_EXPIRED = """                API_KEY_EXPIRED:
                  value:
                    error: API key has expired
                    code: API_KEY_EXPIRED
                    hint: Create a new key
"""
_SECURITY = "      security:\n        - bearerAuth: []\n"
_5XX = """        5XX:
          description: |
            The server, or something in front of it, cannot answer now (502, 503, 504; a CDN's 520 to 527).
            The call may be repeated. The body is often a page of the proxy's rather than this one.
          content:
            application/json:
              schema:
                $ref: "#/components/schemas/Error"
              examples:
                SERVICE_UNAVAILABLE:
                  value:
                    error: Service unavailable
                    code: SERVICE_UNAVAILABLE
"""
_SECOND = """  /api/v1/files/{assetId}:
    get:
      operationId: getAsset
      tags: [assets]
      summary: Fetch a file
      description: The same under another name.
      security:
        - bearerAuth: []
      parameters:
        - name: assetId
          in: path
          required: true
          description: The id.
          schema:
            type: string
          example: ast_abc123xyz456789012
      responses:
        "200":
          description: The asset.
        "404":
          description: No such asset.
components:
  securitySchemes:
"""

FAULTS = (
    fault(
        "spec-lacks-404",
        about="the status 404 is removed",
        killers=(TABLES,),
        says="404",
        edits=in_spec(_ANSWER_404, ""),
    ),
    fault(
        "spec-lacks-5xx",
        about="the range 5XX is removed (D8)",
        killers=(CURRENT,),
        says="5",
        edits=in_spec(_5XX, ""),
    ),
    fault(
        "spec-without-security",
        about="the operation asks for no key",
        killers=(LINT,),
        says="no key",
        edits=in_spec(_SECURITY, ""),
    ),
    fault(
        "spec-security-optional",
        about="the key is optional",
        killers=(LINT,),
        says="no key",
        edits=in_spec(_SECURITY, _SECURITY + "        - {}\n"),
    ),
    fault(
        "spec-scheme-unknown",
        about="the operation names a scheme that is not defined",
        killers=(LINT, VALID),
        says="apiKey",
        edits=in_spec("- bearerAuth: []", "- apiKeyAuth: []"),
    ),
    fault(
        "spec-operation-id-twice",
        about="two operations have the same operationId",
        killers=(LINT, VALID),
        says="getAsset",
        edits=in_spec("components:\n  securitySchemes:\n", _SECOND),
    ),
    fault(
        "spec-path-v2",
        about="the path has another version",
        killers=(PUBLISHED,),
        says="/api/v1/assets",
        edits=in_spec("  /api/v1/assets/{assetId}:", "  /api/v2/assets/{assetId}:"),
    ),
    fault(
        "spec-parameter-renamed",
        about="the parameter has another name than in the path",
        killers=(LINT, VALID),
        says="assetId",
        edits=in_spec("- name: assetId\n", "- name: asset_id\n"),
    ),
    fault(
        "spec-parameter-optional",
        about="the path parameter is not required",
        killers=(LINT, VALID),
        says="required",
        edits=in_spec("in: path\n          required: true", "in: path\n          required: false"),
    ),
    fault(
        "spec-post",
        about="the method is POST",
        killers=(PUBLISHED,),
        says="GET",
        edits=in_spec("    get:\n", "    post:\n"),
    ),
    fault(
        "spec-lacks-a-code",
        about="the code API_KEY_EXPIRED is removed",
        killers=(TABLES,),
        says="API_KEY_EXPIRED",
        edits=in_spec(_EXPIRED, ""),
    ),
    fault(
        "spec-code-renamed",
        about="the code NOT_FOUND is renamed",
        killers=(TABLES,),
        says="NOT_FOUND",
        edits=in_spec("code: NOT_FOUND", "code: ASSET_NOT_FOUND"),
    ),
    fault(
        "spec-other-server",
        about="the server is another one",
        killers=(PUBLISHED,),
        says="api.babou.ai",
        edits=in_spec("https://api.babou.ai", "https://api.babou.com"),
    ),
    fault(
        "spec-basic",
        about="the scheme is Basic",
        killers=(PUBLISHED,),
        says="Bearer",
        edits=in_spec("scheme: bearer", "scheme: basic"),
    ),
    fault(
        "spec-other-prefix",
        about="keys have another prefix",
        killers=(PUBLISHED,),
        says="sk-bab-",
        edits=in_spec("bearerFormat: sk-bab-*", "bearerFormat: sk-babou-*"),
    ),
    fault(
        "spec-problem-json",
        about="a 404 is application/problem+json",
        killers=(MEDIA_TYPES,),
        says="problem+json",
        edits=in_spec(_404, _404.replace("application/json", "application/problem+json")),
    ),
    fault(
        "spec-old-version",
        about="the document calls itself OpenAPI 3.0",
        killers=(VALID,),
        says="valid",
        edits=in_spec("openapi: 3.1.0", "openapi: 3.0.3"),
    ),
    fault(
        "spec-words-changed",
        about="a description is changed, and nothing generated anew",
        killers=(CURRENT,),
        says="differs",
        edits=in_spec("Answers with the asset as it is now.", "Answers with the asset."),
    ),
    fault(
        "generator-set-otherwise",
        about="a setting of the generator is changed",
        killers=(CURRENT,),
        says="differs",
        edits=(
            Edit(
                "openapi/generator.yaml",
                "package_name_override: babou_generated\n",
                "package_name_override: babou_generated\nliteral_enums: true\n",
            ),
        ),
    ),
    fault(
        "decision-without-test",
        about="a decision names a test that does not exist",
        killers=(DECISIONS,),
        says="D3",
        edits=_decisions("test_other_schemes_are_refused", "test_other_schemes_raise"),
    ),
    fault(
        "decision-without-probe",
        about="a decision has no probe",
        killers=(DECISIONS,),
        says="D13",
        edits=_decisions(
            "**How to ask a live server**: the size of an answer.", "The size of an answer."
        ),
    ),
    fault(
        "decision-unknown",
        about="the spec names a decision that there is not",
        killers=(DECISIONS,),
        says="D99",
        edits=in_spec("Size of the file in bytes (D5).", "Size of the file in bytes (D99)."),
    ),
)

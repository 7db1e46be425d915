"""What needs no client: places and words of a text's changes, corpus, versions, CHANGELOG."""

import json
from types import MappingProxyType

import pytest

from compat import codes, corpus, sweep, textdiff
from compat.changelog import missing, section
from compat.evidence import Side, same, value_changes
from compat.model import Difference, Effect, Level, NotJudgedError, Report, Who, least_version
from compat.party import Sent
from compat.specification import GONE, Specification, fits, paired, with_value
from compat.violations import violations

SPEC = """\
openapi: 3.1.0
info: {title: Things, version: 1.0.0}
servers: [{url: https://things.example}]
paths:
  /things/{id}:
    get:
      operationId: getThing
      description: Get one.
      security: [{key: []}]
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, maxLength: 8}}
      responses:
        "200":
          description: It.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Thing"}
              examples: {plain: {value: {size: 1, state: ready}}}
        "404":
          description: None.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Error"}
              examples: {NOT_FOUND: {value: {code: NOT_FOUND}}}
components:
  securitySchemes:
    key: {type: http, scheme: bearer}
  schemas:
    Thing:
      type: object
      required: [size, state]
      properties:
        size:
          type: integer
          minimum: 1
        state: {$ref: "#/components/schemas/State"}
        made: {type: string, format: date-time}
    State:
      type: string
      enum: [ready, gone]
    Error:
      type: object
      required: [code]
      properties: {code: {type: string}}
"""
SPECIFICATION = Specification("spec.yaml", SPEC)
GET = Sent("GET", "/things/a", {"authorization": "Bearer sk-bab-1"}, b"")


def edited(*pairs):
    text = SPEC
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return Specification("spec.yaml", text)


EDITS = {
    "type": (("type: integer", "type: number"), "Thing.size", "type: integer → number"),
    "limit": (("minimum: 1", "minimum: 2"), "Thing.size", "minimum: 1 → 2"),
    "required": (("[size, state]", "[size]"), "Thing.state", "no longer required"),
    "state added": (("[ready, gone]", "[ready, gone, new]"), "State.new", "added"),
    "state removed": (("[ready, gone]", "[ready]"), "State.gone", "removed"),
    "code": (
        ("examples: {NOT_FOUND", "examples: {LOST: {value: {code: LOST}}, NOT_FOUND"),
        "GET /things/{id} answer 404 code LOST",
        "added",
    ),
    "status": (('"404"', '"410"'), "GET /things/{id} answer 410", "added"),
    "parameter": (
        ("parameters:\n", "parameters:\n        - {name: page, in: query}\n"),
        "GET /things/{id} parameter page",
        "added",
    ),
    "security": (
        ("[{key: []}]", "[]"),
        "GET /things/{id} security",
        'security: [{"key": []}] → []',
    ),
    "path": (("/things/", "/items/"), "/items/{id}", "added"),
    "server": (("things.example", "new.example"), "servers https://new.example", "added"),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_change_of_the_text_has_its_place_and_its_words(name):
    """A person finds the place by its label, its line, and what changed there."""
    edit, label, words = EDITS[name]
    found = {c.place.label: c for c in textdiff.changes(SPECIFICATION, edited(edit))}
    assert label in found
    assert str(found[label]).endswith(words)
    assert not found[label].is_wording


@pytest.mark.parametrize(
    "edit",
    [("Get one.", "Fetch one."), ("size: 1, state", "size: 2, state"), ("1.0.0}", "1.0.1}")],
)
def test_a_change_of_words_and_examples_is_wording(edit):
    """What only explains is told apart from what is promised."""
    found = list(textdiff.changes(SPECIFICATION, edited(edit)))
    assert found
    assert all(change.is_wording for change in found)


def test_what_is_gone_has_its_line_in_the_old_text():
    """A place that the new text lacks can only be shown in the old one."""
    [gone] = textdiff.changes(SPECIFICATION, edited(("[ready, gone]", "[ready]")))
    [fresh] = textdiff.changes(SPECIFICATION, edited(("[ready, gone]", "[ready, gone, new]")))
    assert gone.gone
    assert not fresh.gone


def test_a_member_named_like_a_keyword_is_no_wording():
    """`title` may be a member's name; its schema is a promise all the same."""
    old = edited(("        made:", "        title: {type: string}\n        made:"))
    new = edited(("        made:", "        title: {type: integer}\n        made:"))
    [change] = textdiff.changes(old, new)
    assert change.place.label == "Thing.title"
    assert not change.is_wording


@pytest.mark.parametrize(("word", "told"), [("true", ""), ("false", "no longer ")])
def test_what_is_deprecated_is_a_change_and_not_only_words(word, told):
    """SemVer asks for a minor version, and the CHANGELOG has a heading for it."""
    before = "false" if word == "true" else "true"
    old, new = (edited(("minimum: 1", f"deprecated: {w}")) for w in (before, word))
    [change] = textdiff.changes(old, new)
    assert str(change) == f"{told}deprecated"
    assert not change.is_wording


class Raises:
    """A client that raises what the status says, and keeps the code."""

    KINDS = MappingProxyType({404: "NotFound", 403: "Denied"})

    def meet(self, _do, answer):
        kinds = [self.KINDS.get(answer.status, "Status"), "Error"]
        return {"error": {"kinds": kinds, "told": json.loads(answer.body)}}, []


NONE = '        "404":\n'
CODE = "{NOT_FOUND: {value: {code: NOT_FOUND}}}"


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (("Get one.", "Fetch one."), []),
        ((NONE, '        "410":\n'), ["NOT_FOUND came as NotFound, and comes as Status now"]),
        ((CODE, "{LOST: {value: {code: LOST}}}"), ["error.code was 'NOT_FOUND', and is 'LOST'"]),
        ((CODE, "{NOT_FOUND: {value: {code: NOT_FOUND}}, L: {value: {code: LOST}}}"), []),
        ((CODE, "{}"), []),
    ],
)
def test_a_code_that_goes_is_missed_where_another_takes_its_place(edit, told):
    """Renamed, or raised as what `except` does not catch; one that is only added breaks nobody."""
    old, new = (
        Side(spec, Raises(), operation=spec.operations["/things/{id}", "get"])
        for spec in (SPECIFICATION, edited(edit))
    )
    found = [one.effect for one in codes.codes(old, new)]
    assert [one.what.partition(", which")[0] for one in found] == told
    assert all(one.who is Who.INSTALLED for one in found)


def test_what_no_document_can_be_made_of_is_not_judged():
    """A schema that contradicts itself is told with its line, and is no traceback."""
    side = Side(
        SPECIFICATION, None, {"type": "string", "pattern": "^a$", "enum": ["b"]}, ("components",)
    )
    with pytest.raises(NotJudgedError, match=r"spec\.yaml:\d+: hardly any document"):
        list(sweep.documents(side, side, Who.INSTALLED, lambda _: False))


def test_a_specification_that_is_not_there_is_told_of(tmp_path):
    """A file that was moved away is no traceback."""
    with pytest.raises(NotJudgedError, match=r"openapi/babou\.yaml can't be read"):
        Specification.in_file(tmp_path / "openapi" / "babou.yaml")


def test_a_line_is_that_of_the_place():
    """The line of a listed value, a member and a parameter is where they are written."""
    lines = SPEC.splitlines()
    for parts, text in {
        ("components", "schemas", "Thing", "properties", "size"): "size:",
        ("components", "schemas", "State", "enum", "gone"): "enum:",
        ("paths", "/things/{id}", "get", "parameters", "id"): "- {name: id",
    }.items():
        assert lines[SPECIFICATION.line(parts) - 1].strip().startswith(text)


def test_an_invalid_reference_is_told_with_its_line():
    """A reference to nothing can't be judged, and the message says where it stands."""
    spec = edited(("made: {type: string", 'made: {$ref: "#/components/schemas/No", type: string'))
    with pytest.raises(
        NotJudgedError, match=r"spec\.yaml:\d+: there is no #/components/schemas/No"
    ):
        _ = spec.operations


def test_text_that_is_no_yaml_is_told_with_its_line():
    """A slip of the keyboard is no traceback."""
    with pytest.raises(NotJudgedError, match=r"spec\.yaml:5:"):
        _ = edited(("  /things/{id}:", "  ]")).document


THING = {"type": "object", "required": ["size"], "properties": {"size": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("value", "allowed"), [(1, True), (None, False), (0.5, False), (GONE, False), ("1", False)]
)
def test_a_member_is_judged_alone(value, allowed):
    """Null, another type and absence are each judged by the member's own schema."""
    assert corpus.allows(THING, ("size",), value) is allowed


def test_a_format_is_judged():
    """A text that is no time is not allowed where a time is promised."""
    [operation] = SPECIFICATION.operations.values()
    part = corpus.part_at(corpus.json_schema(operation, "200"), ("made",))
    assert fits(part, "2025-12-02T10:00:00Z")
    assert not fits(part, "soon")


def test_the_corpus_has_both_sides_of_each_limit():
    """A limit that moves by one is seen."""
    values = corpus.candidates({"type": "integer", "minimum": 40, "maximum": 50})
    assert {39, 40, 41, 49, 50, 51} <= {v for v in values if isinstance(v, int)}
    assert {2, 3, 4} <= {len(v) for v in corpus.candidates({"minLength": 3}) if isinstance(v, str)}


def test_a_feature_leaves_the_base_alone():
    """One document's feature is in no other document."""
    base = {"a": {"b": 1}}
    assert with_value(base, ("a", "b"), 2) == {"a": {"b": 2}}
    assert with_value(base, ("a",), GONE) == {}
    assert base == {"a": {"b": 1}}


NESTED = {"type": "object", "properties": {"preview": THING, "size": {"type": "integer"}}}


def test_a_member_of_an_object_is_tried_in_one_that_is_sound():
    """What is null or absent around it is filled in, so that nothing else is found wrong."""
    made = corpus.within(NESTED, {"size": 2, "preview": None}, ("preview", "width"))
    assert fits(NESTED, made)
    assert (made["size"], list(made["preview"])) == (2, ["size"])


def test_what_no_schema_names_is_not_promised():
    """A member of an object that the old spec does not know is not missed in its documents."""
    assert corpus.allows(NESTED, ("preview", "width"), GONE)
    assert not corpus.allows(NESTED, ("cover", "width"), GONE)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"preview": {"size": 1}}, None),
        ({}, None),
        ({"preview": {}}, ("preview", "size")),
        ({"preview": {"size": "1"}, "size": "2"}, ("preview", "size")),
        ({"size": None}, ("size",)),
    ],
)
def test_a_refusal_is_blamed_on_the_innermost_member(document, path):
    """An answer that another spec refuses is shown at the member that it refuses."""
    assert corpus.refused_member(NESTED, document) == path


def test_a_listed_value_is_placed_in_its_own_schema():
    """A state is a place of its own, through the reference of its member."""
    at = ("components", "schemas", "Thing")
    spec, _ = paired(SPECIFICATION, SPECIFICATION)
    assert corpus.where(spec, at, ("state",), "gone")[-2:] == ("enum", "gone")
    assert corpus.where(spec, at, ("size",), None)[-1] == "size"
    assert corpus.member_at(spec, at, ("state",)) == (*at, "properties", "state")


def told(value, *types):
    return {"value": value, "types": [*types, "object"]}


@pytest.mark.parametrize(
    ("before", "after", "known"),
    [
        (told("x", "str"), told("x", "State", "str"), True),
        (told("x", "State", "str"), told("x", "str"), False),
        (told(1, "int"), told(1.0, "float"), False),
        (told(1, "int"), told(2, "int"), False),
        (told(None, "NoneType"), told(None, "NoneType"), True),
    ],
)
def test_a_value_is_known_again_by_value_and_type(before, after, known):
    """A text that becomes a member of a text's enum serves; a number of another kind doesn't."""
    assert same(before, after) is known


def test_an_attribute_that_is_gone_is_a_change():
    """Callers of the old version read it."""
    old = {"given": {"asset.size": told(1, "int")}}
    assert list(value_changes(old, {"given": {}})) == [("asset.size", "asset.size is gone")]


@pytest.mark.parametrize(
    ("edit", "sent", "where"),
    [
        (("bearer}", "bearer}"), GET, None),
        (("{type: http, scheme: bearer}", "{type: apiKey, in: header, name: X}"), GET, "key"),
        (
            ("parameters:\n", "parameters:\n        - {name: p, in: query, required: true}\n"),
            GET,
            "p",
        ),
        (("maxLength: 8", "minLength: 2"), GET, "id"),
        (("/things/", "/items/"), GET, "/things/{id}"),
        (("[{key: []}]", "[{}, {key: []}]"), Sent("GET", "/things/a", {}, b""), None),
        (("Get one.", "Get."), Sent("GET", "/things/a", {}, b""), "security"),
    ],
)
def test_a_request_is_held_against_the_other_specification(edit, sent, where):
    """Path, required parameters, their schemas and the proof of who asks all count."""
    spec = edited(edit)
    own = next(iter(SPECIFICATION.operations.values()))
    found = [parts[-1] for parts, _ in violations(spec, sent, own)]
    if where == "security":  # the scheme is the same, and nothing is sent
        where = "key"
    assert found == ([where] if where else [])


@pytest.mark.parametrize(
    ("released", "level", "least"),
    [
        ("0.1.0", Level.NONE, "0.1.0"),
        ("0.1.0", Level.PATCH, "0.1.1"),
        ("0.1.0", Level.MINOR, "0.1.1"),
        ("0.1.3", Level.MAJOR, "0.2.0"),
        ("1.2.3", Level.PATCH, "1.2.4"),
        ("1.2.3", Level.MINOR, "1.3.0"),
        ("1.2.3", Level.MAJOR, "2.0.0"),
    ],
)
def test_the_least_version_follows_semver_and_before_one_the_caret_rule(released, level, least):
    """Before 1.0 the second number breaks, as Cargo and Poetry read it."""
    assert least_version(released, level) == least


def report(version, *found, missing=(), unjudged=()):
    level = max((one.level for one in found), default=Level.NONE)
    least = least_version("0.1.0", level)
    return Report("0.1.0", version, least, found, missing=missing, unjudged=unjudged)


WIDER = Difference(
    "Asset.size", "size", 260, "type: integer → number", Level.MAJOR,
    effects=(Effect(Who.INSTALLED, "refused", '"size": 0.5'),),
)  # fmt: skip
ADDED = Difference("Asset.checksum", "checksum", 284, "added", Level.MINOR)
WORDS = Difference("Asset.url", "url", 250, "description", Level.PATCH)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (report("0.1.0"), 0),
        (report("0.1.0", ADDED), 1),
        (report("0.1.1", ADDED), 0),
        (report("0.1.9", WIDER), 1),
        (report("0.2.0", WIDER), 0),
        (report("0.10.0", WIDER), 0),
        (report("0.2.0", WIDER, missing=("- x",)), 1),
        (report("0.2.0", WIDER, unjudged=("why",)), 3),
    ],
)
def test_the_exit_code_says_whether_the_version_and_the_changelog_do(made, code):
    """Too low or untold is 1, not judged is 3, whatever else is right."""
    assert made.exit_code == code


LOG = """\
# Changelog

## [Unreleased]

### Added

- `checksum`, an optional member of assets.

## [0.2.0] - 2026-11-30

### Changed

- **Breaking**: `Asset.size` is a number.

## [0.1.0] - 2026-11-23
"""


def test_the_section_is_that_of_the_version_or_unreleased():
    """A version that is no later than the release has no section of its own yet."""
    assert section(LOG, "0.2.0", "0.1.0")[0] == "0.2.0"
    assert section(LOG, "0.1.0", "0.1.0")[0] == "Unreleased"
    assert section(LOG, "0.3.0", "0.1.0")[0] == "Unreleased"


def test_what_a_section_lacks_is_ready_to_paste():
    """Each minor or major difference has to be named in backticks; wording needs no line."""
    text = section(LOG, "0.1.0", "0.1.0")[1]
    found = list(missing(text, [WIDER, ADDED, WORDS]))
    assert found == ["- **Breaking** `Asset.size`: type: integer → number (installed clients)."]
    assert list(missing(f"{text}\n{found[0]}", [WIDER, ADDED, WORDS])) == []


def test_a_break_has_to_be_told_as_one():
    """Named among the additions is not told; under a heading of breaks it is."""
    plain = "\n### Added\n\n- `size` may have a fraction.\n"
    assert list(missing(plain, [WIDER]))
    assert not list(missing(plain.replace("Added", "Breaking changes"), [WIDER]))


def test_a_name_within_another_is_not_that_name():
    """`max_size` does not tell of `size`."""
    assert list(missing("\n- **Breaking** `max_size` is new.\n", [WIDER]))


LIMIT = Difference("GET /a parameter limit", "limit", 1, "added", Level.MINOR)
OTHER = Difference("GET /a/{id} parameter limit", "limit", 1, "added", Level.MINOR)


def test_what_two_operations_have_is_told_of_each():
    """One line about a parameter of one operation does not tell of another's of the same name."""
    text = "\n- `limit` of `GET /a/{id}` is new.\n"
    assert not list(missing(text, [LIMIT]))
    assert list(missing(text, [LIMIT, OTHER])) == ["- `GET /a parameter limit`: added."]
    assert not list(missing(f"{text}- `GET /a parameter limit`: added.\n", [LIMIT, OTHER]))


def test_an_operation_is_told_of_with_its_method():
    """Another operation of the same path, or of a path below it, is another one."""
    gone = Difference("GET /a", "GET /a", 1, "removed", Level.MINOR)
    assert not list(missing("\n- `GET /a` is gone.\n", [gone]))
    assert list(missing("\n- `POST /a` and `GET /a/{id}` are gone.\n", [gone]))

r"""Patterns mean what ECMAScript says (ECMA 262, 22.2), as JSON Schema has it: Node.js is asked."""

import importlib.util
import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babou_contract import checkout
from babou_contract.checks.lint import readable_patterns
from babou_contract.mock_server._schemas import misfit
from babou_contract.specification.patterns import in_python
from babou_contract.specification.schema import fits
from babou_contract.specification.strategies import values
from compat.specification import fits as compat_fits

PATTERNS = (
    *(r"^\d+$", r"^\D$", r"^\w+$", r"\W", r"^\s$", r"^\S$", r"^[\s,]$", r"^[^\s]$", r"^[\S]$"),
    *(r"^.$", r"^a.c$", "[.$]", r"\.", r"a$|b", r"\$", r"^[\]$]$", r"\bword\b", r"\B-"),
    *(r"^(?<year>\d{4})-\k<year>$", r"^(?:a|b)+?$", "(?<=a)b", "(?!a)b", "(?<!a)b"),
    *("[]", "[^]", "a[]b|c", "[[]", "[&&~~]", r"[(?<a>\]]", r"\\d", r"^[\w-]+$"),
    *(r"\u{1F600}", r"\u00e9", r"^\cJ$", r"^a\/b$", r"^\t$", r"^2[0-9]{3}-", r"^[^/\s]+/[^/\s]+"),
)
TEXTS = (
    *map(chr, (*range(256), 0x660, 0x3B1, 0x1680, 0x180E, 0x2003, 0x200B, 0x2028, 0x2029, 0xFEFF)),
    *("12", "12\n", "٣٤", "abc", "a\nc", "a\u2028c", "été", "a word.", "2025-2025", "2025-2026"),
    *("ab", "ab\n", "cb", "a/b", "é", "x-y", "--", "😀", "image/png", "image/\x85", "image/\xa0"),
)
ASKED = """
const [patterns, texts] = JSON.parse(require("fs").readFileSync(0, "utf8"));
const read = patterns.map(each => new RegExp(each, "u"));
console.log(JSON.stringify(read.map(each => texts.map(text => each.test(text)))));
"""


@pytest.fixture(scope="module")
def ecmascript():
    """Return what Node.js says of each pattern, for each text."""
    asked = json.dumps([PATTERNS, TEXTS])
    command = ["node", "-e", ASKED]
    done = subprocess.run(command, input=asked.encode(), stdout=subprocess.PIPE, check=True)
    return dict(zip(PATTERNS, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_matches_as_in_ecmascript(ecmascript, pattern):
    """In the contract check, and in the mock server."""
    schema = {"type": "string", "pattern": pattern}
    expected = dict(zip(TEXTS, ecmascript[pattern], strict=True))
    assert {text: fits(schema, text) for text in TEXTS} == expected
    assert {text: misfit(schema, text) is None for text in TEXTS} == expected


# Each lets the names through that match: beside it there is nothing, or what allows nothing.
OF_NAMES = {
    "patternProperties": lambda pattern: {"patternProperties": {pattern: False}},
    "additionalProperties": lambda pattern: {
        "patternProperties": {pattern: {}},
        "additionalProperties": False,
    },
    "unevaluatedProperties": lambda pattern: {
        "patternProperties": {pattern: {}},
        "unevaluatedProperties": False,
    },
    "propertyNames": lambda pattern: {"propertyNames": {"pattern": pattern}},
}


@pytest.mark.parametrize("keyword", OF_NAMES)
def test_a_pattern_of_names_matches_as_in_ecmascript(ecmascript, keyword):
    """In the contract check and in `compat`; the generated code and the mock server know some."""
    readers = {"contract check": fits, "compat": compat_fits}
    if keyword != "unevaluatedProperties":
        readers |= {"mock server": lambda s, v: misfit(s, v) is None, "client": generated()}
    for pattern in PATTERNS:
        schema = {"type": "object", **OF_NAMES[keyword](pattern)}
        expected = [told is (keyword != "patternProperties") for told in ecmascript[pattern]]
        for reader, fitting in readers.items():
            seen = [fitting(schema, {text: 1}) for text in TEXTS]
            assert (reader, pattern, seen) == (reader, pattern, expected)


def generated():
    """Return a function that asks the generated code, which is written once for a schema."""
    spec = importlib.util.spec_from_file_location("generate", checkout.openapi() / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    made = {}

    def fits(schema, value):
        if (text := json.dumps(schema)) not in made:
            made[text] = {}
            exec(generate.validators({"It": schema}), made[text])  # noqa: S102  our own code
        try:
            made[text]["validate____defs_it"](value)
        except made[text]["JsonSchemaValueException"]:
            return False
        return True

    return fits


@settings(max_examples=50)
@given(st.data())
def test_made_objects_obey_the_patterns_of_their_names(data):
    """The bodies that are made by chance are as the specification allows them."""
    schema = {
        "type": "object",
        "properties": {"kind": {"const": "x"}},
        "patternProperties": {r"^\d+$": {"type": "integer"}},
        "additionalProperties": {"type": "boolean"},
        "propertyNames": {"pattern": "^[a-z0-9]+$"},
    }
    made = data.draw(values(schema))
    assert fits(schema, made), made


@pytest.mark.parametrize(
    "pattern", [r"\p{Letter}", "([", "(?i)a(?i)", r"^a\Z", r"[\a]", "(?P<a>b)", "(?i)a", "(?>a)"]
)
@pytest.mark.parametrize(
    "schema",
    [
        lambda pattern: ("pattern", {"pattern": pattern}),
        lambda pattern: (pattern, {"patternProperties": {pattern: {}}}),
        lambda pattern: ("pattern", {"propertyNames": {"pattern": pattern}}),
        lambda pattern: ("pattern", {"properties": {"example": {"pattern": pattern}}}),
    ],
)
def test_a_pattern_that_cannot_be_read_is_told_with_its_place(pattern, schema):
    """It is no pattern, or Python's `re` has nothing for it, or something else."""
    end, written = schema(pattern)
    text = {"schema": written, "examples": {"a": {"value": {"schema": {"pattern": "(["}}}}}
    parts = {"schemas": {"A": written, "B": {"pattern": "^a$", "examples": [{"pattern": "(["}]}}}
    document = {"paths": {"/a": {"get": {"parameters": [text]}}}, "components": parts}
    told = list(readable_patterns(document))
    starts = ("paths", "/a", "get", "parameters", 0, "schema"), ("components", "schemas", "A")
    assert [place[: len(start)] for start, (place, _) in zip(starts, told, strict=True)] == [
        *starts
    ]
    assert {place[-1] for place, _ in told} == {end}
    assert all(why.startswith(f"Python cannot read the pattern {pattern}: ") for _, why in told)


def test_a_property_may_be_called_as_a_keyword_is():
    """Its name is no pattern, and neither is the one that an example has."""
    schema = {
        "properties": {"pattern": {"type": "integer"}, "patternProperties": {"$ref": "#/$defs/a"}},
        "examples": [{"pattern": "$"}],
    }
    assert in_python(schema) == schema

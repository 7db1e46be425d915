"""What is written otherwise and means the same is equal in its normal form; nothing else is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babou_contract.specification.keywords import written
from babou_contract.specification.normal_form import normal
from compat.specification import fits

DOCUMENT = {
    "components": {
        "schemas": {
            "State": {"type": "string", "enum": ["ready", "error"]},
            "Other": {"$ref": "#/components/schemas/State"},
            "Size": {"type": ["integer", "null"], "minimum": 0, "description": "Bytes."},
            "Tree": {
                "type": "object",
                "properties": {"below": {"$ref": "#/components/schemas/Tree"}},
            },
        }
    }
}
STATE, OTHER, SIZE = ({"$ref": f"#/components/schemas/{n}"} for n in ("State", "Other", "Size"))
TEXT = {"type": "string", "minLength": 1}
NULL = {"type": "null"}

SAME = {
    "null in oneOf": ({"type": ["string", "null"], "minLength": 1}, {"oneOf": [TEXT, NULL]}),
    "null in anyOf": ({"type": ["string", "null"], "minLength": 1}, {"anyOf": [NULL, TEXT]}),
    "null in a list": ({"enum": ["a", None]}, {"oneOf": [{"const": "a"}, {"const": None}]}),
    "null beside a list": (
        {"anyOf": [{"type": "string", "enum": ["a"]}, NULL]},
        {"type": ["string", "null"], "enum": [None, "a"]},
    ),
    "null beside a name": ({"oneOf": [STATE, NULL]}, {"anyOf": [NULL, OTHER]}),
    "nested alternatives": (
        {"anyOf": [TEXT, {"oneOf": [{"type": "integer"}, NULL]}]},
        {"type": ["null", "integer", "string"], "minLength": 1},
    ),
    "an exclusive limit": (
        {"type": "integer", "minimum": 0},
        {"type": "integer", "exclusiveMinimum": -1},
    ),
    "an exclusive limit with a fraction": (
        {"type": "integer", "minimum": 1},
        {"type": "integer", "exclusiveMinimum": 0.5},
    ),
    "alternatives in another order": (
        {"anyOf": [TEXT, {"type": "string", "maxLength": 5}]},
        {"anyOf": [{"type": "string", "maxLength": 5}, TEXT]},
    ),
    "both limits": (
        {"type": ["integer", "null"], "maximum": 9},
        {"type": ["integer", "null"], "exclusiveMaximum": 9.5, "maximum": 20},
    ),
    "a number written with a fraction": (
        {"type": "number", "maximum": 3},
        {"type": "number", "maximum": 3.0},
    ),
    "types in another order": ({"type": ["null", "string"]}, {"type": ["string", "null"]}),
    "a list of one type": ({"type": ["string"]}, {"type": "string"}),
    "a list in another order": ({"enum": ["b", "a"]}, {"enum": ["a", "b"]}),
    "a type that a list implies": (
        {"enum": ["a", 1]},
        {"type": ["string", "number"], "enum": ["a", 1]},
    ),
    "required in another order": (
        {"type": "object", "required": ["a", "b"]},
        {"type": "object", "required": ["b", "a"]},
    ),
    "allOf of one": (TEXT, {"allOf": [TEXT]}),
    "allOf beside keywords": (
        {**TEXT, "maxLength": 9, "description": "Two."},
        {"description": "Two.", "maxLength": 9, "allOf": [{**TEXT, "description": "One."}]},
    ),
    "allOf of members": (
        {"type": "object", "properties": {"a": TEXT, "b": NULL}, "required": ["a", "b"]},
        {
            "allOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"properties": {"b": NULL, "a": {"minLength": 1}}, "required": ["b"]},
            ]
        },
    ),
    "allOf of limits": (
        {"type": "number", "minimum": 2},
        {"allOf": [{"type": "number", "minimum": 0}, {"minimum": 2}]},
    ),
    "a reference": (SIZE, {"type": ["integer", "null"], "minimum": 0, "description": "Bytes."}),
    "a reference with a word beside it": (
        {"description": "Here.", **SIZE},
        {"description": "Here.", "oneOf": [{"type": "integer", "exclusiveMinimum": -1}, NULL]},
    ),
    "two references": (OTHER, STATE),
    "what says nothing": (
        {"type": "object"},
        {
            "type": "object",
            "additionalProperties": True,
            "properties": {},
            "required": [],
            "deprecated": False,
            "minLength": 3,
        },
    ),
    "an alternative for everything": ({}, {"anyOf": [TEXT, {}]}),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_the_same_in_other_words_is_equal(one, other):
    """Whichever of the two was there first."""
    assert written(normal(one, DOCUMENT)) == written(normal(other, DOCUMENT))


DIFFERENT = {
    "an exclusive limit of a number": (
        {"type": "number", "minimum": 0},
        {"type": "number", "exclusiveMinimum": -1},
    ),
    "oneOf whose alternatives overlap": (
        {"oneOf": [{"type": "number"}, {"type": "integer"}]},
        {"anyOf": [{"type": "number"}, {"type": "integer"}]},
    ),
    "two lengths of text": (
        {"anyOf": [TEXT, {"type": "string", "maxLength": 5}]},
        {"type": "string"},
    ),
    "true and 1": ({"enum": [True]}, {"enum": [1]}),
    "closed in one part": (
        {
            "allOf": [
                {"properties": {"a": {}}, "additionalProperties": False},
                {"properties": {"b": {}}},
            ]
        },
        {"properties": {"a": {}, "b": {}}, "additionalProperties": False},
    ),
}


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_is_not_the_same_stays_different(one, other):
    """However alike it looks."""
    assert written(normal(one, DOCUMENT)) != written(normal(other, DOCUMENT))


def test_names_stay_where_both_versions_have_them():
    """So that a difference in a schema is told of once, at its name."""
    told = {"anyOf": [STATE, {"type": "string"}]}
    assert normal(told, DOCUMENT, {"State"}) == told
    assert normal({"allOf": [STATE], "description": "A."}, DOCUMENT, {"State"}) == {
        **STATE,
        "description": "A.",
    }
    assert normal({"oneOf": [STATE, NULL]}, DOCUMENT, {"State"}) == {"anyOf": [STATE, NULL]}


def test_a_schema_that_holds_itself_ends():
    """It is followed a few times, and then allows anything."""
    tree = DOCUMENT["components"]["schemas"]["Tree"]
    assert normal(tree, DOCUMENT)["properties"]["below"]["properties"]


_SMALL = st.integers(-2, 3)
_VALUES = st.recursive(  # a few that are likely to be allowed
    st.none()
    | st.booleans()
    | _SMALL
    | st.sampled_from([0.5, 1.0, -1.5])
    | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2)
    ),
    max_leaves=4,
)
_TYPES = st.sampled_from(["string", "integer", "number", "null", "boolean", "object", "array"])


def _keywords(most, **values):
    """Return schemas of a few keywords: many would leave no value that is allowed."""
    pairs = [st.tuples(st.just(keyword), value) for keyword, value in values.items()]
    return st.lists(st.one_of(pairs), max_size=most).map(dict)


_PLAIN_SCHEMAS = _keywords(
    3,
    type=_TYPES | st.lists(_TYPES, min_size=1, max_size=3, unique=True),
    minimum=_SMALL,
    exclusiveMinimum=st.sampled_from([-1, 0, 0.5]),
    maximum=_SMALL,
    exclusiveMaximum=st.sampled_from([1, 2.5]),
    minLength=st.integers(0, 2),
    maxLength=st.integers(0, 2),
    pattern=st.sampled_from(["^a", "b$"]),
    enum=st.lists(_VALUES, min_size=1, max_size=3),
    const=_VALUES,
    required=st.lists(st.sampled_from("xy"), max_size=2, unique=True),
    description=st.just("A word."),
)
_SCHEMAS = st.recursive(
    _PLAIN_SCHEMAS
    | _TYPES.map(lambda name: {"type": name})
    | st.sampled_from([True, False, STATE, OTHER, SIZE]),
    lambda inner: st.builds(
        lambda plain, more: {**plain, **more},
        _PLAIN_SCHEMAS,
        _keywords(
            2,
            anyOf=st.lists(inner, min_size=1, max_size=3),
            oneOf=st.lists(inner, min_size=1, max_size=3),
            allOf=st.lists(inner, min_size=1, max_size=3),
            properties=st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
            additionalProperties=inner,
            items=inner,
            prefixItems=st.lists(inner, min_size=1, max_size=1),
            **{"not": inner},
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(_SCHEMAS, st.lists(_VALUES, min_size=4, max_size=12))
def test_a_normal_form_allows_what_its_schema_allows(schema, values):
    """Named or not, no value is allowed by one of the two only."""
    for named in (set(), {"State", "Size"}):
        made = normal(schema, DOCUMENT, named)
        whole = {**DOCUMENT, "allOf": [schema]}, {**DOCUMENT, "allOf": [made]}
        for value in values:
            assert fits(whole[0], value) == fits(whole[1], value), (made, value)

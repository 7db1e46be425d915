"""What is let through without the validator is what the validator lets through."""

import fastjsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DOCUMENT, ERROR, documents

from babou import _validation
from babou._formats import FORMATS
from babou._validation import fault, kinds

few = st.integers(0, 2)
words = st.sampled_from(["", "a", "ab", "ab\n", "2025-12-02", "2025-12-02T10:00:00Z"])
plain = st.none() | st.booleans() | st.sampled_from([-1, 0, 1, 2, -0.5, 0.0, 1.0, 1.5]) | words
names = st.sampled_from(["a", "b"])
inside = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)


def schemas(inner: st.SearchStrategy[dict[str, object]]) -> st.SearchStrategy[dict[str, object]]:
    """Return schemas with keywords that are known and others, as they come together or not."""
    types = st.sampled_from(["array", "boolean", "integer", "null", "number", "object", "string"])
    type_ = {"type": types | st.lists(types, min_size=1, max_size=3, unique=True)}
    keywords = {
        "enum": st.lists(plain, min_size=1, max_size=3),
        "exclusiveMinimum": few,
        "format": st.sampled_from(sorted(FORMATS)),
        "items": inner,
        "maxLength": few,
        "maximum": few,
        "minItems": few,
        "minLength": few,
        "minimum": few,
        "not": inner,
        "pattern": st.sampled_from(["^a", "b$", "[0-9]"]),
        "properties": st.dictionaries(names, inner, max_size=2),
        "required": st.lists(names, min_size=1, max_size=2, unique=True),
    }
    some = st.sets(st.sampled_from(sorted(keywords)), max_size=2).flatmap(
        lambda chosen: st.fixed_dictionaries(type_ | {name: keywords[name] for name in chosen})
    )
    either = st.lists(inner, min_size=1, max_size=2)
    return some | st.fixed_dictionaries({"anyOf": either}, optional={"minimum": few})


class TestTheQuickLook:
    """It saves the validator's time, and takes nothing of its strictness."""

    @given(schema=st.recursive(schemas(st.just({})), schemas, max_leaves=3), value=inside)
    def test_nothing_passes_that_the_validator_would_refuse(self, schema, value):
        """Whatever the specification will say: what isn't known here is left to the validator."""
        if _validation._fits(value, kinds(schema)):
            fastjsonschema.compile(schema, formats=FORMATS, use_default=False)(value)

    @given(document=documents)
    def test_the_validator_is_asked_only_about_whole_numbers_with_a_fraction(self, document):
        """D5: all else that the schema of today allows is seen to be right at once."""
        counts = [document[name] for name in ("size", "width", "height")]
        at_once = _validation._fits(document, _validation._kinds("Asset"))
        assert at_once is not any(isinstance(count, float) for count in counts)

    @pytest.mark.parametrize(("name", "document"), [("Asset", DOCUMENT), ("Error", ERROR)])
    def test_what_is_right_does_not_make_the_validator(self, monkeypatch, name, document):
        """To make it takes longer than a thousand documents."""
        monkeypatch.setattr(_validation, "validator", None)
        assert fault(name, document) is None

    @pytest.mark.parametrize(
        ("schema", "value", "at_once"),
        [
            ({"type": "array", "items": {"type": "string"}}, ["a"], True),
            ({"type": "string", "maxLength": 1}, "a", True),
            ({"type": "number", "maximum": 1}, 1.0, True),
            ({"type": "string", "enum": ["a"]}, "a", True),
            ({"type": "string", "format": "uuid"}, "0b5f4cf2-93f5-4a3c-8f4e-0d5b2a6f1c9a", True),
            ({"anyOf": [{"type": "null"}, {"type": "string", "minLength": 1}]}, "a", True),
            ({"anyOf": [{"type": "string"}, {"type": "string", "minLength": 2}]}, "a", True),
            ({"$ref": "#/$defs/AssetState"}, "ready", True),
            ({"type": "object", "required": ["a"]}, {}, False),
            ({"type": "string", "pattern": "a$"}, "a", False),
            ({"type": "string", "const": "a"}, "a", False),
            ({"type": "integer", "enum": [1]}, 1, False),
            ({}, "a", False),
        ],
    )
    def test_what_is_known_of_schemas_to_come(self, schema, value, at_once):
        """The usual keywords are; rare ones, and those with a catch, are not."""
        assert _validation._fits(value, kinds(schema)) is at_once

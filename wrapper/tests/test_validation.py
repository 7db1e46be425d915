"""The generated validators agree with an independent one, and tell where a document is wrong."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from strategies import DOCUMENT, ERROR, documents

from babou._core import schema
from babou._core.schema import FORMATS, MISSING, fault

values = st.none() | st.booleans() | st.sampled_from([-1, 0, 2.0, 0.5, "", "text", "2/x", [], {}])
INDEPENDENT = Draft202012Validator({"$defs": schema.schemas(), "$ref": "#/$defs/Asset"})
NESTED = {
    "Parent": {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"$ref": "#/$defs/Child"}},
            "child": {"$ref": "#/$defs/Child"},
        },
    },
    "Child": {
        "type": "object",
        "required": ["count", "day"],
        "properties": {
            "count": {"type": "integer", "minimum": 1},
            "day": {"type": "string", "format": "date"},
        },
    },
}


@pytest.fixture
def generate():
    """Import openapi/generate.py, which is in no package."""
    path = Path(__file__).parents[2] / "openapi/generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestToday:
    """The schemas of the specification as it is."""

    @given(document=documents)
    def test_what_the_schema_allows_has_no_fault(self, document):
        """Every document that can be made of the schema is right."""
        assert fault("Asset", document) is None

    @given(document=documents, member=st.sampled_from(sorted(DOCUMENT)), value=values)
    def test_another_validator_says_the_same(self, document, member, value):
        """jsonschema, which shares no code with it, refuses the same documents (but for times)."""
        changed = {**document, member: value}
        if member != "created_at":
            assert (fault("Asset", changed) is None) is INDEPENDENT.is_valid(changed)

    def test_an_error_body_is_held_against_its_own_schema(self):
        """`error` and `code` are required, and are texts."""
        assert fault("Error", ERROR) is None
        assert fault("Error", {"error": "no"}) == ("code", "a value", MISSING)
        assert fault("Error", {**ERROR, "code": 404}) == ("code", "string, length at least 1", 404)


class TestSchemasToCome:
    """What the specification does not have yet."""

    @pytest.fixture
    def nested(self, monkeypatch, generate):
        """Generate validators for schemas inside each other, and use them."""
        made = ModuleType("validators")
        exec(generate.validators(NESTED), vars(made))  # noqa: S102  (code that was generated just now)
        monkeypatch.setattr(schema, "validators", made)
        monkeypatch.setattr(schema, "_validate", made.validate)

    @pytest.mark.parametrize(
        ("document", "found"),
        [
            ({"items": [{"count": 1, "day": "2025-12-02"}]}, None),
            (
                {"items": [{"count": 0, "day": "2025-12-02"}]},
                ("items.0.count", "integer, at least 1", 0),
            ),
            ({"items": [{"count": 1}]}, ("items.0.day", "a value", MISSING)),
            (
                {"child": {"count": 1, "day": "2025"}},
                ("child.day", "a date, such as 2025-12-02", "2025"),
            ),
            ({"child": 1}, ("child", "object", 1)),
            ([], (None, "a JSON object", [])),
        ],
    )
    @pytest.mark.usefixtures("nested")
    def test_the_member_is_named_by_its_path(self, document, found):
        """A reader finds the member that is wrong, however deep it is."""
        assert fault("Parent", document) == found


def test_the_generator_keeps_the_formats_that_the_client_checks(generate):
    """A format that only one of the two knew would be checked by nobody, or end in a KeyError."""
    assert set(generate.FORMATS) == set(FORMATS)

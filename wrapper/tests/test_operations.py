"""The adapter: what is decoded has the types it declares, or the error says which member lies."""

import copy
import datetime as dt
import json
import pickle
import types
import typing

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    DOCUMENT,
    ID,
    KEY,
    asset,
    documents,
    forbidden,
    json_values,
    members,
    mutations,
)

from babou._core.messages import Request
from babou._core.operations import Asset, AssetState, asset_request, decode_asset, server_url
from babou._core.schema import FORMATS, describe, schemas, spellings
from babou._errors import APIResponseValidationError
from babou_generated.models import Asset as GeneratedAsset
from babou_generated.types import UNSET

UTC = dt.UTC
HINTS = {
    name: hint
    for name, hint in typing.get_type_hints(GeneratedAsset).items()
    if name != "additional_properties"
}


def decode(document: object, asset_id: str | None = None) -> Asset:
    """Return the asset that a document decodes to."""
    wanted = document["id"] if asset_id is None else asset_id
    return decode_asset(json.dumps(document).encode(), asset_id=wanted)


def refused(document: object, asset_id: str = ID) -> APIResponseValidationError:
    """Return the error that a document, or a body, is refused with."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(APIResponseValidationError) as caught:
        decode_asset(body, asset_id=asset_id)
    assert caught.value.body == body
    assert repr(asset_id) in str(caught.value)
    assert "Check BABOU_BASE_URL" in str(caught.value)
    assert len(str(caught.value)) < 1000 + len(asset_id)
    return caught.value


def is_exactly(value: object, hint: object) -> bool:
    """Tell whether a value has a declared type: a bool is no int, an int no float."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return type(value) in options


class TestTypesDoNotLie:
    """The spec's schema of `Asset`: "required", each member's "type", "pattern", "minimum" …."""

    @given(document=documents)
    def test_every_allowed_body_decodes_to_the_declared_types(self, document):
        """What the schema allows is an asset whose members have exactly their declared types."""
        decoded = decode(document)
        assert HINTS.keys() == members.keys()
        for name, hint in HINTS.items():
            assert is_exactly(getattr(decoded, name), hint), name
        for name, value in document.items():
            if name not in members:
                assert decoded[name] == value
            elif name != "created_at":
                assert getattr(decoded, name) == value

    @given(document=documents)
    def test_to_dict_gives_back_an_equal_document(self, document):
        """Nothing is lost, rounded or spelled otherwise."""
        given_back = decode(document).to_dict()
        assert given_back == document
        assert json.dumps(given_back, sort_keys=True) == json.dumps(document, sort_keys=True)
        assert Asset.from_dict(given_back) == decode(document)

    @given(mutation=mutations())
    def test_each_single_forbidden_change_is_refused_by_its_member(self, mutation):
        """What the schema forbids is refused, and the error names the member."""
        document, name = mutation
        error = refused(document, str(document.get("id", ID)))
        assert error.member == name
        assert f"member {name!r} should be " in str(error)
        if name in document:
            assert error.received == document[name]
            assert error.expected == _describe_of(name)
        else:
            assert (error.expected, repr(error.received)) == ("a value", "nothing")

    @given(document=documents, unknown=json_values)
    def test_unknown_members_are_kept_and_reachable(self, document, unknown):
        """A member of a newer server is there under its name."""
        decoded = decode(document | {"x-new": unknown})
        assert decoded["x-new"] == unknown
        assert decoded.additional_properties["x-new"] == unknown
        assert "x-new" in decoded
        assert "x-newer" not in decoded

    @given(state=st.text())
    def test_no_state_ever_fails(self, state):
        """D2: an unknown state is readable as its text, and neither ready nor failed."""
        decoded = asset(state)
        assert decoded.state == state
        assert isinstance(decoded.state, AssetState) is (state in list(AssetState))

    @given(
        body=st.sampled_from(list(forbidden)).flatmap(lambda name: forbidden[name]) | json_values
    )
    def test_body_that_is_no_object_is_refused_as_a_whole(self, body):
        """Any other JSON value is no asset."""
        if isinstance(body, dict):
            return
        error = refused(json.dumps(body).encode())
        assert (error.member, error.expected, error.received) == (None, "a JSON object", body)


def _describe_of(name: str) -> str:
    words = {
        "name": "string",
        "url": "string or null, length at least 1",
        "id": "string, length at least 1",
        "content_type": r"string, matching ^[^/\s]+/[^/\s]+",
        "state": "string",
        "duration": "number or null, at least 0",
        "created_at": "an RFC 3339 time with an offset, matching ^2[0-9]{3}-",
    }
    words |= dict.fromkeys(("size", "width", "height"), "integer or null, at least 0")
    return words[name] if name in words else describe(schemas()["Asset"]["properties"][name])


@pytest.mark.parametrize(
    ("state", "ready", "failed", "terminal"),
    [
        ("uploading", False, False, False),
        ("processing", False, False, False),
        ("ready", True, False, True),
        ("error", False, True, True),
        ("failed", False, True, True),
        ("archived", False, False, False),
        ("READY", False, False, False),
        ("", False, False, False),
    ],
)
def test_each_state_is_ready_failed_or_neither(state, ready, failed, terminal):
    """D2: two spellings of failure; whatever is unknown is neither, and may change."""
    decoded = asset(state)
    assert (decoded.is_ready, decoded.is_failed, decoded.is_terminal) == (ready, failed, terminal)


@pytest.mark.parametrize("state", [AssetState.ERROR, AssetState.FAILED])
def test_both_spellings_of_failure_are_failure(state):
    """D2: the docs' list says `error`, their poll loop `failed`."""
    decoded = asset(state.value)
    assert decoded.state is state
    assert decoded.is_failed
    assert decoded.is_terminal


@given(state=st.text().filter(lambda text: text not in list(AssetState)))
def test_an_unknown_state_is_neither_ready_nor_failed(state):
    """D2: it is readable as its text, and may still become anything."""
    decoded = asset(state)
    assert decoded.state == state
    assert (decoded.is_ready, decoded.is_failed, decoded.is_terminal) == (False, False, False)


def test_members_that_the_spec_does_not_know_are_kept():
    """D15: an open world, in which a newer server may say more."""
    decoded = decode(DOCUMENT | {"codec": "h264", "tags": ["a", {"b": None}]})
    assert decoded.additional_properties == {"codec": "h264", "tags": ["a", {"b": None}]}
    assert (decoded["codec"], decoded.to_dict()["tags"]) == ("h264", ["a", {"b": None}])


def test_a_member_can_be_asked_for_by_name_whether_the_specification_knows_it_or_not():
    """So code that reads a new member goes on working when the specification takes it up."""
    decoded = decode(DOCUMENT | {"codec": "h264"})
    assert {name: decoded[name] for name in [*DOCUMENT, "codec"]} == DOCUMENT | {"codec": "h264"}
    assert all(name in decoded for name in [*DOCUMENT, "codec"])
    assert "checksum" not in decoded
    with pytest.raises(KeyError, match="checksum"):
        decoded["checksum"]


@pytest.mark.parametrize("name", members)
@pytest.mark.parametrize("value", [True, False])
def test_bool_is_neither_integer_nor_number(name, value):
    """In Python True is an int; in JSON it isn't."""
    assert refused(DOCUMENT | {name: value}, ID).member == name


def test_integer_that_came_as_a_float_is_an_int():
    """D5: 245678.0 is the integer 245678; to_dict still has what came."""
    decoded = asset(size=245678.0, width=-0.0)
    assert (decoded.size, type(decoded.size), decoded.width) == (245678, int, 0)
    assert json.dumps(decoded.to_dict()["size"]) == "245678.0"


def test_number_that_came_as_an_integer_is_a_float():
    """D5: duration 12 is the float 12.0."""
    decoded = asset(duration=12)
    assert (decoded.duration, type(decoded.duration)) == (12.0, float)
    assert json.dumps(decoded.to_dict()["duration"]) == "12"


def test_id_that_was_not_asked_for_is_refused():
    """A cache that mixes up answers must not hand out another asset."""
    error = refused(DOCUMENT | {"id": "ast_other"})
    assert (error.member, error.received) == ("id", "ast_other")
    assert error.expected == f"{ID!r}, the id that was asked for"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-12-02T10:00:00Z", dt.datetime(2025, 12, 2, 10, tzinfo=UTC)),
        ("2025-12-02t10:00:00z", dt.datetime(2025, 12, 2, 10, tzinfo=UTC)),
        ("2025-12-02T12:00:00+02:00", dt.datetime(2025, 12, 2, 10, tzinfo=UTC)),
        ("2025-12-02T10:00:00-00:00", dt.datetime(2025, 12, 2, 10, tzinfo=UTC)),
        ("2025-12-03T09:59:00+23:59", dt.datetime(2025, 12, 2, 10, tzinfo=UTC)),
        ("2025-12-02T10:00:00.5Z", dt.datetime(2025, 12, 2, 10, 0, 0, 500000, tzinfo=UTC)),
        (
            "2025-12-02T10:00:00.123456789Z",
            dt.datetime(2025, 12, 2, 10, 0, 0, 123456, tzinfo=UTC),
        ),
        ("2016-12-31T23:59:60Z", dt.datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T15:59:60.25-08:00", dt.datetime(2017, 1, 1, 0, 0, 0, 250000, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", dt.datetime(2024, 2, 29, tzinfo=UTC)),
        ("2999-12-31T23:59:60Z", dt.datetime(3000, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_rfc_3339_says(text, moment):
    """D14: lower case, any offset, any number of digits, leap seconds."""
    decoded = asset(created_at=text)
    assert decoded.created_at == moment
    assert decoded.to_dict()["created_at"] == text


@pytest.mark.parametrize(
    "text",
    [
        "2025-12-02T10:00:00",
        "2025-02-30T10:00:00Z",
        "2023-02-29T10:00:00Z",
        "2025-12-02T24:00:00Z",
        "2025-12-02T25:00:00Z",
        "2025-12-02T10:00:00+25:00",
        "2025-12-02T10:00:00+01:99",
        "2025-12-02T10:00:00+0100",
        "2025-12-02T12:30:60Z",
        "2025-12-02T23:59:60+01:00",
        "2025-12-02T23:59:61Z",
        "0000-12-02T10:00:00Z",
        "0001-01-01T23:59:60+23:59",
        "1999-12-02T10:00:00Z",
        "9999-12-31T23:59:60Z",
    ],
)
def test_time_that_is_naive_or_impossible_is_refused(text):
    """D14: a time without its zone, or on a day that never was, is no time."""
    error = refused(DOCUMENT | {"created_at": text})
    assert (error.member, error.received) == ("created_at", text)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 400])
@pytest.mark.parametrize("name", ["size", "duration", "x-new"])
def test_number_that_no_float_can_hold_is_refused(number, name):
    """NaN and Infinity aren't JSON; 1e400 would become Infinity silently."""
    body = json.dumps(DOCUMENT | {name: "@"}).replace('"@"', number).encode()
    error = refused(body)
    assert error.member is None
    assert number[:10] in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"id": "ast',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"x":' * 70 + b"1" + b"}" * 70,
        b"1" * 5000,
        json.dumps(DOCUMENT | {"size": "@"}).replace('"@"', "1" * 5000).encode(),
        json.dumps(DOCUMENT | {"size": "@"}).replace('"@"', "[" * 900 + "]" * 900).encode(),
        json.dumps(DOCUMENT).encode("utf-16"),
        json.dumps(DOCUMENT).encode() + b"{}",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_body_that_is_no_json_document_is_refused_as_a_whole(body):
    """Whatever came instead, the error is this package's and the text short."""
    error = refused(body)
    assert error.member is None
    assert error.expected.startswith("a JSON object (")
    assert error.__cause__ is not None


def test_empty_body_is_told_as_nothing():
    """`b""` came is said in words."""
    assert "but came as nothing." in str(refused(b""))


@pytest.mark.parametrize(("depth", "accepted"), [(62, True), (63, True), (64, False), (400, False)])
def test_nesting_has_a_bound_that_does_not_depend_on_the_python(depth, accepted):
    """What nests far deeper could be decoded, but not copied or pickled."""
    nested: list[object] = []
    for _ in range(depth - 1):
        nested = [nested]
    document = DOCUMENT | {"x-new": nested}
    if accepted:
        decoded = decode(document)
        assert pickle.loads(pickle.dumps(decoded)).to_dict() == document  # noqa: S301 (our own)
    else:
        assert "levels deep" in str(refused(document))


@pytest.mark.parametrize("wide", [[[]] * 100, "[" * 100, {str(n): {} for n in range(100)}])
def test_breadth_has_no_bound(wide):
    """Many brackets are no depth."""
    assert decode(DOCUMENT | {"x-new": wide})["x-new"] == wide


def test_byte_order_mark_is_forgiven():
    """RFC 8259, 8.1: a parser may ignore it."""
    body = b"\xef\xbb\xbf" + json.dumps(DOCUMENT).encode()
    assert decode_asset(body, asset_id=ID) == asset()


def test_long_values_are_cut_short_in_messages():
    """A body of a megabyte does not end up in a log line."""
    error = refused(DOCUMENT | {"size": "x" * 100_000})
    assert len(error.received) == 100_000
    assert len(str(error)) < 500


class TestImmutability:
    """An asset is what the server said then: nobody changes it afterwards."""

    @pytest.mark.parametrize("name", [*members, "additional_properties", "more"])
    def test_members_cannot_be_set_or_deleted(self, name):
        """Neither known nor unknown names."""
        decoded = asset()
        with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
            setattr(decoded, name, "x")
        with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
            delattr(decoded, name)

    def test_unknown_members_cannot_be_set_or_deleted(self):
        """The generated class allows it; an asset doesn't."""
        decoded = decode(DOCUMENT | {"x": 1})
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            decoded["x"] = 2
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            del decoded["x"]

    def test_to_dict_gives_a_copy(self):
        """Changing the document does not change the asset."""
        document = DOCUMENT | {"x": {"y": [1]}}
        decoded = decode(document)
        decoded.to_dict()["x"]["y"].append(2)
        assert decoded.to_dict() == document

    @pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
    def test_pickled_asset_is_equal_and_has_its_document(self, protocol):
        """Assets travel between processes."""
        decoded = decode(DOCUMENT | {"x": [1], "created_at": "2025-12-02t10:00:00.123456789z"})
        again = pickle.loads(pickle.dumps(decoded, protocol))  # noqa: S301 (our own)
        assert again == decoded
        assert (again["x"], again.to_dict()) == ([1], decoded.to_dict())
        assert type(again.state) is AssetState

    @pytest.mark.parametrize("way", [copy.copy, copy.deepcopy])
    def test_copied_asset_is_equal_and_has_its_document(self, way):
        """`copy` knows no less than `pickle`."""
        decoded = asset()
        assert way(decoded) == decoded
        assert way(decoded).to_dict() == DOCUMENT

    def test_equal_assets_hash_equally(self):
        """Assets can be kept in a set."""
        assert {asset(), asset(), asset("error")} == {asset(), asset("error")}


def test_asset_made_by_hand_gives_its_members_as_a_document():
    """Tests of the users make assets without a server."""
    made = Asset(**{name: getattr(asset(), name) for name in members})
    assert made == asset()
    assert made.to_dict() == DOCUMENT | {"created_at": "2025-12-02T10:00:00+00:00"}


@pytest.mark.parametrize("wrong", [{"size": "12"}, {"duration": float("nan")}, {"state": None}])
def test_document_that_is_no_asset_is_refused_by_from_dict(wrong):
    """A stored document is held against the schema as an answer is."""
    with pytest.raises(APIResponseValidationError, match="^The document is not what"):
        Asset.from_dict(DOCUMENT | wrong)


def test_request_is_relative_and_has_no_key():
    """The adapter never holds the key: the runner adds it."""
    request = asset_request(ID)
    assert (request.method, request.url) == ("GET", f"/api/v1/assets/{ID}")
    assert request.headers == {}


def test_description_of_a_schema_without_a_type_says_any_value():
    """The words cover whatever a later schema may hold."""
    assert describe({"maxLength": 3}) == "any value, length at most 3"
    assert describe({"$ref": "#/$defs/AssetState"}) == "string"


class TestMembersToCome:
    """What the specification doesn't have yet, but may have after its next edit."""

    def test_mark_of_a_missing_optional_member_is_pickled_and_copied_as_itself(self):
        """Else a copy of an asset without an optional member would not equal the asset."""
        assert pickle.loads(pickle.dumps(UNSET)) is UNSET  # noqa: S301  (its own)
        assert copy.deepcopy([UNSET])[0] is UNSET

    @pytest.mark.parametrize(
        ("schema", "value", "spelled"),
        [
            ({"type": "integer"}, 12.0, 12),
            ({"type": ["number", "null"]}, 12, 12.0),
            ({"anyOf": [{"type": "null"}, {"type": "number"}]}, 12, 12.0),
            (
                {"type": "string", "format": "date-time"},
                "2025-12-02t10:00:00Z",
                "2025-12-02T10:00:00+00:00",
            ),
            ({"type": "array", "items": {"type": "integer"}}, [1.0, 2], [1, 2]),
            ({"type": ["array", "null"], "items": {"type": "integer"}}, None, None),
            ({"properties": {"x": {"type": "integer"}}}, {"x": 1.0, "y": 1.0}, {"x": 1, "y": 1.0}),
            ({"properties": {"x": {"type": "integer"}}}, None, None),
            ({"$ref": "#/$defs/AssetState"}, "ready", "ready"),
        ],
    )
    def test_values_get_one_spelling_however_deep_they_are(self, schema, value, spelled):
        """The generated code takes `12.0` for no integer, and `12` for no number."""
        found = spellings({"properties": {"member": schema}})
        result = found["member"](value) if "member" in found else value
        assert (repr(result), type(result)) == (repr(spelled), type(spelled))

    @pytest.mark.parametrize(
        ("kind", "right", "wrong"),
        [
            (
                "date",
                "2025-12-02",
                ["2025-12-2", "2025-13-02", "20251202", "2025-12-02Z", "2025-12-0٢"],
            ),
            (
                "uuid",
                "0b5f4cf2-93f5-4a3c-8f4e-0d5b2a6f1c9A",
                ["0b5f4cf293f54a3c8f4e0d5b2a6f1c9a", "{0b5f4cf2-93f5-4a3c-8f4e-0d5b2a6f1c9a}", ""],
            ),
        ],
    )
    def test_formats_that_have_types_are_held(self, kind, right, wrong):
        """The generated code would fail at another text, without naming the member."""
        assert FORMATS[kind](right)
        assert not any(FORMATS[kind](text) for text in wrong)
        assert describe({"type": ["string", "null"], "format": kind}).endswith(" or null")


def test_request_shows_no_key():
    """No repr of a request, as in a traceback's locals, shows the key."""
    headers = {"authorization": f"Bearer {KEY}", "accept": "application/json"}
    shown = repr(Request("GET", "/", headers))
    assert KEY not in shown
    assert "application/json" in shown
    assert "{}" in repr(asset_request(ID))


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://babou.example", "https://babou.example"),
        ("https://babou.example/api/v1", "https://babou.example"),
        ("https://babou.example/api/v1/assets", "https://babou.example"),
        ("https://babou.example/api/v1/assets/ast_1", "https://babou.example"),
        ("https://babou.example/gateway/api/v1", "https://babou.example/gateway"),
        ("https://babou.example/api", "https://babou.example/api"),
        ("https://babou.example/v1", "https://babou.example/v1"),
        ("https://babou.example/api/v1/api/v1", "https://babou.example/api/v1"),
    ],
)
def test_a_base_url_that_ends_in_the_operations_path(base_url, expected):
    """What the operation adds by itself is taken away, once."""
    assert server_url(base_url) == expected


def test_pickles_of_release_0_1_find_the_class():
    """They name the module in which it was then."""
    text = pickle.dumps(Asset.from_dict(DOCUMENT), protocol=0)
    old = text.replace(b"babou._core.operations", b"babou._operations")
    assert b"_core" not in old
    assert pickle.loads(old) == Asset.from_dict(DOCUMENT)  # noqa: S301 (our own)

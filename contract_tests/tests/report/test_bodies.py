"""What is shown of a body."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babou_contract.report._bodies import dump, indent, show
from babou_contract.report.plain import one_line, visible

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.sampled_from([None, 1, 5]))
def test_indenting_never_changes_the_document(value, spaces):
    """What is shown means what came, however it was spaced."""
    text = json.dumps(value, indent=spaces)
    if len(text) < 3000:
        assert json.loads(indent(text)) == value


def test_indenting_keeps_what_a_parser_would_change():
    """Repeated names, the form of numbers and escapes are often what is wrong."""
    text = '{"a":1,"a":2,"n":245678.0,"big":1E400,"u":"\\u0041","e":{},"l":[]}'
    assert indent(text).split("\n") == [
        "{",
        '  "a": 1,',
        '  "a": 2,',
        '  "n": 245678.0,',
        '  "big": 1E400,',
        '  "u": "\\u0041",',
        '  "e": {},',
        '  "l": []',
        "}",
    ]


@given(st.binary(max_size=300))
def test_any_body_can_be_shown(body):
    """Whatever the bytes, what is shown is visible and can be written as UTF-8."""
    shown = show(body)
    assert visible(shown.text) == shown.text
    shown.text.encode()


@pytest.mark.parametrize(
    ("body", "kind", "begins"),
    [
        (b"", "no body", ""),
        (b'{"a":1}', "7 bytes, JSON", '{\n  "a": 1\n}'),
        (b"x", "1 byte, text", "x"),
        (b'{"a":', "5 bytes, text", '{"a":'),
        (b"<html>\r\n</html>", "15 bytes, text", "<html>\n</html>"),
        (b"\x89PNG\r\n\x1a\n", "8 bytes, not text", "00  89 50 4e 47 0d 0a 1a 0a  .PNG...."),
        (b"a\x00b", "3 bytes, not text", "00  61 00 62"),
    ],
)
def test_a_body_is_shown_as_what_it_is(body, kind, begins):
    """JSON indented, text as it came, and bytes in hexadecimal."""
    shown = show(body)
    assert shown.kind == kind
    assert shown.text.startswith(begins)
    assert not shown.note


@pytest.mark.parametrize(
    "body",
    [
        b"A" * 1_000_000,
        b"[" * 100_000,
        b"\xff" * 1_000_000,
        b"\n" * 100_000,
        json.dumps(list(range(50_000))).encode(),
        ("[" * 500 + "]" * 500).encode(),
        b"[" + b"9" * 5000 + b"]",
    ],
    ids=["long", "deep", "binary", "lines", "list", "nested", "number"],
)
def test_what_is_shown_is_bounded(body):
    """A note says that there is more."""
    shown = show(body)
    assert len(shown.text) < 6000
    assert shown.text.count("\n") <= 80
    assert shown.note


def test_a_dump_fits_a_phone():
    """No row is longer than 37 characters."""
    assert max(map(len, dump(bytes(range(256))[:128]).splitlines())) == 37


@given(st.text(st.characters()))
def test_one_line_is_one_line(text):
    """Nothing in it breaks the line, in XML, in a terminal or in Markdown."""
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    line.encode()

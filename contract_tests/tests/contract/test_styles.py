"""The value of a parameter is written as its style says, and read as the same value."""

from urllib.parse import parse_qs, urlsplit

import pytest

from babou_contract.probing.asks import Call
from babou_contract.specification.operations import operations
from babou_contract.specification.styles import pairs, texts

LIST = {"type": "array", "items": {"type": "string"}}
OBJECT = {"type": "object", "properties": {"R": {"type": "integer"}, "G": {"type": "integer"}}}
COLOURS, COLOUR = ["blue", "black"], {"R": 100, "G": 200}

# OpenAPI 3.1, 4.8.12.6: style examples.
WRITTEN = {
    "form": ({"schema": LIST}, COLOURS, "color=blue&color=black"),
    "form, not exploded": ({"schema": LIST, "explode": False}, COLOURS, "color=blue%2Cblack"),
    "by spaces": (
        {"schema": LIST, "style": "spaceDelimited", "explode": False},
        COLOURS,
        "color=blue+black",
    ),
    "by pipes": (
        {"schema": LIST, "style": "pipeDelimited", "explode": False},
        COLOURS,
        "color=blue%7Cblack",
    ),
    "an object": ({"schema": OBJECT}, COLOUR, "R=100&G=200"),
    "an object, not exploded": (
        {"schema": OBJECT, "explode": False},
        COLOUR,
        "color=R%2C100%2CG%2C200",
    ),
    "a deep object": (
        {"schema": OBJECT, "style": "deepObject", "explode": True},
        COLOUR,
        "color%5BR%5D=100&color%5BG%5D=200",
    ),
    "JSON": (
        {"content": {"application/json": {"schema": LIST}}},
        COLOURS,
        "color=%5B%22blue%22%2C+%22black%22%5D",
    ),
    "a plain value": ({"schema": {"type": "boolean"}}, True, "color=true"),
    "a plain value twice": ({"schema": {"type": "integer"}}, [1, 2], "color=1&color=2"),
}


def _operation(place, written):
    parameter = {"name": "color", "in": place, **written}
    [found] = operations({"paths": {"/p": {"get": {"parameters": [parameter], "responses": {}}}}})
    return found


def _read(parameter, given):
    """Return what is read of texts, by their names."""
    found = texts(parameter, given)
    return {k: int(v) for k, v in found.items()} if isinstance(found, dict) else found


@pytest.mark.parametrize(("written", "value", "query"), WRITTEN.values(), ids=WRITTEN)
def test_a_value_is_written_as_its_style_says(written, value, query):
    """In the query of a call."""
    operation = _operation("query", written)
    assert urlsplit(Call(operation, {"color": value}).target).query == query


@pytest.mark.parametrize("name", [name for name in WRITTEN if "plain" not in name])
def test_what_was_written_is_read_again(name):
    """JSON stays a text, which whoever reads it parses."""
    written, value, query = WRITTEN[name]
    [parameter] = _operation("query", written).parameters
    given = parse_qs(query)
    assert _read(parameter, given) == (given["color"] if name == "JSON" else value)
    assert not texts(parameter, {})


@pytest.mark.parametrize(("explode", "text"), [(False, "R,100,G,200"), (True, "R=100,G=200")])
def test_a_header_has_one_text(explode, text):
    """Lists and objects of headers are written in one, and read from it."""
    [parameter] = _operation("header", {"schema": OBJECT, "explode": explode}).parameters
    assert pairs(parameter, COLOUR) == [("color", text)]
    assert _read(parameter, {"color": [text]}) == COLOUR
    [listed] = _operation("header", {"schema": LIST, "explode": explode}).parameters
    assert pairs(listed, COLOURS) == [("color", "blue,black")]
    assert texts(listed, {"color": ["blue,black"]}) == COLOURS


def test_a_cookie_is_sent_with_a_call():
    """Cookies share one header."""
    operation = _operation("cookie", {"schema": {"type": "string"}})
    assert Call(operation, {"color": "blue"}).headers == (("Cookie", "color=blue"),)

"""The report as it is read: on a terminal, in a comment, by a program."""

import io
import json

import pytest

from compat import show
from compat.model import Difference, Effect, Level, Report, Who

FOUND = Difference(
    "Asset.size",
    "size",
    260,
    "type: integer | null → number | null",
    Level.MAJOR,
    effects=(
        Effect(
            Who.INSTALLED, "APIResponseValidationError: size should be an integer", '"size": 0.5'
        ),
        Effect(
            Who.TYPED, 'mypy: Incompatible types "float" and "int" ' * 4, "value: int = asset.size"
        ),
    ),
)
GONE = Difference("State.old", "old", 12, "removed", Level.MINOR, gone=True)
REPORT = Report("0.1.0", "0.1.0", "0.2.0", (FOUND, GONE), ("- `x`: y.",), "Unreleased", cases=9)


def written(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    out = io.StringIO()
    show.terminal(REPORT, out)
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(monkeypatch, width):
    """Long messages are wrapped under their indentation, and nothing trails."""
    lines = written(monkeypatch, width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)


def test_the_terminal_says_who_breaks_by_what_and_what_to_write(monkeypatch):
    """Place, line, who, example, least version and the line to change are all there."""
    text = written(monkeypatch, 120)
    for part in (
        "major  Asset.size  openapi/babou.yaml:260",
        "breaks installed clients",
        '"size": 0.5',
        "State.old  openapi/babou.yaml:12 of the last release",
        "breaks nobody",
        'write version = "0.2.0"',
        "section Unreleased, lacks:\n- `x`: y.",
    ):
        assert part in text


def test_the_json_has_every_member_of_a_difference():
    """A program needs no knowledge of the classes."""
    document = json.loads(show.as_json(REPORT))
    assert document["exit_code"] == 1
    assert document["level"] == "major"
    first = document["differences"][0]
    assert first["breaks"] == ["installed clients", "type-checked callers"]
    assert (first["example"], first["line"], first["level"]) == ('"size": 0.5', 260, "major")


def test_a_bar_does_not_break_the_table_of_the_comment():
    """A type with a bar stays in its cell."""
    row = next(r for r in show.as_markdown(REPORT).splitlines() if "Asset.size" in r)
    assert row.replace("\\|", "").count("|") == 6

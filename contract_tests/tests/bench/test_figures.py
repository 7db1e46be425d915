"""Medians and ratios say what was measured, and a bad moment of the machine changes neither."""

import math

import pytest

from benchmarks.figures import ratio, summary
from benchmarks.results import Goal, Table, markdown, scaled


def test_a_summary_is_the_median_with_its_quartiles():
    """The middle of the figures, and the half of them around it."""
    found = summary([5.0, 1.0, 3.0, 2.0, 4.0])
    assert (found.median, found.low, found.high, found.n) == (3.0, 2.0, 4.0, 5)


def test_one_figure_is_its_own_summary():
    """One round is enough for a figure, and shows no spread."""
    assert summary([7.0]).low == summary([7.0]).high == 7.0


def test_rounds_that_were_disturbed_do_not_move_a_ratio():
    """What slows both down in the same round has no part in their ratio's interval."""
    noise = [1.0, 1.0, 9.0, 1.0, 3.0, 1.0, 1.0, 5.0, 1.0]
    found = ratio([0.5 * each for each in noise], noise)
    assert (found.median, found.low, found.high) == (0.5, 0.5, 0.5)


def test_a_ratio_is_less_sure_the_more_its_figures_differ():
    """The interval is wider where the rounds disagree."""
    steady = ratio([1.0, 1.01, 0.99, 1.0, 1.01], [1.0] * 5)
    shaky = ratio([1.0, 2.0, 0.5, 1.5, 0.7], [1.0] * 5)
    assert shaky.high - shaky.low > steady.high - steady.low


def test_the_same_figures_give_the_same_interval():
    """A table that is written again from the same results is the same."""
    assert ratio([1.0, 2.0, 4.0], [2.0, 3.0, 3.0]) == ratio([1.0, 2.0, 4.0], [2.0, 3.0, 3.0])


@pytest.mark.parametrize(
    ("measured", "at_least", "met"),
    [
        (0.9, False, True),
        (1.0, False, True),
        (1.1, False, False),
        (1.1, True, True),
        (0.9, True, False),
        (math.nan, False, False),
        (math.nan, True, False),
    ],
)
def test_a_target_is_met_on_the_right_side_only(measured, at_least, met):
    """What is no number has met nothing."""
    assert Goal("x", measured, 1.0, at_least=at_least).met is met


def test_the_tables_name_what_could_not_be_measured():
    """A gap is told, not left out."""
    goal = {
        "what": "speed", "measured": 2.0, "limit": 1.0, "unit": "s", "at_least": False,
        "spread": None, "met": False,
    }  # fmt: skip
    table = {"title": "T", "head": ["a", "n"], "rows": [["x", "1"]], "note": "why"}
    part = {"goals": [goal], "tables": [table], "plots": ["p.svg"], "failures": ["y: no nginx"]}
    text = markdown({"about": {"command": "c"}, "parts": {"p": part}}, plots="folder/")
    assert "| speed | 2 s | ≤ 1 s | **no** |" in text
    assert "## T\n\n| a | n |\n| --- | --: |\n| x | 1 |\n\nwhy" in text
    assert "![p](folder/p.svg)" in text
    assert "Not measured: y: no nginx" in text


def test_a_figure_is_shown_with_its_quartiles():
    """In the unit of its column."""
    assert scaled(summary([0.001, 0.002, 0.003]), 1e3, 1) == "2.0 (1.5–2.5)"  # noqa: RUF001


def test_a_table_needs_no_note():
    """The note is left out where there is none."""
    assert Table("T", ["a"], []).note == ""

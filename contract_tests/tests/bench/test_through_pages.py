"""The waits in simulated time are counted right."""

import random

import pytest

from benchmarks import through_pages
from benchmarks.times import TIMES


def test_pages_save_most_requests_of_many_waits():
    """Without a list each id is polled by itself, some nine times; a sweep asks but for some."""
    seconds = TIMES[0].draw(200, random.Random(1).random)  # noqa: S311 (times of assets)
    swept, each = (through_pages.wait(seconds, has_list=has) for has in (True, False))
    assert 0 < swept["pages"] < swept["requests"] < 3
    assert each["requests"] > 7
    assert each["pages"] < 0.1  # the list was refused, and not asked for again
    assert 0 < swept["lag"] < 1.5 * each["lag"]


def test_requests_are_those_of_the_policy():
    """Polls at 0, 1, 2 and 3 s, about, of a single asset that is ready after 2.5 s."""
    found = through_pages.wait([2.5], has_list=True)
    assert found["requests"] == 4
    assert found["lag"] == pytest.approx(0.5, abs=0.35)

"""How tests are divided: into parts, which together are all, and among processes, by group."""

import os
import re
import subprocess
import sys

import parts

TESTS = """
import pytest

def test_short(): pass

@pytest.mark.in_parts
@pytest.mark.parametrize("size", range(5))
def test_long(size): pass

@pytest.mark.in_parts("whole")
@pytest.mark.parametrize("size", range(3))
def test_together(size): pass
"""

GROUP = """
import os, pathlib
import pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(4))
def test_together(number):
    pathlib.Path(__file__).with_name(os.environ["PYTEST_XDIST_WORKER"]).touch()
"""


def run(folder, *arguments, tests=TESTS):
    """Return the names of the tests that are run with arguments."""
    (folder / "test_it.py").write_text(tests, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = in_parts\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-v", "-p", "parts", "--strict-markers"]
    done = subprocess.run(
        [*command, *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # the others take seconds
    )  # fmt: skip
    return re.findall(r"::(\S+) PASSED", done.stdout)


def test_each_part_has_its_own_and_all_have_what_is_short(tmp_path):
    """What belongs together is in one part, and the parts leave nothing out."""
    every = [f"test_{name}" for name in ("short", *(f"long[{n}]" for n in range(5)))]
    together = [f"test_together[{n}]" for n in range(3)]
    assert run(tmp_path) == [*every, *together]
    assert run(tmp_path, "--part", "1/1") == [*every, *together]
    first, second = (run(tmp_path, "--part", f"{number}/2") for number in (1, 2))
    assert first == ["test_short", "test_long[0]", "test_long[2]", "test_long[4]"]
    assert second == ["test_short", "test_long[1]", "test_long[3]", *together]


def test_parts_divide_whatever_there_is():
    """Each unit is in one of them, however many there are."""
    for count in range(20):
        units = [str(number) for number in range(count)]
        found = [unit for number in range(1, 9) for unit in parts.chosen(units, number, 8)]
        assert sorted(found) == sorted(units)


def test_runs_one_after_the_other_go_through_all_parts():
    """Numbers above the count begin again; without one, it is the day's."""
    assert [parts.read(f"{number}/8") for number in range(7, 11)] == [
        (7, 8),
        (8, 8),
        (1, 8),
        (2, 8),
    ]
    assert parts.read("/1") == (1, 1)


def test_a_group_is_run_in_one_process(tmp_path):
    """What its tests share is made once; in all processes it would be made in each, unnoticed."""
    run(tmp_path, "-p", "xdist", "-n", "2", "--dist", "loadgroup", tests=GROUP)
    assert len(list(tmp_path.glob("gw*"))) == 1

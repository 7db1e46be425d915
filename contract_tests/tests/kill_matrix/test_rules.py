"""The three rules, on a few cases; `nox -s kill_matrix` has them all."""

import pytest

from kill_matrix.catalogue import FAULTS
from kill_matrix.judge import Seen
from kill_matrix.model import Fault, Group, Variant
from kill_matrix.results import add, read
from kill_matrix.run import main, one
from kill_matrix.verdict import Fate, Verdict, verdict

FAULT = Fault(Group.bodies, "f", "x", ("spec-server/right",), says="size")
BEYOND = Fault(Group.bodies, "f", "x", ("spec-server/right",), beyond="nobody knows")
VARIANT = Variant("v", "x")


@pytest.mark.parametrize(
    ("case", "seen", "fate"),
    [
        (FAULT, Seen(1, {"spec-server/right": "size is wrong"}), Fate.killed),
        (FAULT, Seen(1, {"spec-server/right": "name is wrong"}), Fate.by_accident),
        (FAULT, Seen(1, {"spec-server/other": "size is wrong"}), Fate.by_accident),
        (FAULT, Seen(0), Fate.survived),
        (FAULT, Seen(3), Fate.survived),
        (FAULT, Seen(-1, crash="KeyError"), Fate.crashed),
        (BEYOND, Seen(0), Fate.beyond),
        (BEYOND, Seen(1, {"spec-server/other": "size"}), Fate.found_after_all),
        (VARIANT, Seen(0), Fate.passed),
        (VARIANT, Seen(1, {"spec-server/other": "size"}), Fate.accused),
        (VARIANT, Seen(3), Fate.accused),
        (VARIANT, Seen(-1, crash="KeyError"), Fate.crashed),
    ],
)
def test_a_verdict_follows_the_rules(case, seen, fate):
    """Only the check that is named for a fault counts, and only for its own reason."""
    assert verdict(case, seen).fate is fate


@pytest.mark.parametrize("name", ["size-as-text", "gzip"])
def test_a_case_is_carried_out(name):
    """A wrong server is found, an unusual one passes."""
    found = one(name)
    assert found.is_good, found.why


def test_an_edit_is_carried_out():
    """An edit of a copy is found, and the project itself stays as it is."""
    found = one("code-posts")
    assert found.is_good, found.why


def test_verdicts_are_kept(tmp_path):
    """A run that broke off goes on where it was."""
    file = tmp_path / "verdicts"
    first, second = (
        Verdict("a", Fate.survived, why="no"),
        Verdict("a", Fate.killed, ("x",), "", 2.0),
    )
    add(file, first)
    add(file, second)
    assert read(file) == {"a": second}


def test_a_bad_verdict_is_exit_code_1(tmp_path, capsys):
    """What is in the file is told and counted, and not run again."""
    file = tmp_path / "verdicts"
    add(file, Verdict(FAULTS[0].name, Fate.survived, why="exit code 0"))
    assert main(["--only", FAULTS[0].name, "--results", str(file)]) == 1
    assert "survived" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["1", "x/2", "1/x", "1/0"])
def test_a_part_that_cannot_be_read_is_a_usage_error(text):
    """Exit code 2 for a wrong command line."""
    with pytest.raises(SystemExit, match="2"):
        main(["--part", text])

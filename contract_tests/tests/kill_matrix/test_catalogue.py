"""The catalogue of the kill matrix is what it says it is."""

from collections import Counter

import pytest

from babou_contract.model import Boundary
from babou_contract.run import checks_of
from babou_contract.specification import spec
from kill_matrix.catalogue import FAULTS, VARIANTS, part
from kill_matrix.judge import ROOT
from kill_matrix.model import Group, Party, changed

CASES = (*FAULTS, *VARIANTS)


def test_there_are_enough_cases():
    """At least 100 faults over all three parties, and at least 40 variants."""
    assert len(FAULTS) >= 100
    assert len(VARIANTS) >= 40
    assert {fault.group.party for fault in FAULTS} == set(Party)
    assert {fault.group for fault in FAULTS} == set(Group)


def test_names_are_unique():
    """A name stands for one case."""
    counted = Counter(case.name for case in CASES)
    assert [name for name, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_whole(fault):
    """A fault says what is wrong, who has to find it, and is applied in one way."""
    assert fault.about
    assert fault.killers
    assert bool(fault.says) != bool(fault.beyond)
    assert (fault.hook is None) == bool(fault.edits or fault.spec)
    assert (fault.group.party is Party.server) == (fault.hook is not None)


def test_each_named_check_exists():
    """A fault can only be killed by a check that there is."""
    known = {check.id for boundary in Boundary for check in checks_of(boundary)}
    named = {killer for fault in FAULTS for killer in fault.killers}
    assert named <= known


def test_each_check_is_named_by_a_fault():
    """A check that no fault is named for has never been seen to fail."""
    unproved = {
        "spec-server/schemathesis",  # fuzzing: what it alone finds is luck
        "spec-server/each-operation-is-exercised",  # it never fails: what lacks is not judged
        # The specification requires no header as yet; tests/contract/test_other_operations.py does.
        "spec-server/headers-are-as-documented",
        # It takes a fault in the wrapper to break these, and that is none of the three parties.
        "client-server/async-agrees-with-sync",
        "client-server/bad-arguments-are-not-sent",
    }
    known = {check.id for boundary in Boundary for check in checks_of(boundary)}
    named = {killer for fault in FAULTS for killer in fault.killers}
    assert known - named <= unproved


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.edits], ids=lambda fault: fault.name)
def test_each_edit_fits_its_file(fault):
    """What an edit replaces stands once in the file; what it creates is not there yet."""
    for edit in fault.edits:
        path = ROOT / edit.path
        if edit.old:
            assert edit.apply(path.read_text(encoding="utf-8"))
        else:
            assert path.is_file() == (edit.new is None)


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.spec], ids=lambda fault: fault.name)
def test_each_change_of_the_specification_has_its_place(fault):
    """What is changed is there, and afterwards it is otherwise."""
    document = spec.load()
    assert changed(document, fault.spec) != document


@pytest.mark.parametrize("of", [1, 2, 6, 7, 400])
def test_the_parts_are_all_of_it_once(of):
    """A few runs with rotating parts see each case, and none twice."""
    seen = Counter(
        case.name for number in range(1, of + 1) for cases in part(number, of) for case in cases
    )
    assert seen == Counter(case.name for case in CASES)


@pytest.mark.parametrize("number", [0, 7, -1])
def test_a_part_that_is_none_is_refused(number):
    """Parts are counted from 1."""
    with pytest.raises(ValueError, match="no part"):
        part(number, 6)

"""A second operation, which no client has a method for: each edit of it has its verdict."""

from pathlib import Path

import pytest
import yaml

from compat import Level, Who, by_schema, textdiff
from compat.gather import differences
from compat.released import ROOT
from compat.specification import Specification, paired

DATA = yaml.safe_load(Path(__file__).with_name("collections.yaml").read_text(encoding="utf-8"))
BASE = (ROOT / "openapi" / "babou.yaml").read_text(encoding="utf-8")
EDITS = DATA["edits"]


def with_collections(text):
    """Return a specification with the invented resource."""
    before, found, after = text.partition("components:\n")
    assert found
    assert after.count("  schemas:\n") == 1
    after = after.replace("  schemas:\n", f"  schemas:\n{DATA['schemas']}")
    return f"{before}{DATA['paths']}\n{found}{after}"


def edited(text, edits):
    """Return a text after edits, each of which has to find its place."""
    for edit in edits:
        if "cut" in edit:
            before, start, rest = text.partition(edit["cut"])
            _, end, after = rest.partition(edit["until"])
            assert start, edit
            assert end, edit
            text = f"{before}{edit.get('as', '')}{end}{after}"
            continue
        assert text.count(edit["find"]) == 1, (text.count(edit["find"]), edit)
        text = text.replace(edit["find"], edit["put"])
    return text


OLD = with_collections(BASE)


@pytest.mark.parametrize("edit", EDITS, ids=[edit["name"] for edit in EDITS])
def test_an_edit_has_its_verdict(edit):
    """Each place has its level and who breaks, and no other place is told of."""
    specs = paired(Specification("old", OLD), Specification("new", edited(OLD, edit["edit"])))
    made = differences(specs, textdiff.changes(*specs), by_schema.judged(specs, ()), (), ())
    found = {d.place: [str(d.level), *d.breaks] for d in made}
    told = {place: [level, *(who or [Who.NOBODY])] for place, (level, *who) in edit["told"].items()}
    assert found == told
    assert all(effect.what.startswith("by the schemas: ") for d in made for effect in d.effects)
    assert all(d.line and d.example for d in made if d.level is Level.MAJOR)

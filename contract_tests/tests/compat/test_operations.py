"""Several operations: those that the client has a method for, and one that it hasn't."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from compat import by_schema, textdiff
from compat.compare import compare
from compat.gather import differences
from compat.model import Level, Who
from compat.released import ROOT
from compat.specification import Specification, paired
from text_edits import edited


def read(name):
    return yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))


DATA = read("collections.yaml")
BASE = (ROOT / "openapi" / "babou.yaml").read_text(encoding="utf-8")
EDITS = DATA["edits"]


def with_collections(text):
    """Return a specification with the invented resource."""
    before, found, after = text.partition("components:\n")
    assert found
    assert after.count("  schemas:\n") == 1
    after = after.replace("  schemas:\n", f"  schemas:\n{DATA['schemas']}")
    return f"{before}{DATA['paths']}\n{found}{after}"


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


PARTS = ("openapi", "generated", "wrapper", "contract_tests")
FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE")
SPEC = Path("openapi") / "babou.yaml"
GROUPS = read("operations.yaml")


def run(root, *arguments):
    done = subprocess.run(
        [sys.executable, *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def release(root):
    """Make a copy of this project with the invented resource, as if it had just been released."""
    for part in PARTS:
        skipped = shutil.ignore_patterns("__pycache__", "*.whl", "tests", "node_modules")
        shutil.copytree(ROOT / part, root / part, ignore=skipped)
    for name in FILES:
        shutil.copy2(ROOT / name, root / name)
    settings = (root / "pyproject.toml").read_text(encoding="utf-8")
    settings = re.sub(r'(?m)^version = ".*"', 'version = "0.1.0"', settings, count=1)
    (root / "pyproject.toml").write_text(settings, encoding="utf-8")
    text = (root / SPEC).read_text(encoding="utf-8")
    (root / SPEC).write_text(with_collections(text), encoding="utf-8")
    run(root, "openapi/generate.py")
    run(root, "-m", "hatchling", "build", "-t", "wheel", "-d", "openapi/released")


@pytest.fixture(scope="session")
def released(made_once):
    """The released project."""
    return made_once("several-operations", release)


@pytest.mark.in_parts
@pytest.mark.parametrize("group", GROUPS, ids=[group["name"] for group in GROUPS])
def test_edits_of_several_operations_have_their_verdicts(released, tmp_path, group):
    """What the client has a method for is driven; the rest is judged by the schemas."""
    root = shutil.copytree(released, tmp_path / "copy")
    text = (root / SPEC).read_text(encoding="utf-8")
    (root / SPEC).write_text(edited(text, group["edit"]), encoding="utf-8")
    run(root, "openapi/generate.py")
    report = compare(root, cache=released / ".compat_cache")
    found = {d.place: [str(d.level), *d.breaks] for d in report.differences}
    told = {
        place: [level, *(who or [Who.NOBODY])] for place, (level, *who) in group["told"].items()
    }
    assert report.unjudged == ()
    assert found == told
    said = {effect.what for d in report.differences for effect in d.effects}
    assert said >= set(group.get("says", ()))
    assert "GET /api/v1/collections" in report.by_schema
    assert "GET /api/v1/assets" not in report.by_schema

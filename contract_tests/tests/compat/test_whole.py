"""Edits in a temporary copy: generated, then compared with the last release, both clients run."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from compat.command import main
from compat.compare import compare
from compat.model import Level, NotJudgedError, Who
from compat.released import ROOT, Released

INSTALLED, TYPED, RUNTIME = Who.INSTALLED, Who.TYPED, Who.RUNTIME
HEIGHT = "        height:\n"
CHECKSUM = '        checksum:\n          type: [string, "null"]\n          description: Its sum.\n'
SIZE = '        size:\n          type: [integer, "null"]\n'
NAME = "        name:\n          type: string\n"
PREVIEW = """\
        preview:
          type: [object, "null"]
          required: [address]
          properties:
            address: {type: string}
            taken_at: {type: string, format: date-time}
"""

SPEC_EDITS = {
    "optional member": ([(HEIGHT, CHECKSUM + HEIGHT)], {"Asset.checksum": (Level.MINOR, ())}),
    "required member": (
        [(HEIGHT, CHECKSUM + HEIGHT), ("height, created_at]", "height, checksum, created_at]")],
        {"Asset.checksum": (Level.MAJOR, (TYPED, RUNTIME))},
    ),
    "integer to number": (
        [(SIZE, SIZE.replace("integer", "number"))],
        {"Asset.size": (Level.MAJOR, (INSTALLED, TYPED, RUNTIME))},
    ),
    "nullable": (
        [(NAME, NAME.replace("string", '[string, "null"]'))],
        {"Asset.name": (Level.MAJOR, (INSTALLED, TYPED))},
    ),
    "not nullable": (
        [(SIZE, SIZE.replace('[integer, "null"]', "integer"))],
        {"Asset.size": (Level.MAJOR, (TYPED, RUNTIME))},
    ),
    "state": (
        [("ready, error, failed]", "ready, error, failed, archived]")],
        {"AssetState.archived": (Level.MINOR, ())},
    ),
    "final state": (
        [
            ("ready, error, failed]", "ready, error, failed, rejected]"),
            (
                "        - `ready`: done",
                "        - `rejected`: refused. Final.\n        - `ready`: done",
            ),
        ],
        {"AssetState.rejected": (Level.MAJOR, (INSTALLED,)), "AssetState": (Level.PATCH, ())},
    ),
    "words": (
        [("Length of a video", "Duration of a video")],
        {"Asset.duration": (Level.PATCH, ())},
    ),
    "path and limit": (
        [
            ("/api/v1/assets/{assetId}:", "/api/v2/assets/{assetId}:"),
            ("maxLength: 256", "maxLength: 255"),
        ],
        {
            "/api/v1/assets/{assetId}": (Level.MAJOR, (INSTALLED,)),
            "/api/v2/assets/{assetId}": (Level.MAJOR, (RUNTIME,)),
        },
    ),
    "an object, a server and an error's member": (
        [
            (HEIGHT, PREVIEW + HEIGHT),
            ("https://api.babou.ai", "https://api2.babou.ai"),
            ("required: [error, code]", "required: [error, code, hint]"),
        ],
        {
            "Asset.preview": (Level.MINOR, ()),
            "servers https://api.babou.ai": (Level.MAJOR, (INSTALLED,)),
            "servers https://api2.babou.ai": (Level.MINOR, ()),
            "Error.hint": (Level.MAJOR, (RUNTIME,)),
        },
    ),
}


FOUND = "found.json"
ALWAYS = {"required member", "an attribute gone"}


def in_parts(names):
    """Return names as parameters, of which those that don't always run are marked."""
    return [
        pytest.param(name, marks=() if name in ALWAYS else pytest.mark.in_parts) for name in names
    ]


def edit(path, *pairs):
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def copied(folder):
    for name in ("openapi", "generated", "wrapper"):
        ignored = shutil.ignore_patterns("__pycache__", "tests")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture
def checkout(tmp_path):
    return copied(tmp_path)


@pytest.fixture(scope="session")
def before(made_once):
    """Return what differs already, without any edit here."""
    root = made_once("before", compared_as_it_is)
    return set(json.loads((root / FOUND).read_text(encoding="utf-8")))


def compared_as_it_is(root):
    places = [found.place for found in compare(copied(root)).differences]
    (root / FOUND).write_text(json.dumps(places), encoding="utf-8")


def generate(checkout):
    script = checkout / "openapi" / "generate.py"
    subprocess.run([sys.executable, script], check=True, capture_output=True)


@pytest.mark.parametrize("name", in_parts(SPEC_EDITS))
def test_an_edit_of_the_spec_has_its_verdict(checkout, before, name):
    """Each place has the level that follows from who was seen to break, and nobody else is."""
    pairs, expected = SPEC_EDITS[name]
    edit(checkout / "openapi" / "babou.yaml", *pairs)
    generate(checkout)
    report = compare(checkout)
    found = {d.place: (d.level, tuple(e for e in d.breaks if e is not Who.NOBODY))
             for d in report.differences if d.place not in before}  # fmt: skip
    assert found == expected
    assert report.unjudged == ()
    assert all(d.line for d in report.differences if d.place in expected)
    assert all(d.example for d in report.differences if d.level is Level.MAJOR)


WRAPPER_EDITS = {
    "another class": (
        "_errors.py",
        ("    404: NotFoundError,", "    404: ConflictError,"),
        ("GET /api/v1/assets/{assetId} answer 404 code NOT_FOUND", RUNTIME),
    ),
    "a lost hint": (
        "_core/operations.py",
        ('"hint": error.hint or None', '"hint": None'),
        ("Error.hint", RUNTIME),
    ),
    "an attribute gone": (
        "_core/operations.py",
        ("    def is_terminal(self)", "    def is_final(self)"),
        ("Asset.is_terminal", TYPED),
    ),
    "a parameter renamed": (
        "_client.py",
        ("    def url(self, asset_id: str |", "    def url(self, id_: str |"),
        ("Assets.url.asset_id", TYPED),
    ),
    "a wait that goes on": (
        "_core/polling.py",
        ("            if asset.is_failed:", "            if False:"),
        ("AssetState.failed", RUNTIME),
    ),
}


@pytest.mark.parametrize("name", in_parts(WRAPPER_EDITS))
def test_an_edit_of_the_wrapper_shows_as_well(checkout, name):
    """What the hand-written part changes is seen by the same documents and lines of usage."""
    module, pair, expected = WRAPPER_EDITS[name]
    edit(checkout / "wrapper" / "babou" / module, pair)
    report = compare(checkout)
    place, who = expected
    found = {d.place: d.breaks for d in report.differences}
    assert who in found.get(place, ()), found


def test_a_state_that_the_wrapper_names_can_not_be_judged_away(checkout):
    """What is seen stands; what is not is told with the line of the spec to look at."""
    edit(
        checkout / "openapi" / "babou.yaml", ("processing, ready, error", "processing, done, error")
    )
    generate(checkout)
    report = compare(checkout)
    assert report.exit_code == 3
    [text] = report.unjudged
    assert "READY" in text
    assert re.search(r"Look at openapi/babou\.yaml:\d+: AssetState\.ready \(removed\)", text)


def test_models_of_another_spec_are_not_judged(checkout, capsys):
    """Who forgot to generate is told so, in a line, with exit code 3."""
    edit(checkout / "openapi" / "babou.yaml", (HEIGHT, CHECKSUM + HEIGHT))
    with pytest.raises(NotJudgedError, match="nox -s evolve"):
        compare(checkout)
    assert main(["--root", str(checkout)]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_an_index_out_of_reach_is_told_as_such(tmp_path, monkeypatch):
    """The first run needs the index; without it the message says so, and nothing is left behind."""
    for name, value in {"UV_OFFLINE": "1", "UV_NO_CACHE": "1", "PIP_NO_INDEX": "1"}.items():
        monkeypatch.setenv(name, value)
    released = Released.of(ROOT, tmp_path)
    with pytest.raises(NotJudgedError, match="package index be reached"):
        released.install()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [0, 2])
def test_there_has_to_be_one_wheel(checkout, count):
    """Which release is meant is never guessed."""
    [wheel] = (checkout / "openapi" / "released").glob("*.whl")
    shutil.copy2(wheel, wheel.with_name("babou-0.0.9-py3-none-any.whl"))
    if count == 0:
        for one in wheel.parent.glob("*.whl"):
            one.unlink()
    with pytest.raises(NotJudgedError, match="exactly one wheel"):
        compare(checkout)

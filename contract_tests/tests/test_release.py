"""What a release is made by: the changelog, its notes, the workflows."""

import datetime as dt
import os
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
HEADING = re.compile(r"## \[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)")
NOTES = ROOT / "contract_tests" / "release_notes.py"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SESSIONS = re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(), re.MULTILINE)


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def lines(path):
    """Return the shell of a workflow, step by step."""
    return [
        step["run"] for job in load(path)["jobs"].values() for step in job["steps"] if "run" in step
    ]


def test_the_changelog_is_kept_in_the_usual_form():
    """Unreleased first, then the newest version, each with its date; six kinds of change."""
    first, *released = re.findall(r"^## .*", CHANGELOG, re.MULTILINE)
    assert first == "## [Unreleased]"
    found = [HEADING.fullmatch(line) for line in released]
    assert all(found), released
    numbers = [tuple(map(int, match.groups()[:3])) for match in found]
    dates = [dt.date.fromisoformat(match[4]) for match in found]
    assert numbers == sorted(set(numbers), reverse=True)
    assert dates == sorted(dates, reverse=True)
    assert set(re.findall(r"^### (.*)", CHANGELOG, re.MULTILINE)) <= KINDS
    assert not re.search(r"^### .*\n+(?=#|\Z)", CHANGELOG, re.MULTILINE), "a kind with no change"


def test_the_version_is_the_newest_section_or_newer():
    """What is in the tree is a release, or on its way to the next one."""
    newest = HEADING.search(CHANGELOG)
    assert tuple(map(int, VERSION.split("."))) >= tuple(map(int, newest.groups()[:3]))


@pytest.fixture
def project(tmp_path):
    """Return a function that makes a project of one version and changelog, and asks for notes."""

    def notes(version, changelog, *, of="1.2.0"):
        (tmp_path / "contract_tests").mkdir()
        (tmp_path / "contract_tests" / "release_notes.py").write_bytes(NOTES.read_bytes())
        (tmp_path / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
        (tmp_path / "CHANGELOG.md").write_text(changelog)
        command = [sys.executable, str(tmp_path / "contract_tests" / "release_notes.py"), of]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return notes


RELEASED = "# Changelog\n\n## [1.2.0] - 2026-11-24\n\n### Added\n\n- x\n\n## [1.1.0] - 2026-01-01\n"


def test_the_notes_of_a_release_are_its_section(project):
    """All of it, and nothing of the one before."""
    done = project("1.2.0", RELEASED)
    assert (done.returncode, done.stdout) == (0, "### Added\n\n- x\n")


@pytest.mark.parametrize(
    ("version", "changelog", "told"),
    [
        ("1.3.0", RELEASED, "pyproject.toml says 1.3.0"),
        ("1.2.0", RELEASED.replace(" - 2026-11-24", ""), "no section"),
        ("1.2.0", RELEASED.replace("1.2.0", "1-2-0"), "no section"),
    ],
)
def test_a_tag_that_fits_nothing_is_no_release(project, version, changelog, told):
    """The workflow ends before anything is built."""
    done = project(version, changelog)
    assert done.returncode == 1
    assert told in done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_runs_what_is_run_here_too(path):
    """Each nox session that it names exists; its shell is well formed."""
    for script in lines(path):
        for names in re.findall(r"\bnox -s ([\w ]+)", script):
            assert set(names.split()) <= set(SESSIONS), script
        checked = subprocess.run(["bash", "-n"], input=script, text=True, check=False)
        assert checked.returncode == 0, script


def test_only_publishing_may_ask_for_an_identity():
    """Trusted publishing: one job may, in an environment that people can guard."""
    jobs = load(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    may = {name for name, job in jobs.items() if "id-token" in job.get("permissions", {})}
    assert may == {"publish"}
    assert jobs["publish"]["environment"]["name"] == "pypi"
    assert not [step for step in jobs["publish"]["steps"] if "run" in step]


def test_every_supported_python_is_tested():
    """The matrix of the workflow is that of the classifiers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python = "Programming Language :: Python :: "
    supported = [line.removeprefix(python) for line in project["classifiers"] if python in line]
    matrix = load(ROOT / ".github" / "workflows" / "test.yml")["jobs"]["nox"]["strategy"]["matrix"]
    assert matrix["python"] == supported


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({}, " BABOU_BASE_URL BABOU_ASSETS BABOU_API_KEY"),
        ({"BABOU_BASE_URL": "http://x", "BABOU_ASSETS": "a\nb"}, " BABOU_API_KEY"),
        ({"BABOU_BASE_URL": "http://x", "BABOU_ASSETS": "a\nb", "BABOU_API_KEY": "sk-bab-x"}, ""),
    ],
)
def test_a_live_server_is_checked_where_its_key_is_set(tmp_path, settings, missing):
    """Without it the summary says what to set; the key itself is written nowhere."""
    summary, output = tmp_path / "summary", tmp_path / "output"
    summary.touch()
    (script,) = lines(ROOT / ".github" / "workflows" / "live.yml")
    files = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("${!name}", "${!name-}")],
        env={"PATH": os.environ["PATH"], **files, **settings},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert output.read_text() == f"missing={missing}\n"
    assert bool(summary.read_text()) is bool(missing)
    assert "sk-bab-x" not in done.stdout + summary.read_text() + output.read_text()
    steps = load(ROOT / ".github" / "workflows" / "live.yml")["jobs"]["contract"]["steps"]
    assert {step.get("if") for step in steps[1:]} == {"steps.settings.outputs.missing == ''"}


def test_notes_can_be_had_of_the_last_release():
    """The script reads this project's own changelog."""
    (newest,) = re.findall(rf"^## \[{re.escape(VERSION)}\] - ", CHANGELOG, re.MULTILINE) or [None]
    assert runpy.run_path(str(NOTES))["main"](VERSION) == (0 if newest else 1)

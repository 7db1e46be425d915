"""The README is run: every block does what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from babou_contract.mock_server import MockServer

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = [body for language, body in BLOCKS if language == "python"]
SHELL = [body for language, body in BLOCKS if language == "sh"]


@pytest.fixture
def environment(tmp_path):
    """Return an environment that points at a mock server, in an empty directory."""
    with MockServer() as server:
        scripts = str(Path(sys.executable).parent)
        yield {
            "PATH": os.pathsep.join((scripts, os.environ["PATH"])),
            "HOME": str(tmp_path),
            "BABOU_API_KEY": server.api_key,
            "BABOU_BASE_URL": server.base_url,
        }


def run(command, environment, directory):
    done = subprocess.run(
        command, env=environment, cwd=directory, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_only_languages_that_are_run_are_used():
    """A block in another language would go untested."""
    assert set(dict(BLOCKS)) == {"python", "sh"}
    assert len(PYTHON) >= 5


@pytest.mark.parametrize("code", [code for code in PYTHON if "def test_" not in code])
def test_python_runs(code, environment, tmp_path):
    """Each example runs as it stands, against the mock server."""
    run([sys.executable, "-W", "error", "-c", code], environment, tmp_path)


@pytest.mark.parametrize("code", [code for code in PYTHON if "def test_" in code])
def test_tests_pass(code, environment, tmp_path):
    """Each example of a test passes, with the fixtures that the package brings."""
    (tmp_path / "test_example.py").write_text(code, encoding="utf-8")
    run([sys.executable, "-m", "pytest", "-q", "-W", "error", "."], environment, tmp_path)


@pytest.mark.parametrize("code", [code for code in SHELL if "pip install" not in code])
def test_commands_run(code, environment, tmp_path):
    """Each block of commands runs, line by line."""
    run(["bash", "-euc", code], environment, tmp_path)


def test_the_two_set_up_commands_come_first():
    """The first runs the main job, from the wheel's tests; the second all tests, from .ci/run."""
    first, second, *rest = SHELL
    assert first.startswith("pip install '.[cli,testing]' && babou mock -- babou download ")
    assert second.strip() in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert not any("pip install" in code for code in rest)


def test_the_error_tree_names_every_error():
    """The tree on the page is complete."""
    import babou

    named = {name for name in babou.__all__ if name.endswith("Error")}
    assert named == set(re.findall(r"\b\w+Error\b", README)) - {
        "ValueError",
        "TimeoutError",
    }


def test_the_table_of_exit_codes_is_the_commands_own():
    """The codes on the page are those that `babou --help` tells."""
    from babou._cli._exits import Exit

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)} <= set(Exit)

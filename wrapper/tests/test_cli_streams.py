"""The command line with standard streams that are closed, full, or a pipe that nobody reads."""

import os
import subprocess
import sys

import pytest

from babou import DownloadError
from babou._cli import _long
from babou_contract.mock_server import MockServer

KEY = "sk-bab-very-secret"
BABOU = f'{sys.executable} -c "from babou._cli import main; main()"'
RESULTS = [
    "--help",
    "--version",
    "wait --help",
    "get ast_demo_image",
    "get ast_demo_image --json",
    "check ast_demo_image nope",
    "wait ast_demo_image",
    "wait ast_demo_image nope --json",
    "url ast_demo_image",
    "download ast_demo_image -o -",
    "download ast_demo_image",
    "completion bash",
    "mock",
    "mock --json",
    "mock --list-faults",
    "contract --help",
    "contract --only docs-spec",
]
CODES = [
    ("get ast_demo_image", 0),
    ("-v get ast_demo_image", 0),
    ("wait ast_demo_image", 0),
    ("wait ast_demo_failed", 1),
    ("", 2),
    ("get ..", 2),
    ("mock --fault x", 2),
    ("get nope", 3),
    ("check nope", 3),
    ("wait nope", 3),
    ("download nope -o -", 3),
    ("get ast_demo_image --api-key-file wrong", 4),
    ("mock -- sh -c 'exit 7'", 7),
    ("contract --only docs-spec", 0),
]


@pytest.fixture(scope="module")
def server():
    with MockServer(api_key=KEY) as server:
        yield server


@pytest.fixture
def shell(server, tmp_path):
    """Return a function that runs a line in a shell; `babou` in it is the command line."""
    (tmp_path / "wrong").write_text("sk-bab-wrong")

    def run(line):
        return subprocess.run(
            ["bash", "-c", f'babou() {{ {BABOU} "$@"; }}\n{line}'],
            env=os.environ | {"BABOU_API_KEY": KEY, "BABOU_BASE_URL": server.base_url},
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    return run


@pytest.mark.parametrize("line", RESULTS)
@pytest.mark.parametrize(
    ("where", "why"), [(">/dev/full", "No space left on device"), (">&-", "it is closed")]
)
def test_results_that_cannot_be_written_are_exit_6(shell, line, where, why):
    """Whatever the command and the stream: one line that says so, and no traceback."""
    done = shell(f"babou {line} {where}")
    last = done.stderr.splitlines()[-1]
    assert last == f"babou: the results could not be written to standard output: {why}."
    assert "Traceback" not in done.stderr
    assert done.returncode == 6


@pytest.mark.parametrize("line", RESULTS)
def test_a_reader_that_goes_away_is_no_error_message(shell, line):
    """As with `head`: 141, as a shell tells of other programs."""
    done = shell(f"babou {line} | true; exit ${{PIPESTATUS[0]}}")
    assert "could not be written" not in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 141


@pytest.mark.parametrize(("line", "code"), CODES)
@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-", "2>&- <&-"])
def test_messages_that_cannot_be_written_change_no_exit_code(shell, line, code, where):
    """A result or a refusal is the same, seen or not."""
    done = shell(f"babou {line} {where}")
    assert done.returncode == code
    assert done.stderr == ""


def test_a_result_that_nobody_was_to_see_is_no_failure(shell):
    """Where there is none to write, a stream that can't be written to does not matter."""
    assert shell("babou get nope >/dev/full").returncode == 3
    assert shell("babou mock -- true >&-").returncode == 0


def test_the_shells_completion_ends_without_a_traceback_too(shell):
    """It prints before any command is known."""
    asked = "COMP_WORDS='babou ge' COMP_CWORD=1 _BABOU_COMPLETE=bash_complete"
    assert shell(f"{asked} babou").stdout == "plain,get\n"
    done = shell(f"{asked} babou >/dev/full")
    assert done.returncode == 6
    assert "Traceback" not in done.stderr


def test_standard_input_that_cannot_be_read_is_wrong_usage(shell):
    """A file that is open for writing only, or nothing at all."""
    done = shell("babou check - 0>file")
    assert done.returncode == 2
    assert done.stderr.startswith("babou: Standard input can't be read: ")
    assert "no ID on standard input" in shell("babou check - <&-").stderr


def test_a_download_tells_trouble_of_standard_output_as_every_command_does():
    """What the file said reaches the group of commands, which has the words and the exit code."""
    with pytest.raises(BrokenPipeError), _long._standard_output_errors():
        raise DownloadError("It could not be stored.") from BrokenPipeError()

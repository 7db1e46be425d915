"""The command line as a process of its own: on a terminal, in a pipe, interrupted."""

import os
import re
import signal
import subprocess
import sys

import pytest

from babou_contract.mock_server import MockServer, by_reads

pexpect = pytest.importorskip("pexpect")

BABOU = [sys.executable, "-c", "from babou._cli import main; main()"]
KEY = "sk-bab-very-secret"
ERASE = "\x1b[2K"
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"

# The server runs in a thread of this process; the child that pexpect forks becomes another program
# at once.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


@pytest.fixture(scope="module")
def server():
    with MockServer(api_key=KEY) as server:
        yield server


@pytest.fixture
def environment(server):
    others = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return others | {"BABOU_API_KEY": KEY, "BABOU_BASE_URL": server.base_url, "TERM": "xterm"}


@pytest.fixture
def on_terminal(environment, tmp_path):
    """Return a function that starts the command line on a terminal of 80 columns."""
    started = []

    def start(*arguments, **variables):
        child = pexpect.spawn(
            BABOU[0],
            [*BABOU[1:], *arguments],
            env=environment | variables,
            cwd=str(tmp_path),
            dimensions=(24, 80),
            encoding="utf-8",
            timeout=10,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


@pytest.fixture
def piped(environment, tmp_path):
    """Return a function that starts the command line with pipes."""
    started = []

    def start(*arguments, **variables):
        process = subprocess.Popen(
            [*BABOU, *arguments],
            env=environment | variables,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def finish(child):
    """Return all that a child still writes, and its exit code."""
    child.expect(pexpect.EOF)
    child.close()
    return child.before, child.exitstatus


def test_wait_shows_rows_on_a_terminal_and_then_the_results(on_terminal, server):
    """The rows are live and go away; the cursor is shown again."""
    server.add("ast_t", lifecycle=by_reads("uploading", "processing", "ready", reads=3))
    child = on_terminal("wait", "ast_t", "ast_demo_failed", "--interval", "0.15")
    child.expect_exact(HIDE)
    child.expect("ast_t.*processing")
    shown, code = finish(child)
    assert code == 1
    assert shown.rindex(SHOW) < shown.rindex("ast_t\tready")
    assert "ast_demo_failed\tfailed" in re.sub(" +", "\t", shown[shown.rindex(SHOW) :])


@pytest.mark.parametrize("ids", [["ast_demo_stuck"], ["ast_demo_stuck", "ast_demo_image"]])
def test_ctrl_c_in_a_wait_leaves_the_terminal_clean(on_terminal, ids):
    """Exit code 130, the cursor shown, one line and no traceback."""
    child = on_terminal("wait", *ids, "--interval", "0.05")
    child.expect("ast_demo_stuck.*processing")
    child.sendintr()
    shown, code = finish(child)
    assert code == 130
    assert SHOW in shown
    assert shown.endswith("\r\nbabou: interrupted.\r\n")
    assert "Traceback" not in shown
    assert shown.rindex("processing") > shown.rindex(ERASE)  # what was seen last is still there


def test_ctrl_c_in_a_download_leaves_the_terminal_clean_and_the_part(on_terminal, server, tmp_path):
    """And the same command takes it up."""
    server.add("ast_d", name="slow.bin", content=b"x" * 500_000, size=500_000)
    server.fault("storage_slow", asset_id="ast_d", piece=20_000, interval=0.02)
    child = on_terminal("download", "ast_d")
    child.expect(r"KiB/s")
    child.sendintr()
    shown, code = finish(child)
    assert code == 130
    assert SHOW in shown
    assert "babou: interrupted. The same command takes the download up" in shown
    assert not (tmp_path / "slow.bin").exists()
    server.clear_faults()
    server.clear_requests()
    child = on_terminal("download", "ast_d")
    shown, code = finish(child)
    assert code == 0
    assert shown.endswith("slow.bin\r\n")
    assert (tmp_path / "slow.bin").read_bytes() == b"x" * 500_000
    assert any("range" in dict(request.headers) for request in server.requests)


def test_a_dumb_terminal_gets_lines(on_terminal):
    """No escape sequence at all."""
    shown, code = finish(on_terminal("wait", "ast_demo_image", TERM="dumb"))
    assert code == 0
    assert "\x1b" not in shown
    assert shown == "ast_demo_image ready\r\nast_demo_image\tready\r\n"


def test_ctrl_c_in_a_pipe_is_one_line_too(piped):
    """Exit code 130."""
    process = piped("wait", "ast_demo_stuck", "ast_demo_image", "--interval", "0.05")
    while "stuck" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert [line for line in err.splitlines() if line.startswith("babou")] == [
        "babou: interrupted."
    ]
    assert "Traceback" not in err


def test_sigterm_is_an_orderly_end(piped):
    """Exit code 143, without a word."""
    process = piped("wait", "ast_demo_stuck", "--interval", "0.05")
    process.stderr.readline()
    process.terminate()
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (143, "", "")


def test_what_the_locale_cannot_encode_is_written_as_an_escape(piped, server):
    """And crashes nothing."""
    server.add("ast_u", name="snow-☃.png")
    process = piped("get", "ast_u", PYTHONIOENCODING="cp1252")
    out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "")
    assert r"snow-\u2603.png" in out


def told_at_the_end(expression, arguments, environment):
    """Run a command; return what an expression says after it."""
    code = (
        f"import atexit, gc, sys; atexit.register(lambda: print({expression}));"
        "from babou._cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_get_loads_nothing_that_it_does_not_use(environment, options):
    """No validator of wrong answers, no event loop, no storage."""
    names = told_at_the_end("*sys.modules", ["get", "ast_demo_image", *options], environment)
    loaded = set(names.split())
    assert {"click", "httpcore"} <= loaded
    unused = {"babou_contract", "fastjsonschema", "httpx", "asyncio", "boto3"}
    assert not unused & loaded


def test_what_a_command_loads_is_hardly_looked_through_for_garbage(environment):
    """Neither while it is loaded nor at the end."""
    told = "gc.get_freeze_count(), *(each['collections'] for each in gc.get_stats())"
    frozen, *generations = told_at_the_end(told, ["get", "ast_demo_image"], environment).split()
    assert int(frozen) > 10_000
    assert sum(map(int, generations)) < 40  # else more than seventy


def test_a_list_on_a_terminal_is_a_table(on_terminal):
    """With the names of its columns, and cut to the width of the terminal."""
    shown, code = finish(on_terminal("list", "--limit", "3"))
    assert code == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).split("\r\n")
    assert lines[0].split()[:2] == ["id", "state"]
    assert len(lines) == 5
    assert all(len(line) <= 80 for line in lines)


def test_an_upload_on_a_terminal_shows_a_bar_and_then_the_id(on_terminal, tmp_path):
    """The bar goes away."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1 << 20))
    shown, code = finish(on_terminal("upload", "a.png"))
    assert code == 0
    assert "1.0/1.0 MiB" in shown
    assert re.search(r"ast_\w+\r\n$", shown)


def test_a_terminal_is_no_file_to_upload(on_terminal):
    """Whoever forgets to redirect is told so."""
    shown, code = finish(on_terminal("upload", "-"))
    assert code == 2
    assert "FILE - does not read from a terminal. Redirect it." in shown


def test_a_list_that_cannot_be_written_is_an_error(environment, tmp_path):
    """Exit code 6, and the reason."""
    with open("/dev/full", "wb") as full:  # noqa: PTH123 (no path of a file)
        done = subprocess.run(
            [*BABOU, "list"],
            env=environment,
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            text=True,
        )
    assert done.returncode == 6
    assert "the results could not be written to standard output: No space left" in done.stderr

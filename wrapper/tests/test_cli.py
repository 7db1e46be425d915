"""The command line in this process, against the mock server: results, exit codes, messages."""

import gc
import importlib.metadata
import json
import logging
import os
import re
import runpy
import signal
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import click
import pytest

import babou
import babou._cli
from babou._cli import _app, _output
from babou._cli._output import Exit, exit_for
from babou_contract.mock_server import MockServer, by_reads

KEY = "sk-bab-very-secret"
NOWHERE = "http://127.0.0.1:1"
EVIL = "\x1b[31mred\x07\u202e\nname"
UNWRITTEN = "babou: the results could not be written to standard output: "
ONCE = ("--max-retries", "0")
QUICK = ("--interval", "0.01")


@pytest.fixture(scope="module")
def shared_server():
    with MockServer(api_key=KEY) as server:
        yield server


@pytest.fixture
def server(shared_server):
    yield shared_server
    shared_server.clear_faults()


# ---------------------------------------------------------------------- exit codes

CODES = [
    ((), "get ast_demo_image", 0),
    ((), "check ast_demo_image", 0),
    ((), "wait ast_demo_image ast_demo_video", 0),
    ((), "wait ast_demo_failed", 1),
    ((), "check ast_demo_failed", 1),
    ((), "check ast_demo_stuck", 1),
    ((), "url ast_demo_failed", 1),
    ((), "download ast_demo_failed", 1),
    ((), "download ast_demo_image -o there.png", 1),
    ((), "download ast_demo_image -o .", 1),
    ((), "", 2),
    ((), "frobnicate", 2),
    ((), "get", 2),
    ((), "get ..", 2),
    ((), "wait ..", 2),
    ((), "get x --frob", 2),
    ((), "get x --timeout nan", 2),
    ((), "get x --timeout -1", 2),
    ((), "wait x --interval 0", 2),
    ((), "wait x --max-attempts 0", 2),
    ((), "get x --api-key sk-bab-in-the-process-list", 2),
    ((), "get x --api-key-file missing", 2),
    ((), "get x --base-url ftp://x", 2),
    ((), "wait -", 2),
    ((), "check - --api-key-file -", 2),
    ((), "download ast_demo_image -o - --json", 2),
    (("validation_error",), "get ast_demo_image", 2),
    ((), "download ast_demo_image ast_demo_video -o -", 2),
    ((), "download ast_demo_image ast_demo_video -o file", 2),
    ((), "get nope", 3),
    ((), "get ast_demo_image nope .. ast_demo_video", 3),
    ((), "download ast_demo_image ast_demo_failed", 1),
    ((), "check ast_demo_stuck nope", 3),
    ((), "wait nope ast_demo_failed ast_demo_image", 3),
    (("unauthorized",), "get ast_demo_image", 4),
    (("unauthorized",), "url ast_demo_image ast_demo_video", 4),
    (("forbidden",), "check ast_demo_image", 4),
    (("unauthorized",), "wait ast_demo_image", 4),
    ((), "wait ast_demo_stuck --timeout 0.03 --interval 0.01", 5),
    ((), "wait ast_demo_stuck nope --max-attempts 1", 5),
    ((), "download ast_demo_stuck --wait 0.02", 5),
    (("never_answers",), "get ast_demo_image --timeout 0.05", 5),
    (("server_error",), "get ast_demo_image", 6),
    (("rate_limited",), "check ast_demo_image", 6),
    (("html_200",), "url ast_demo_image", 6),
    ((), f"get x --base-url {NOWHERE}", 6),
    (("storage_expired",), "download ast_demo_image", 6),
    (("storage_drop_connection",), "download ast_demo_image", 6),
    ((), "download ast_demo_image -o missing/dir/x.png", 1),
]


@pytest.mark.parametrize(("faults", "line", "code"), CODES)
def test_each_end_has_its_exit_code_and_a_message(run, server, tmp_path, faults, line, code):
    """Scripts can tell the ends apart; people are told on standard error, in one line each."""
    for name in faults:
        server.fault(name)
    for name in ("there.png", "demo.png"):
        if code == 1:
            (tmp_path / name).write_bytes(b"")
    command, *rest = line.split() or [""]
    result = run(*ONCE, *filter(None, [command]), *rest)
    assert result.exit_code == code, result.stderr
    if code and line and command != "check":
        assert any(text.startswith("babou: ") for text in result.stderr.splitlines())
    if command in {"get", "url", "download"} and code and len(rest) == 1:
        assert result.stdout == ""


def test_every_exit_code_that_a_command_can_end_with_is_tested():
    """The table above has them all; the signals' are tested on a terminal."""
    signals = {Exit.INTERRUPTED, Exit.BROKEN_PIPE, Exit.TERMINATED}
    assert {code for *_, code in CODES} == set(Exit) - signals


@pytest.mark.parametrize("name", [name for name in babou.__all__ if name.endswith("Error")])
def test_every_error_has_an_exit_code(name):
    """No class of error falls through the table."""
    error = getattr(babou, name).__new__(getattr(babou, name))
    error.status_code = None
    assert exit_for(error) in set(Exit) - {Exit.YES}


def test_the_help_lists_the_exit_codes(run):
    """What `babou --help` says is what the code's table has."""
    [table] = re.findall(r"^Exit codes:\n(.*)\Z", run("--help").stdout, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^  (\d+) +(.*\n(?: {5,}.*\n)*)", table, re.MULTILINE)
    assert {int(code): " ".join(text.split()) for code, text in rows} == {
        code.value: code.meaning for code in Exit
    }


@pytest.mark.parametrize(
    "name", ["list", "upload", "get", "wait", "check", "url", "download", "completion"]
)
def test_every_command_has_a_summary_and_examples(run, name):
    """A summary fits into the list of commands; help ends with something to copy."""
    assert not re.search(rf"^  {name} .*\.\.\.$", run("--help").stdout, re.MULTILINE)
    text = run(name, "-h").stdout
    examples = text.partition("  Examples:\n")[2].splitlines()
    assert examples
    assert all(f"babou {name}" in line for line in examples)


def test_no_command_shows_the_help_as_an_error(run):
    """`babou` alone asks for nothing: the help is no result."""
    result = run()
    assert result.stdout == ""
    assert "Commands:" in result.stderr


def test_a_usage_error_says_where_the_help_is(run):
    """One line: what is wrong, and what to try."""
    stderr = run("get").stderr
    assert stderr == "babou: Missing argument 'ID...'. Try: babou get --help\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("completion", "Missing argument '{bash|zsh|fish}'. Choose from: bash, zsh, fish."),
        ("gett x", "No such command 'gett'. Did you mean 'get'?"),
        ("get x --timeout soon", "Invalid value for '--timeout': 'soon' is not a number."),
        ("get x --max-retries x", "Invalid value for '--max-retries': 'x' is not a whole number."),
        ("get x --rate 0", "Invalid value for '--rate': 0 is not a positive, finite number."),
        ("get x --rate nan", "Invalid value for '--rate': nan is not a positive, finite number."),
        ("get x --rate 1e300", "Invalid value for '--rate': 1e+300 is not a usable number."),
        (
            "wait x --interval 1e99",
            "Invalid value for '--interval': 1e+99 is not a usable number of seconds.",
        ),
        ("get x --max-retries -1", "Invalid value for '--max-retries': -1 is less than 0."),
        ("mock --port 99999", "Invalid value for '--port': 99999 is not between 0 and 65535."),
        ("get x --api-key-file empty", "There is no key in the file of --api-key-file: 'empty'."),
    ],
)
def test_a_usage_error_is_one_line_in_plain_words(run, tmp_path, line, told):
    """No escaped line break, no type of Python."""
    (tmp_path / "empty").write_text("\n")
    result = run(*line.split())
    assert result.exit_code == 2
    assert result.stderr.startswith(f"babou: {told} Try: babou ")


def test_a_missing_key_is_told_in_the_command_lines_own_words(run, monkeypatch):
    """The message names the option, and not an argument of the library."""
    monkeypatch.delenv("BABOU_API_KEY")
    result = run("get", "ast_demo_image")
    assert result.exit_code == 2
    assert "BABOU_API_KEY" in result.stderr
    assert "--api-key-file" in result.stderr


# ---------------------------------------------------------------------- results


def test_get_shows_each_member_and_a_readable_size(run, server):
    """All that the server sent is there, new members included."""
    nested = {"colour": "é"}
    more = {"checksum": "sha256:0", "tags": nested}
    server.add("ast_more", name="logo.png", size=245678, allow_unknown=True, **more)
    lines = run("get", "ast_more").stdout.splitlines()
    shown = dict(line.split(maxsplit=1) for line in lines)
    assert list(shown) == list(json.loads(run("get", "ast_more", "--json").stdout))
    assert shown["size"] == "245678 (239.9 KiB)"
    assert shown["duration"] == "-"
    assert shown["width"].isdecimal()
    assert shown["checksum"] == "sha256:0"
    assert shown["tags"] == '{"colour": "é"}'


def test_what_a_server_names_an_asset_cannot_reach_the_terminal_raw(run, server):
    """An escape sequence in a name is shown, and not obeyed."""
    server.add("ast_evil", name=EVIL)
    shown = run("get", "ast_evil").stdout
    assert r"\x1b[31mred\x07\u202e\nname" in shown
    assert "\x1b" not in shown
    server.fault("unknown_state", asset_id="ast_evil", state=EVIL)
    result = run("wait", "ast_evil", "--max-attempts", "1")
    assert "\x1b" not in result.stdout + result.stderr


def test_get_colours_the_state_on_a_terminal_unless_asked_not_to(run, monkeypatch):
    """NO_COLOR is respected (https://no-color.org)."""
    monkeypatch.setattr(_output, "on_terminal", lambda _: True)
    monkeypatch.setattr(click, "echo", lambda text, **_: seen.append(text))
    for name, escape in [("image", "\x1b[32m"), ("failed", "\x1b[31m"), ("stuck", "\x1b[33m")]:
        seen = []
        monkeypatch.delenv("NO_COLOR", raising=False)
        run("get", f"ast_demo_{name}")
        assert escape in "".join(seen)
        seen = []
        monkeypatch.setenv("NO_COLOR", "1")
        run("get", f"ast_demo_{name}")
        assert "\x1b" not in "".join(seen)


def test_wait_tells_each_change_of_state_and_then_the_result(run, server):
    """Piped, the changes are lines on standard error, the result is one on standard output."""
    server.add("ast_w", lifecycle=by_reads("uploading", "processing", "ready", reads=2))
    result = run("wait", "ast_w", *QUICK)
    assert result.stdout == "ast_w\tready\n"
    assert result.stderr == "ast_w uploading\nast_w processing\nast_w ready\n"


@pytest.mark.parametrize(
    "line",
    [
        "wait ast_w --timeout 1 --interval 0.2",
        "wait ast_w ast_x --timeout 1",
        "download ast_w --wait 2.5",
    ],
)
def test_a_wait_for_a_dead_server_tells_why_it_waits(run, line):
    """Once meanwhile, and at its end: the reason, and not that the last poll had no time."""
    result = run(*line.split(), "--base-url", NOWHERE)
    assert result.exit_code == 5
    first, *others = result.stderr.splitlines()
    assert first.startswith("babou: still waiting: Asset 'ast_")
    assert all("it may yet become ready" in other for other in others)
    assert all("refused" in each for each in (first, *others))
    assert "within" not in result.stderr


def test_wait_can_wait_for_an_asset_that_is_not_listed_yet(run, server):
    """For so many seconds; by default a 404 ends it at once."""
    server.fault("not_found", times=3)
    result = run("wait", "ast_demo_image", "--missing-ok-for", "60", *QUICK)
    assert result.exit_code == 0
    assert result.stdout == "ast_demo_image\tready\n"
    assert result.stderr.splitlines()[0].startswith(
        "babou: still waiting: Asset 'ast_demo_image': HTTP 404"
    )
    result = run("wait", "nope", "--missing-ok-for", "0.05", *QUICK)
    assert result.exit_code == 3
    assert result.stdout == "nope\tnot_found\n"
    assert "still waiting" not in run("wait", "nope").stderr


def test_wait_tells_the_end_of_each_of_several(run):
    """One line each on standard output, failed or not; each once, however often it is named."""
    result = run("wait", "ast_demo_image", "ast_demo_failed", "nope", "nope")
    assert sorted(result.stdout.splitlines()) == [
        "ast_demo_failed\tfailed",
        "ast_demo_image\tready",
        "nope\tnot_found",
    ]
    assert result.stderr.count("babou: ") == 2


def test_ids_can_come_from_standard_input(run):
    """One per line, blank lines and comments aside; about several, even if it is one."""
    lines = b"\xef\xbb\xbf# images\n\n ast_demo_image \r\n  # none\nnope\t# not there\n"
    result = run("check", "-", "nope", stdin=lines)
    assert result.stdout == "ast_demo_image\tready\nnope\tnot_found\n"
    [only] = json.loads(run("check", "-", "--json", stdin=b"ast_demo_image\n").stdout)
    assert only["ok"]
    assert run("check", "-", stdin=b"\xff\n").exit_code == 2


@pytest.mark.parametrize("name", ["get", "url", "download", "check", "wait"])
def test_every_command_takes_ids_from_standard_input(run, server, name):
    """And asks for each, in their order."""
    server.clear_requests()
    result = run(name, "-", "--json", stdin=b"ast_demo_image\n# none\n\nast_demo_empty\n")
    assert result.exit_code == 0
    told = [document["asset_id"] for document in json.loads(result.stdout)]
    assert told == ["ast_demo_image", "ast_demo_empty"]
    paths = {request.path for request in server.requests}
    assert {f"/api/v1/assets/{asset_id}" for asset_id in told} <= paths
    assert "#" not in str(paths)


def test_get_shows_several_with_a_blank_line_between(run):
    """What fails is told, the rest is shown; the highest code counts."""
    result = run("get", "ast_demo_image", "nope", "..", "ast_demo_failed")
    first, second = result.stdout.split("\n\n")
    assert first == run("get", "ast_demo_image").stdout.rstrip("\n")
    assert second == run("get", "ast_demo_failed").stdout
    assert result.stderr.count("babou: ") == 2
    assert result.exit_code == 3


def test_what_concerns_all_of_several_ends_the_command(run, server):
    """A refused key is told once, and no further request is sent."""
    server.clear_requests()
    server.fault("unauthorized")
    result = run("get", "ast_demo_image", "ast_demo_failed", "--json")
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.count("babou: ") == 1
    assert len(server.requests) == 1


def test_download_stores_several_in_a_directory(run, tmp_path):
    """One path for each, as it is stored."""
    (tmp_path / "all").mkdir()
    result = run("download", "ast_demo_image", "nope", "ast_demo_empty", "-o", "all")
    assert result.stdout == "all/demo.png\nall/empty.png\n"
    assert result.exit_code == 3


def test_url_prints_only_the_url(run, server):
    """For use in other commands."""
    assert (
        run("url", "ast_demo_image").stdout.split("?")[0]
        == server.url_of("ast_demo_image").split("?")[0]
    )


def test_download_prints_the_path_of_the_file(run, tmp_path):
    """By default it is the asset's name in the current directory."""
    assert run("download", "ast_demo_image").stdout == "demo.png\n"
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")
    assert run("download", "ast_demo_image", "-f").exit_code == 0


def test_download_can_wait_first(run, server, tmp_path):
    """--wait polls until the asset is ready."""
    server.add("ast_dw", content=b"bytes", size=5, lifecycle=by_reads("processing", "ready"))
    result = run("download", "ast_dw", "--wait", "5", "-o", "here.bin")
    assert result.stderr == "ast_dw processing\nast_dw ready\n"
    assert (tmp_path / "here.bin").read_bytes() == b"bytes"


@pytest.mark.parametrize("output", [(), ("-o", "-")])
def test_download_timeout_is_that_of_the_whole(run, server, output):
    """One call's time is another option: it does not bound the transfer."""
    server.add("ast_slow", name="slow.bin", content=bytes(100_000))
    server.fault("storage_stall", after=10_000)
    result = run("download", "ast_slow", "--timeout", "0.5", *output)
    assert result.exit_code == 6
    assert "the time for all of it was up" in result.stderr
    assert "Raise --timeout" in result.stderr


def test_download_to_standard_output_writes_the_bytes_and_nothing_else(run):
    """For pipes."""
    result = run("download", "ast_demo_image", "-o", "-")
    assert result.stdout_bytes.startswith(b"\x89PNG")
    assert len(result.stdout_bytes) == 4697
    assert result.stderr == ""


def test_download_to_standard_output_tells_trouble_that_is_not_the_outputs(run):
    """As to a file."""
    result = run("download", "ast_demo_failed", "-o", "-")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "has no URL" in result.stderr


def test_download_does_not_write_bytes_to_a_terminal(run, monkeypatch):
    """They would make a mess of it."""
    monkeypatch.setattr("babou._cli._long.sys", _FakeSys)
    result = run("download", "ast_demo_image", "-o", "-")
    assert result.exit_code == 2
    assert "terminal" in result.stderr


class _Terminal:
    @staticmethod
    def isatty():
        return True


class _FakeSys:
    stdout = _Terminal


def test_completion_prints_clicks_own_scripts(run):
    """For three shells."""
    for shell in ("bash", "zsh", "fish"):
        assert "_BABOU_COMPLETE" in run("completion", shell).stdout


# ---------------------------------------------------------------------- --json

DOCUMENTS = [
    ("get ast_demo_image", dict, 0),
    ("wait ast_demo_image", dict, 0),
    ("wait ast_demo_image nope ast_demo_failed ast_demo_image", list, 3),
    ("check ast_demo_image", dict, 0),
    ("check nope", dict, 3),
    ("check ast_demo_image nope", list, 3),
    ("get ast_demo_image nope", list, 3),
    ("url ast_demo_image", dict, 0),
    ("url ast_demo_failed ast_demo_image", list, 1),
    ("download ast_demo_failed ast_demo_image", list, 1),
    ("download ast_demo_image", dict, 0),
    ("completion zsh", dict, 0),
]


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize(("line", "kind", "code"), DOCUMENTS)
def test_json_is_one_document_in_ascii(run, where, line, kind, code):
    """And nothing else is on standard output, with --json before the command or after it."""
    result = run("--json", *line.split()) if where == "before" else run(*line.split(), "--json")
    assert result.exit_code == code
    assert isinstance(json.loads(result.stdout), kind)
    assert result.stdout.isascii()


@pytest.mark.parametrize("line", ["get nope", "wait nope", "wait ast_demo_failed", "url nope"])
def test_json_is_nothing_where_there_is_no_result(run, line):
    """An error is a message and an exit code, not a document."""
    result = run(*line.split(), "--json")
    assert result.stdout == ""
    assert result.stderr.startswith("babou: ") or "\nbabou: " in result.stderr


def test_the_documents_have_what_their_help_says(run, server, tmp_path):
    """Members of each, in the order of the IDs."""
    ready, missing, failed = json.loads(
        run("wait", "ast_demo_image", "nope", "ast_demo_failed", "--json").stdout
    )
    assert ready == {
        "asset_id": "ast_demo_image",
        "ok": True,
        "asset": json.loads(run("get", "ast_demo_image", "--json").stdout),
        "error": None,
    }
    assert missing["asset"] is None
    assert missing["error"]["type"] == "NotFoundError"
    assert missing["error"]["code"] == "NOT_FOUND"
    assert missing["error"]["status_code"] == 404
    assert failed["asset"]["state"] == "failed"
    assert failed["error"]["code"] is None
    verdict = json.loads(run("check", "ast_demo_stuck", "--json").stdout)
    assert verdict.pop("asset")["state"] == "processing"
    assert verdict == {"asset_id": "ast_demo_stuck", "ok": False, "reason": "not_ready"}
    server.add("ast_dj", content=b"12345", size=5)
    stored = json.loads(run("download", "ast_dj", "-o", "x.bin", "--json").stdout)
    assert stored == {"asset_id": "ast_dj", "path": "x.bin", "bytes": 5}
    [got, none] = json.loads(run("get", "ast_demo_image", "nope", "--json").stdout)
    assert got == ready
    assert {**none, "error": none["error"]["code"]} == {**missing, "error": "NOT_FOUND"}
    [without, with_url] = json.loads(run("url", "ast_demo_failed", "ast_dj", "--json").stdout)
    assert without["error"]["type"] == "DownloadError"
    alone = json.loads(run("url", "ast_dj", "--json").stdout)
    assert with_url == {"asset_id": "ast_dj", "ok": True, "url": alone["url"], "error": None}


# ---------------------------------------------------------------------- options


def test_the_key_can_come_from_a_file_or_standard_input(run, monkeypatch, tmp_path):
    """White space around it does not count."""
    monkeypatch.delenv("BABOU_API_KEY")
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    assert run("--api-key-file", "key", "get", "ast_demo_image").exit_code == 0
    assert run("get", "ast_demo_image", "--api-key-file", "-", stdin=f"{KEY}\n").exit_code == 0
    (tmp_path / "key").write_bytes(b"\xff not a key")
    result = run("get", "ast_demo_image", "--api-key-file", "key")
    assert result.exit_code == 2
    assert "--api-key-file contains white space" in result.stderr


def test_options_can_stand_before_the_command_and_after_it_win(run, server):
    """Before, they are defaults."""
    assert run("--base-url", NOWHERE, *ONCE, "get", "x").exit_code == 6
    line = ("--base-url", NOWHERE, "get", "ast_demo_image", "--base-url", server.base_url)
    assert run(*line).exit_code == 0


def test_verbose_tells_each_request_and_never_the_key(run, server):
    """The library's log, one line per request; its logger is left as it was."""
    server.fault("error_status", asset_id="ast_demo_image", status=403, code=KEY)
    result = run("-v", "check", "ast_demo_image")
    assert result.exit_code == 4
    assert re.search(
        r"^babou: GET /api/v1/assets/ast_demo_image 403 \d+ ms attempt 1$",
        result.stderr,
        re.MULTILINE,
    )
    log = logging.getLogger("babou")
    assert (log.handlers, log.level) == ([], logging.NOTSET)
    assert "GET" not in run("check", "nope").stderr


def test_a_rate_is_kept_to_by_the_whole_command(run, server):
    """A slot after the call's deadline ends it now, and the message names the option."""
    ids = ["ast_demo_image", "ast_demo_video"]
    result = run("get", *ids, "--rate", "0.01", "--timeout", "30")
    assert result.exit_code == 5
    assert "ast_demo_image" in result.stdout
    assert re.search(r"the budget's next slot is in (99\.\d|100) s", result.stderr)
    assert "Raise --timeout" in result.stderr
    assert run("get", *ids, "--rate", "1000").exit_code == 0


def test_a_message_of_the_library_names_options(run, server):
    """`timeout=` is an argument in Python; here it is --timeout."""
    server.fault("never_answers")
    stderr = run("get", "ast_demo_image", "--timeout", "0.5", *ONCE).stderr
    assert "Raise --timeout, or check the network" in stderr


@pytest.mark.parametrize("command", ["wait", "download"])
def test_a_message_names_the_option_that_the_command_has(run, server, command):
    """Where --timeout is that of the whole command, a single call has another."""
    server.fault("never_answers")
    line = (command, "ast_demo_image", "--timeout", "30", "--call-timeout", "0.5", *ONCE)
    result = run(*line, *(["--max-attempts", "2", *QUICK] if command == "wait" else []))
    assert result.exit_code == 5
    assert "Raise --call-timeout, or check the network" in result.stderr


def test_the_whole_downloads_time_bounds_the_look_up_of_the_asset_too(run, server):
    """And it is its option that is named."""
    server.fault("never_answers")
    result = run("download", "ast_demo_image", "--timeout", "0.05")
    assert result.exit_code == 5
    assert "within 0.05 s" in result.stderr
    assert "Raise --timeout, or check the network" in result.stderr


def test_a_download_that_takes_too_long_names_the_whole_downloads_option(run, server):
    """The bytes came, but not all of them in time."""
    server.fault("storage_slow", interval=0.01, piece=10)
    result = run("download", "ast_demo_image", "--timeout", "0.1")
    assert result.stderr.rstrip(".\n").endswith("Raise --timeout")


# ---------------------------------------------------------------------- trouble


def _raising(error):
    def function(*_, **__):
        raise error

    return function


@pytest.mark.parametrize(
    ("error", "code", "stderr"),
    [
        (BrokenPipeError(32, "Broken pipe"), 141, ""),
        (OSError(28, "No space left"), 6, f"{UNWRITTEN}No space left.\n"),
        (OSError(9, "Bad file descriptor"), 6, f"{UNWRITTEN}it is closed.\n"),
        (OSError(13, "Denied", "a\x1bb"), 6, "babou: Denied: 'a\\x1bb'.\n"),
        (KeyboardInterrupt(), 130, "babou: interrupted.\n"),
    ],
)
def test_trouble_with_standard_output_is_no_traceback(run, monkeypatch, error, code, stderr):
    """Whoever reads can go away, the disk can be full, a person can have had enough."""
    monkeypatch.setattr(_app, "print_asset", _raising(error))
    result = run("get", "ast_demo_image")
    assert (result.exit_code, result.stderr) == (code, stderr)


def test_nothing_more_is_written_to_a_stream_that_failed(monkeypatch, tmp_path):
    """Python's own flush at the end would complain."""
    file = (tmp_path / "pipe").open("w")
    monkeypatch.setattr(sys, "stdout", file)
    _app.let_go_of_stdout()
    file.write("late")
    file.close()
    assert (tmp_path / "pipe").read_text() == ""


def test_an_interrupted_download_says_how_to_go_on(run, monkeypatch):
    """What is stored is kept."""
    monkeypatch.setattr("babou._client.Assets.download", _raising(KeyboardInterrupt()))
    result = run("download", "ast_demo_image")
    assert result.exit_code == 130
    assert "The same command" in result.stderr


def test_ctrl_c_leaves_the_terminals_echo_on_its_line(run, monkeypatch):
    """A terminal writes ^C; the message begins on the next line."""
    monkeypatch.setattr(_app, "print_asset", _raising(KeyboardInterrupt()))
    monkeypatch.setattr(_app, "sys", _TerminalSys())
    assert run("get", "ast_demo_image").stderr == "\nbabou: interrupted.\n"


class _TerminalSys:
    stderr = _Terminal

    def __getattr__(self, name):
        return getattr(sys, name)


# ---------------------------------------------------------------------- other packages' commands


@pytest.fixture
def plugins(monkeypatch):
    """Return a function that makes entry points known, and a module that they can name."""

    def make(**targets):
        found = [EntryPoint(name, value, "babou.commands") for name, value in targets.items()]
        monkeypatch.setattr(importlib.metadata, "entry_points", lambda *, group: found)  # noqa: ARG005
        module = ModuleType("some_plugin")
        monkeypatch.setitem(sys.modules, "some_plugin", module)
        return module

    return make


def test_a_command_of_another_package_is_found_and_told_of_json(run, plugins):
    """An entry point is a click command; what stands before it is the default of its options."""

    @click.command()
    @click.option("--json", "as_json", is_flag=True)
    @click.option("--timeout", default=5)
    def more(as_json, timeout):
        """Do more."""
        click.echo(f"{as_json} {timeout}")

    plugins(more="some_plugin:more").more = more
    assert run("--json", "more").stdout == "True 5\n"
    assert "more        Do more." in run("--help").stdout


def test_a_command_whose_extra_is_missing_says_so(run, plugins):
    """In the help and when used, with any arguments; ours are not replaced."""
    plugins(mock="no_such_module:mock", odd="some_plugin:missing", get="some_plugin:get")
    text = run("--help").stdout
    assert "(Not installed: pip install 'babou[testing]')" in text
    assert text.count("\n  get ") == 1
    result = run("mock", "--help", "--", "x")
    assert result.exit_code == 2
    assert result.stderr == "babou: mock is not installed: pip install 'babou[testing]'\n"
    assert "has no attribute 'missing'" in run("odd").stderr


def test_the_mock_server_is_such_a_command(run):
    """`babou mock` comes with the extra `testing`."""
    assert "rate_limited" in run("mock", "--list-faults").stdout


# ---------------------------------------------------------------------- the entry point


@pytest.fixture
def main(monkeypatch, server):
    """Return a function that runs the console script's function in this process."""
    monkeypatch.setenv("BABOU_API_KEY", KEY)
    monkeypatch.setenv("BABOU_BASE_URL", server.base_url)
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # it is replaced, and then again what it was
    before, threshold = signal.getsignal(signal.SIGTERM), gc.get_threshold()

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["babou", *arguments])
        with pytest.raises(SystemExit) as caught:
            babou._cli.main()
        return caught.value.code

    yield call
    signal.signal(signal.SIGTERM, before)
    gc.set_threshold(*threshold)
    gc.unfreeze()


def test_main_runs_the_command_and_ends_on_sigterm(main, capsys):
    """SIGTERM is an end like any other: 143."""
    assert main("check", "ast_demo_image") == 0
    assert capsys.readouterr().out == "ast_demo_image\tready\n"
    with pytest.raises(SystemExit) as caught:
        signal.getsignal(signal.SIGTERM)(signal.SIGTERM, None)
    assert caught.value.code == 143


def test_the_package_can_be_run_as_a_module(main, monkeypatch, capsys):
    """`python -m babou` is the command line, under its own name."""
    monkeypatch.setattr(sys, "argv", ["__main__.py", "get"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("babou", run_name="__main__")
    assert caught.value.code == 2
    assert "Try: babou get --help" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_main_without_its_extra_is_one_line(main, monkeypatch, capsys, missing):
    """What to install, and no traceback."""
    monkeypatch.setitem(sys.modules, missing, None)
    assert main("get", "x") == 2
    text = "babou: the command line needs its extra: pip install 'babou[cli]'\n"
    assert capsys.readouterr().err == text


def test_main_does_without_standard_streams_that_are_closed(main, monkeypatch):
    """`babou … >&-` leaves Python without sys.stdout: a result then has nowhere to go."""
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    assert main("check", "ast_demo_image") == 6
    assert main("get", "nope") == 3
    assert sys.stdin.read() == ""
    sys.stdin.close()
    sys.stderr.close()


def test_main_does_without_a_standard_error_that_is_full(main, monkeypatch):
    """What is said is lost, and nothing else."""
    with Path("/dev/full").open("w", encoding="utf-8") as full, Path(os.devnull).open("w") as null:
        monkeypatch.setattr(sys, "stderr", full)
        assert main("get", "nope") == 3
        os.dup2(null.fileno(), full.fileno())  # else to close it fails, too


def test_standard_input_that_cannot_be_read_is_wrong_usage(main, monkeypatch, capsys):
    """One line, and no traceback."""
    with Path(os.devnull).open("wb") as null:
        monkeypatch.setattr(sys, "stdin", open(null.fileno(), closefd=False, encoding="utf-8"))  # noqa: SIM115
        assert main("check", "-") == 2
    assert capsys.readouterr().err.startswith("babou: Standard input can't be read: ")


def test_main_is_quiet_about_ctrl_c_at_any_time(main, monkeypatch):
    """Even where no command runs any more."""
    monkeypatch.setattr(_app.cli, "main", _raising(KeyboardInterrupt()))
    assert main() == 130


def test_print_path_is_exact_for_programs_and_safe_for_people(monkeypatch, capfdbinary):
    """Bytes that are no text survive a pipe, and escape sequences don't reach a terminal."""
    raw = b"\xff\x1b.png"
    monkeypatch.setattr(sys, "stdout", open(1, "w", closefd=False, encoding="utf-8"))  # noqa: SIM115
    _output.print_path(os.fsdecode(raw))
    assert capfdbinary.readouterr().out == raw + b"\n"
    sys.stdout.isatty = lambda: True
    _output.print_path(os.fsdecode(raw))
    assert capfdbinary.readouterr().out == b"\\udcff\\x1b.png\n"

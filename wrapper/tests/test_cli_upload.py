"""The commands `upload` and `list`: what they print, say, and end with."""

import json
import re

import click
import pytest

from babou._cli import _app, _long, _output
from babou._client import Assets
from babou._core.operations import Asset
from babou._errors import WaitTimeoutError
from babou_contract.mock_server import MockServer

KEY = "sk-bab-very-secret"
ONCE = ("--max-retries", "0")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(1000)


@pytest.fixture
def server():
    with MockServer(api_key=KEY) as server:
        yield server


@pytest.fixture
def run(run, tmp_path):
    """Return a function that runs the command line in a folder with files to upload."""
    (tmp_path / "one.png").write_bytes(PNG)
    (tmp_path / "two.bin").write_bytes(PNG[:500])
    (tmp_path / "text.txt").write_text("text")
    return run


def lines(result):
    """Return the documents that were printed, one in a line."""
    return [json.loads(line) for line in result.stdout.splitlines()]


class TestUpload:
    """Upload files, and wait for what came of them."""

    def test_each_files_id_is_printed_in_a_line_of_its_own(self, run):
        """So that the next command can take them."""
        result = run("upload", "one.png", "two.bin")
        assert result.exit_code == 0
        ids = result.stdout.split()
        assert len(set(ids)) == 2
        assert [document["id"] for document in lines(run("list"))][:2] == [*reversed(ids)]

    def test_with_wait_the_assets_are_ready_at_the_end(self, run):
        """And what was seen meanwhile is told on standard error."""
        result = run("upload", "one.png", "--wait")
        assert (result.exit_code, len(result.stdout.split())) == (0, 1)
        assert "ready" in result.stderr
        assert run("check", result.stdout.strip()).exit_code == 0

    def test_a_wait_that_is_too_short_still_tells_the_id(self, run, monkeypatch):
        """The asset exists, and can be waited for again."""

        def too_short(_, asset, *, timeout, **__):
            raise WaitTimeoutError(f"not within {timeout}", asset_id=asset.id)

        monkeypatch.setattr(Assets, "wait", too_short)
        result = run("upload", "one.png", "--wait", "--wait-timeout", "7")
        assert "not within 7" in result.stderr
        assert result.exit_code == 5
        assert result.stdout.startswith("ast_")

    def test_json_is_the_asset_or_an_array_of_results(self, run):
        """As of the other commands; each result names its file."""
        alone = json.loads(run("upload", "one.png", "--json").stdout)
        assert (alone["content_type"], alone["name"]) == ("image/png", "uploaded-file")
        result = run("upload", "one.png", "text.txt", "--json")
        [taken, refused] = json.loads(result.stdout)
        assert result.exit_code == 1
        assert (taken["file"], taken["ok"], taken["error"]) == ("one.png", True, None)
        assert (refused["file"], refused["ok"], refused["asset"]) == ("text.txt", False, None)
        assert refused["error"]["type"] == "UploadError"
        assert "Name it with --type." in result.stderr

    def test_standard_input_can_be_a_file(self, run):
        """Its type is told by its first bytes, or by --type."""
        assert run("upload", "-", stdin=PNG).exit_code == 0
        document = json.loads(
            run("upload", "-", "--type", "audio/aac", "--json", stdin=b"x").stdout
        )
        assert document["content_type"] == "audio/aac"

    @pytest.mark.parametrize(
        ("line", "code", "words"),
        [
            ("upload", 2, "Missing argument"),
            ("upload missing.png", 1, "'missing.png': the file can't be read: No such file"),
            ("upload text.txt", 1, "neither its first bytes nor its name"),
            ("upload - --api-key-file -", 2, "can't both be on standard input"),
            ("upload one.png --type png", 2, "--type must be a MIME type"),
            ("upload one.png --timeout 0", 2, "not a positive, finite number"),
            ("upload one.png --wait-timeout 0", 2, "not a positive, finite number"),
            ("upload one.png --base-url http://127.0.0.1:1", 6, "no whole answer"),
        ],
    )
    def test_each_end_has_its_exit_code_and_a_message(self, run, line, code, words):
        """As of the other commands."""
        result = run(*ONCE, *line.split())
        assert (result.exit_code, result.stdout) == (code, "")
        assert words in result.stderr

    def test_a_terminal_is_no_file(self, run, monkeypatch):
        """Whoever forgets to redirect is told so."""

        class Terminal:
            @staticmethod
            def isatty():
                return True

        class System:
            stdin = Terminal

        monkeypatch.setattr(_long, "sys", System)
        result = run("upload", "-")
        assert result.exit_code == 2
        assert "FILE - does not read from a terminal. Redirect it." in result.stderr

    def test_an_error_that_leaves_it_open_names_the_command_to_look_with(self, run, server):
        """And not the method of the library."""
        server.fault("server_error")
        result = run("upload", "one.png")
        assert result.exit_code == 6
        assert "The asset may exist all the same: look for it with babou list" in result.stderr

    def test_an_upload_that_stands_still_names_the_option(self, run, server):
        """The client's timeout bounds a pause; here it has an option of its own."""
        server.fault("never_answers")
        result = run("upload", "one.png", "--call-timeout", "0.5", *ONCE)
        assert result.exit_code == 5
        assert "Raise --call-timeout, or check the network" in result.stderr

    def test_ctrl_c_says_that_the_asset_may_exist(self, run, monkeypatch):
        """Exit code 130."""

        def interrupted(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(Assets, "upload", interrupted)
        result = run("upload", "one.png")
        assert result.exit_code == 130
        assert "may exist all the same: look for it with babou list." in result.stderr


class TestList:
    """A table on a terminal, lines of JSON in a pipe."""

    def test_a_pipe_gets_a_document_in_each_line(self, run):
        """With --json or without; as the server sent them."""
        piped = run("list")
        assert piped.stdout == run("list", "--json").stdout == run("--json", "list").stdout
        assert piped.stdout.isascii()
        assert {document["id"] for document in lines(piped)} >= {"ast_demo_image"}

    def test_filters_and_limit_select(self, run):
        """By state, by type, and at most so many."""
        assert {asset["state"] for asset in lines(run("list", "--state", "failed"))} == {"failed"}
        kinds = {asset["content_type"] for asset in lines(run("list", "--type", "image/png"))}
        assert kinds == {"image/png"}
        assert len(lines(run("list", "--limit", "2"))) == 2

    def test_a_terminal_gets_a_table(self, run, monkeypatch):
        """A row for each asset, in columns with names."""
        monkeypatch.setattr(_app, "on_terminal", lambda _: True)
        monkeypatch.setenv("COLUMNS", "120")
        result = run("list", "--limit", "3")
        assert result.exit_code == 0
        head, *rows = click.unstyle(result.stdout).splitlines()
        assert head.split() == ["id", "state", "type", "size", "created", "name"]
        assert len(rows) == 3

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("--state redy", "--state must be one of"),
            ("--type png", "--type must be"),
            ("--limit 0", "0"),
        ],
    )
    def test_an_unusable_option_is_named(self, run, line, words):
        """Exit code 2."""
        result = run("list", *line.split())
        assert (result.exit_code, result.stdout) == (2, "")
        assert words in result.stderr


DOCUMENT = {
    "id": "ast_\x1b[2J",
    "name": "a\u202eb.png",
    "url": None,
    "content_type": "image/png",
    "size": None,
    "state": "error",
    "duration": None,
    "width": None,
    "height": None,
    "created_at": "2025-12-02T10:00:00Z",
}


def test_a_table_is_safe_for_the_terminal(capsys):
    """No name can move the cursor or turn the writing round."""
    sized = DOCUMENT | {"size": 3000, "state": "ready", "id": "ast_1"}
    _output.print_table([Asset.from_dict(document) for document in (DOCUMENT, sized)])
    table = capsys.readouterr().out
    assert "\x1b" not in table
    assert "\u202e" not in table
    assert re.search(r"error +image/png +- +2025-12-02 10:00", table)
    assert "2.9 KiB" in table


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (78, ["id", "state", "type", "size", "created", "name"]),
        (77, ["id", "state", "type", "size", "name"]),
        (59, ["id", "state", "size", "name"]),
        (48, ["id", "state", "name"]),
        (40, ["id", "state"]),
    ],
)
def test_a_narrow_table_has_fewer_columns_and_whole_ids(capsys, monkeypatch, width, columns):
    """An ID is what one copies from there; a name may be cut."""
    monkeypatch.setenv("COLUMNS", str(width))
    asset_id = "ast_abc123xyz456789012"
    document = DOCUMENT | {"id": asset_id, "name": "a name of more than twelve letters"}
    _output.print_table([Asset.from_dict(document)])
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == columns
    assert max(len(head), len(row)) <= width
    assert row.startswith(f"{asset_id}  ")


def test_no_asset_is_said(capsys):
    """An empty table would leave one wondering."""
    _output.print_table([])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "babou: no such assets.\n"

"""What the command line shows meanwhile, drawn into a text: rows, summary, bar, figures."""

import contextlib
import io
import json
import sys

import pytest
from rich.console import Console

from babou._cli import _output, _progress
from babou._cli._progress import LiveDisplay, figures, transfer, waiting
from babou._core.operations import decode_asset
from babou._errors import APIConnectionError, InternalServerError


def asset(asset_id, state):
    document = {
        "id": asset_id,
        "name": "n",
        "url": None,
        "content_type": "image/png",
        "size": None,
        "state": state,
        "duration": None,
        "width": None,
        "height": None,
        "created_at": "2025-12-02T10:00:00Z",
    }
    return decode_asset(json.dumps(document).encode(), asset_id=asset_id)


REFUSED = APIConnectionError("connection refused.")
OVERLOADED = InternalServerError("overloaded", status_code=503, message="overloaded")


@pytest.fixture
def console():
    return Console(file=io.StringIO(), force_terminal=True, width=60, height=24, no_color=True)


def drawn(console, renderable):
    with console.capture() as capture:
        console.print(renderable)
    return [line.rstrip() for line in capture.get().splitlines()]


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_a_few_assets_have_a_row_each(console):
    """Its ID, its state and its time, which stops when its wait ends."""
    clock = Clock()
    display = LiveDisplay(["ast_a", "ast_b", "ast_c"], console, clock)
    display.seen(asset("ast_a", "processing"))
    display.seen(asset("ast_b", "ready"))
    clock.now += 65
    display.ended("ast_b", "ready")
    display.ended("ast_c", "timed_out")
    clock.now += 10
    assert drawn(console, display.render()) == [
        "ast_a  processing  1:15",
        "ast_b  ready       1:05",
        "ast_c  timed_out   1:05",
    ]


def test_many_assets_have_a_summary(console):
    """How many have ended, and how many are in which state."""
    clock = Clock()
    display = LiveDisplay([f"ast_{number}" for number in range(21)], console, clock)
    display.seen(asset("ast_0", "ready"))
    display.ended("ast_0", "ready")
    bar, text = drawn(console, display.render())
    assert "━" in bar
    assert text == "1 of 21 ended, 0:00, … 20, ready 1"


def test_trouble_is_told_in_lines_from_the_second_failed_poll_on(capsys):
    """The first is often over before anybody has read of it; then once a kind."""
    with waiting(["ast_a"], live=False) as display:
        for error in (REFUSED, REFUSED, REFUSED, OVERLOADED, REFUSED):
            display.failed("ast_a", error)
        display.ended("ast_a", "ready")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "babou: still waiting: connection refused.",
        "babou: still waiting: overloaded",
    ]


def test_trouble_that_comes_back_is_told_again(capsys):
    """The asset was seen since; but not because another one was."""
    display = waiting(["ast_a", "ast_b"], live=False)
    for _ in range(2):
        display.failed("ast_a", REFUSED)
        display.failed("ast_a", REFUSED)
        display.seen(asset("ast_b", "processing"))
        display.failed("ast_a", REFUSED)
        display.seen(asset("ast_a", "processing"))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "babou: still waiting: connection refused.",
        "ast_b processing",
        "ast_a processing",
        "babou: still waiting: connection refused.",
    ]


def test_trouble_is_shown_below_the_rows_until_the_asset_is_seen_again(console):
    """Who looks at the display sees why nothing moves."""
    display = LiveDisplay(["ast_a"], console, Clock())
    display.failed("ast_a", REFUSED)
    assert len(drawn(console, display.render())) == 1
    display.failed("ast_a", REFUSED)
    assert drawn(console, display.render())[1].startswith("babou: still waiting: connection refu")
    display.failed("ast_b", OVERLOADED)
    display.seen(asset("ast_a", "processing"))
    assert drawn(console, display.render())[1] == "babou: still waiting: overloaded"
    display.failed("ast_a", OVERLOADED)
    display.ended("ast_a", "timed_out")
    assert len(drawn(console, display.render())) == 1


def test_trouble_is_shown_whole_but_not_for_ever(console):
    """Its reason is at its end; a server's own text may fill the screen."""
    display = LiveDisplay(["ast_a"], console, Clock())
    for text in ("no whole answer from http://127.0.0.1:9: " * 2 + "refused.", "many words " * 99):
        display.failed("ast_a", APIConnectionError(text))
        display.failed("ast_a", APIConnectionError(text))
        lines = drawn(console, display.render())[1:]
        assert len(lines) == 3
        assert max(map(len, lines)) <= 58
        assert lines[-1].endswith("refused." if "refused" in text else "words")


def test_what_is_shown_leaves_room_for_the_terminals_echo_of_ctrl_c(console):
    """At the end of a full line, ^C would break it, and the wrong line would be erased."""
    display = LiveDisplay(["ast_" + "x" * 200], console)
    assert max(map(len, drawn(console, display.render()))) <= 58


def test_a_live_display_is_gone_when_it_ends_and_the_lines_it_held_appear(
    console, monkeypatch, capsys
):
    """Where both are the same terminal, a line in between would make a mess."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with LiveDisplay(["ast_a"], console) as display:
        display.say("ast_a\tready", err=False)
        display.say("babou: oh", err=True)
        assert capsys.readouterr() == ("", "")
    assert capsys.readouterr() == ("ast_a\tready\n", "babou: oh\n")
    shown = console.file.getvalue()
    assert shown.index("\x1b[?25l") < shown.index("\x1b[?25h")


@pytest.mark.parametrize(
    ("ended_by", "stays"), [(KeyboardInterrupt, True), (SystemExit, True), (ValueError, False)]
)
def test_what_was_seen_last_stays_when_a_live_display_is_interrupted(console, ended_by, stays):
    """By Ctrl-C or SIGTERM; an error has words of its own."""
    display = LiveDisplay(["ast_a"], console)
    with contextlib.suppress(ended_by), display:
        display.seen(asset("ast_a", "processing"))
        raise ended_by
    shown = console.file.getvalue()
    assert (shown.rindex("processing") > shown.rindex("\x1b[2K")) is stays


def test_a_live_display_holds_no_results_that_go_elsewhere(console, capsys):
    """A program that reads them gets each at once."""
    with LiveDisplay(["ast_a"], console) as display:
        display.say("ast_a\tready", err=False)
        assert capsys.readouterr().out == "ast_a\tready\n"


def test_a_download_shows_a_bar(console):
    """From the bytes so far and their total."""
    with transfer(live=True, console=console) as on_progress:
        on_progress(1 << 20, 4 << 20)
    assert "1.0/4.0 MiB" in console.file.getvalue()


def test_the_bar_and_the_rows_are_on_standard_error():
    """Standard output is for results."""
    with transfer(live=True) as on_progress:
        on_progress(1, None)
    assert isinstance(waiting([], live=True), LiveDisplay)
    assert _progress._console().stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((12, None, None, None), "12 bytes"),
        ((12, 1000, None, None), "12/1000 bytes"),
        ((1536, None, 10.0, None), "1.5 KiB, 10 bytes/s"),
        ((512 << 10, 3 << 20, 2048.0, 75.5), "0.5/3.0 MiB, 2.0 KiB/s, 1:15 left"),
        ((5 << 50, None, None, None), "5120.0 TiB"),
    ],
)
def test_the_figures_of_a_download(arguments, text):
    """Bytes, rate and remaining time, as far as they are known."""
    assert figures(*arguments) == text


@pytest.mark.parametrize(
    ("terminal", "term", "moves"),
    [(True, "xterm", True), (True, None, True), (True, "dumb", False), (False, "xterm", False)],
)
def test_only_a_terminal_that_can_move_its_cursor_has_a_display(monkeypatch, terminal, term, moves):
    """TERM=dumb gets lines."""
    monkeypatch.delenv("TERM", raising=False)
    if term is not None:
        monkeypatch.setenv("TERM", term)
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    assert _output.on_terminal(stream) is moves

"""Measures take turns, and one that fails spoils no other."""

import json

import pytest

from benchmarks import environments, page, slow
from benchmarks.__main__ import main
from benchmarks.processes import last_words, run
from benchmarks.turns import interleave, require


def test_all_are_measured_in_turn():
    """Round after round, and the first rounds are not counted."""
    order = []

    def measure(name):
        order.append(name)
        return {"wall": float(len(order))}

    rounds = interleave({"a": lambda: measure("a"), "b": lambda: measure("b")}, 2, [], discard=1)
    assert order == ["a", "b", "a", "b", "a", "b"]
    assert rounds == {"a": {"wall": [3.0, 5.0]}, "b": {"wall": [4.0, 6.0]}}


def test_what_fails_is_told_and_left_out():
    """Half of a measurement is none; the others go on."""
    answers = iter([1.0, None])

    def sometimes():
        answer = next(answers)
        if answer is None:
            raise RuntimeError("it broke")
        return {"wall": answer}

    failures = []
    rounds = interleave({"bad": sometimes, "good": lambda: {"wall": 2.0}}, 3, failures)
    assert rounds == {"good": {"wall": [2.0, 2.0, 2.0]}}
    assert failures == ["bad: it broke"]


def test_without_what_all_is_compared_with_there_is_no_table():
    """The message has the reason that it failed for."""
    with pytest.raises(RuntimeError, match="httpx is missing.*httpx: no network"):
        require("httpx", {"babou": 1}, ["httpx: no network"])


def test_a_command_that_fails_is_told_in_one_line():
    """The last line of what it wrote, which names the error."""
    with pytest.raises(RuntimeError, match="^cat: .*nowhere"):
        run(["cat", "/nowhere"], None)


def test_a_process_that_said_nothing_has_last_words():
    """Something is told in any case."""
    assert last_words(" \n") == "it ended"


def test_an_extra_that_the_project_lacks_is_refused(monkeypatch):
    """Installers only warn, and the figures would be another environment's."""
    requirement = [f"{environments.BABOU}[nonsense]"]
    monkeypatch.setitem(environments.REQUIREMENTS, "babou[nonsense]", requirement)
    peers = environments.Environments()
    with pytest.raises(RuntimeError, match="no extra 'nonsense'"):
        peers.python("babou[nonsense]")
    peers.close()


def test_the_slow_server_counts_and_moves_assets_on():
    """An asset is ready at the poll that was asked for; who counts is not counted."""
    from urllib.request import urlopen

    with slow.serve(0.0, polls=2) as server:
        states = []
        for _ in range(2):
            with urlopen(f"{server.url}/api/v1/assets/ast_1") as answer:  # noqa: S310 (loopback)
                document = json.load(answer)
            states.append((document["id"], document["state"]))
        assert states == [("ast_1", "processing"), ("ast_1", "ready")]
        assert server.counted() == {"requests": 2, "connections": 1}
        assert server.counted()["requests"] == 0


def test_the_page_is_written_from_the_results_alone(tmp_path):
    """It names the command that made them, and is not written by hand."""
    results = {"about": {"command": "nox -s bench -- --docs"}, "parts": {}}
    (tmp_path / "results.json").write_text(json.dumps(results))
    page.write(tmp_path, tmp_path / "page.md")
    assert "\n    nox -s bench -- --docs\n" in (tmp_path / "page.md").read_text()


@pytest.mark.parametrize(
    ("measured", "at_least", "is_worse"),
    [(0.7, False, True), (0.6, False, False), (0.7, True, False), (0.6, True, True)],
)
def test_the_page_gives_the_reason_of_what_got_worse(monkeypatch, measured, at_least, is_worse):
    """Beside both figures; what got better needs none."""
    monkeypatch.setattr(page, "BEFORE", {"a": page.Before(0.65, "so"), "gone": page.Before(1, "")})
    goal = {"what": "a", "measured": measured, "limit": 1, "at_least": at_least}
    goal |= {"unit": "", "spread": None, "met": True}
    part = {"goals": [goal], "tables": [], "plots": [], "failures": []}
    text = page.render(json.dumps({"about": {"command": "c"}, "parts": {"get": part}}))
    assert (f"| a | {measured} | 0.65 | so |" in text) == is_worse
    assert ("Worse than in 0.1.1" in text) == is_worse


@pytest.mark.parametrize("is_met", [True, False])
def test_the_page_tells_what_takes_the_time_where_a_target_is_missed(monkeypatch, is_met):
    """Beside the figure and the target; one that is met needs no excuse."""
    monkeypatch.setattr(page, "MISSED", {"a": "slow parts", "gone": "nothing"})
    goal = {"what": "a", "measured": 0.7, "limit": 0.6, "at_least": is_met}
    goal |= {"unit": "", "spread": None, "met": is_met}
    part = {"goals": [goal], "tables": [], "plots": [], "failures": []}
    text = page.render(json.dumps({"about": {"command": "c"}, "parts": {"get": part}}))
    assert ("\n\n## Targets that are missed\n\n" in text) == (not is_met)
    assert ("| a | 0.7 | 0.6 | slow parts |\n" in text) == (not is_met)


def test_what_could_not_be_measured_shows_in_the_exit_code(tmp_path, monkeypatch, capsys):
    """1, and the reason; the files are written all the same."""
    from benchmarks import __main__ as command

    def broken(_bench):
        raise RuntimeError("no server")

    monkeypatch.setitem(command.PARTS, "get", broken)
    assert main(["get", "--quick", "--out", str(tmp_path)]) == 1
    assert "Not measured: get: no server" in capsys.readouterr().out
    assert json.loads((tmp_path / "results.json").read_text())["parts"]["get"]["failures"]

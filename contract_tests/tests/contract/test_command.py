"""The command: exit codes, what it prints, and what never appears in it."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from babou_contract import settings
from babou_contract.command import contract
from babou_contract.mock_server import MockServer
from babou_contract.model import Boundary

IMAGE = "ast_testImage00001"


@pytest.fixture
def call(monkeypatch, without_schemathesis):
    """Run the command without schemathesis, and return what click has of it."""
    monkeypatch.delenv("BABOU_API_KEY", raising=False)

    def run(*arguments, **environment):
        return CliRunner().invoke(contract, [str(a) for a in arguments], env=environment)

    return run


@pytest.fixture
def live(small_server):
    """The arguments that name the small server."""
    waived = ("--waive", "uploadAsset", "--waive", "listAssets")
    return ("--base-url", small_server.base_url, "--asset", IMAGE, "--only", "3", *waived)


def test_agreement_is_0_and_tells_each_check(call, live, small_server):
    """All agree: a line for each check, what was seen of the spec, the verdict."""
    done = call(*live, BABOU_API_KEY=small_server.api_key)
    assert done.exit_code == 0, done.output
    assert "spec-server/a-key-is-required" in done.output
    assert "429 application/json   not exercised" in done.output
    assert "All agree; waived, and not judged: uploadAsset, listAssets." in done.output
    assert "Traceback" not in done.output


def test_a_specification_that_cannot_be_used_is_a_finding(call, unusable):
    """One check tells it with its line; the others are not judged, for that reason."""
    line, told = unusable
    done = call("--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["verdict"]) == (1, "1 check disagrees.")
    (found,) = (each for result in report["results"] for each in result["disagreements"])
    assert found["summary"].startswith(told)
    assert found["spec_line"] == line
    others = [each for each in report["results"] if found not in each["disagreements"]]
    reason = f"the specification cannot be used: line {line}: {told}"
    assert others
    told = {(r["outcome"], r["reason"].startswith(reason)) for r in others}
    assert told == {("not judged", True)}
    alone = call("--only", "3")
    assert alone.exit_code == 3
    assert reason in alone.output.splitlines()[-1]


def test_a_specification_that_cannot_be_read_is_told_in_one_line(call, no_yaml):
    """Nothing can be held against it: exit code 3."""
    line, told = no_yaml
    done = call()
    assert (done.exit_code, done.stdout) == (3, "")
    start = f"Error: the specification cannot be used: line {line}: {told}"
    assert done.stderr.startswith(start), done.stderr


def test_a_disagreement_is_1_with_line_curl_and_no_key(call, live, small_server):
    """What the spec says with its line, what came, and the request, with a variable for the key."""
    small_server.fault("wrong_type", member="size", value="12")
    done = call(*live, BABOU_API_KEY=small_server.api_key)
    assert done.exit_code == 1
    assert "size of an answer 200 of getAsset is not what the schema allows" in done.output
    assert "(babou.yaml, line " in done.output
    assert '-H "Authorization: Bearer $BABOU_API_KEY"' in done.output
    assert small_server.api_key not in done.output


@pytest.mark.usefixtures("without_schemathesis")
def test_a_base_url_may_end_in_the_operations_path(small_server):
    """Documentation shows it in either form; the client takes both as well."""
    small_server.clear_requests()
    options = ["--base-url", f"{small_server.base_url}/api/v1/", "--asset", IMAGE, "--only", "4"]
    done = CliRunner().invoke(contract, options, env={"BABOU_API_KEY": small_server.api_key})
    assert done.exit_code == 0, done.output
    assert not [each.path for each in small_server.requests if "/api/v1/api/v1" in each.path]


@pytest.mark.usefixtures("without_schemathesis")
def test_the_ids_can_come_from_standard_input(small_server):
    """One per line; blank lines and comments are left out."""
    small_server.clear_requests()
    options = ["--base-url", small_server.base_url, "--asset", "-", "--only", "4", "--json"]
    lines = f"# ours\n\n  {IMAGE}  # an image\n"
    key = {"BABOU_API_KEY": small_server.api_key}
    done = CliRunner().invoke(contract, options, input=lines, env=key)
    assert json.loads(done.stdout)["exit_code"] == 0
    assert any(request.path.endswith(IMAGE) for request in small_server.requests)
    assert not any("%23" in request.path for request in small_server.requests)
    wrong = CliRunner().invoke(contract, options, input=b"\xff\n..\n", env=key)
    assert wrong.exit_code == 2
    assert "'..' is no id" in wrong.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "5"], "no boundary '5'"),
        (["--rate-limit", "soon"], "no rate"),
        (["--time-limit", "0"], "positive"),
        (["--asset", "ast_1"], "--base-url"),
        (["--base-url", "http://127.0.0.1:1", "--asset", "a"], "BABOU_API_KEY"),
        (["--base-url", "http://127.0.0.1:1", "--api-key", "sk-bab-x"], "--asset"),
        (["--base-url", "nowhere", "--asset", "a", "--api-key", "sk-bab-x"], "--base-url"),
        (["--base-url", "http://h", "--asset", "a", "--api-key", "sk bab"], "--api-key"),
        (["--base-url", "http://h", "--asset", "..", "--api-key", "sk-bab-x"], "no id"),
        (["--max-examples", "0"], "--max-examples"),
        (["--waive", "uploadAssets"], "it has getAsset, listAssets, uploadAsset"),
        (["--argument", "listAssets"], "write OPERATION.PARAMETER=VALUE"),
        (["--argument", "listAssets.colour=red"], "it has limit, offset, contentType, state"),
        (["--argument", "listAsset.limit=2"], "no operation 'listAsset'"),
        (["--unheard-of"], "--unheard-of"),
    ],
)
def test_wrong_usage_is_2_and_says_what_to_do(call, arguments, told):
    """Nothing is sent, and one message names the option."""
    done = call(*arguments)
    assert done.exit_code == 2
    assert told in done.output


def test_a_missing_tool_is_2_and_names_the_extra(call, monkeypatch):
    """Without schemathesis the check would be half of what it says."""
    from babou_contract import run

    monkeypatch.setitem(run._NEEDS, Boundary.spec_server, ("schemathesis_that_is_not",))
    done = call("--only", "3")
    assert done.exit_code == 2
    assert "pip install 'babou[contract]'" in done.output


@pytest.mark.parametrize("fault", ["unauthorized", "not_found", "server_error", "drop_connection"])
def test_what_cannot_be_judged_is_3(call, live, small_server, fault):
    """The key refused everywhere, no asset seen, an outage, no server: no verdict."""
    small_server.fault(fault)
    done = call(*live, BABOU_API_KEY=small_server.api_key)
    assert done.exit_code == 3, done.output
    assert "could not be judged" in done.output


def test_a_server_that_is_not_there_is_3(call):
    """A port that nobody listens on is no disagreement."""
    with MockServer() as server:
        url, key = server.base_url, server.api_key
    done = call("--base-url", url, "--asset", "a", "--only", "3", "--only", "4", BABOU_API_KEY=key)
    assert done.exit_code == 3
    assert "could not be reached" in done.output


def test_a_server_that_says_nothing_is_3(judge, small_server):
    """A server that takes requests and stays silent is down."""
    small_server.fault("never_answers")
    assert judge(timeout=0.2).exit_code == 3


def test_json_is_one_document_and_nothing_else(call, live, small_server):
    """What a program reads has every part of the report, and not the key."""
    done = call(*live, "--json", BABOU_API_KEY=small_server.api_key)
    document = json.loads(done.stdout)
    assert document["exit_code"] == 0
    assert {row["status"] for row in document["coverage"]} >= {"200", "404", "5XX"}
    assert document["exchanges"][0]["headers"][-1] == ["Authorization", "Bearer $BABOU_API_KEY"]
    assert small_server.api_key not in done.output


def test_only_checks_what_it_names(call):
    """Without a server boundary no server is started, and no request sent."""
    done = call("--only", "docs-spec", "--json")
    document = json.loads(done.stdout)
    assert {result["boundary"]["name"] for result in document["results"]} == {"docs-spec"}
    assert document["exchanges"] == []


def test_a_time_limit_tells_what_was_not_reached(judge):
    """What there was no time for is not exercised, and a run that saw nothing is no success."""
    report = judge(time_limit=1e-6)
    assert {result.reason for result in report.results} == {"time limit"}
    assert report.exit_code == 3


def test_a_rate_limit_is_kept(judge, small_server):
    """No two requests come closer together than the rate says, so the time is up before the end."""
    report = judge(rate_limit=20, time_limit=0.6)
    assert len(small_server.requests) <= 14
    assert report.exit_code in {0, 3}


def test_only_safe_methods_are_sent(judge, small_server):
    """Against a server that it did not start, the check changes nothing."""
    judge(only=("3", "4"))
    assert {request.method for request in small_server.requests} == {"GET", "HEAD", "OPTIONS"}


def test_a_redirect_is_not_followed_with_the_key(judge, small_server, failed_in):
    """The key stays where it belongs, and the redirect is told of."""
    with MockServer() as other:
        small_server.fault("redirect", to=f"{other.base_url}/login")
        report = judge(only=("3", "4"))
        assert other.requests == ()
    assert "statuses-are-documented" in failed_in(report)


def test_ctrl_c_is_130(tmp_path):
    """An interrupted run has no traceback."""
    code = (
        "from babou_contract import run; from babou._cli import main\n"
        "def stop(*_): raise KeyboardInterrupt\n"
        "run.run = stop\n"
        "from babou._cli._app import cli; from babou_contract.command import contract\n"
        "cli.add_command(contract); cli()"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code, "contract", "--only", "1"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr


def test_rates_are_read_in_their_units():
    """A rate is a number of requests for a unit of time."""
    assert settings.parse_rate("10/s") == 10
    assert settings.parse_rate("90/m") == 1.5
    with pytest.raises(ValueError, match="no rate"):
        settings.parse_rate("-1/s")

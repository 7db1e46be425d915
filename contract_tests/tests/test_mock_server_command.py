"""The command `babou mock`: what it prints, what it runs, and how it ends."""

import inspect
import json
import os
import re
import signal
import subprocess
import sys

import httpx
import pytest
from click.testing import CliRunner

from babou_contract.mock_server import FAULTS, MockServer
from babou_contract.mock_server._faults import listing
from babou_contract.mock_server.command import mock, parse_fault

RUN = [
    sys.executable,
    "-c",
    "from babou_contract.mock_server.command import mock; mock(prog_name='babou mock')",
]
SEE = "import os; print(os.environ['BABOU_BASE_URL'], os.environ['BABOU_API_KEY'])"


@pytest.fixture
def serving():
    """Return a function that starts the command and waits until it has said where it is."""
    started = []

    def start(*options, lines, alone=False):
        process = subprocess.Popen(
            [*RUN, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=alone,
        )
        started.append(process)
        return process, [process.stdout.readline().rstrip("\n") for _ in range(lines)]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ask(base_url, key):
    url = f"{base_url}/api/v1/assets/ast_demo_image"
    return httpx.get(url, headers={"Authorization": f"Bearer {key}"}, trust_env=False)


def test_a_specification_that_cannot_be_served_is_told_at_the_start(unusable):
    """With its line, and not by an answer of 500 to the request that meets it."""
    is_told_at_the_start(*unusable)


def test_a_specification_that_cannot_be_read_is_told_at_the_start(no_yaml):
    """In the same way."""
    is_told_at_the_start(*no_yaml)


def is_told_at_the_start(line, told):
    done = CliRunner().invoke(mock, ["--", sys.executable, "-c", "print('served')"])
    assert (done.exit_code, done.stdout) == (1, "")
    start = f"Error: the specification cannot be used: line {line}: {told}"
    assert done.stderr.startswith(start), done.stderr


def test_it_prints_two_lines_for_a_shell_and_serves_until_ctrl_c(serving):
    """Standard output is what a shell can take; the rest is for the person; Ctrl-C is 130."""
    process, lines = serving("--api-key", "sk-bab-it's", lines=2)
    base_url = lines[0].removeprefix("export BABOU_BASE_URL=")
    assert base_url.startswith("http://127.0.0.1:")
    assert lines[1] == """export BABOU_API_KEY='sk-bab-it'"'"'s'"""
    assert ask(base_url, "sk-bab-it's").status_code == 200
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=5)
    assert process.returncode == 130
    assert out == ""
    assert "ast_demo_stuck" in err
    assert "Ctrl-C ends it." in err
    assert "GET /api/v1/assets/ast_demo_image -> 200, with a key\n" in err
    assert "sk-bab-it" not in err
    assert "Traceback" not in err


def test_it_can_tell_where_it_is_as_json_and_ends_on_sigterm(serving):
    """--json is one document; SIGTERM ends it in order, with 143."""
    process, [line] = serving("--json", "--fault", "rate_limited:times=1", lines=1)
    where = json.loads(line)
    assert set(where) == {"base_url", "api_key", "expired_key", "assets"}
    assert "ast_demo_image" in where["assets"]
    statuses = [ask(where["base_url"], where["api_key"]).status_code for _ in range(2)]
    assert statuses == [429, 200]
    process.terminate()
    _, err = process.communicate(timeout=5)
    assert process.returncode == 143
    assert "Traceback" not in err


def test_a_command_runs_with_the_variables_and_its_exit_code_counts():
    """With COMMAND, the server lives as long as it, and its end is the end."""
    code = f"{SEE}; raise SystemExit(7)"
    done = subprocess.run(
        [*RUN, "--api-key", "sk-bab-k", "--", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+ sk-bab-k\n", done.stdout)
    assert done.stderr == ""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 5), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_command_as_well(serving, number, code):
    """Ctrl-C waits for the command, which has got it too; SIGTERM ends it."""
    # The command tells that it runs, and answers Ctrl-C with an exit code of its own.
    sleeper = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(5))\n"
        "print('runs', flush=True)\n"
        "while True: signal.pause()"
    )
    process, [line] = serving("--", sys.executable, "-c", sleeper, lines=1, alone=True)
    assert line == "runs"
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does: to both
    else:
        process.terminate()
    _, err = process.communicate(timeout=5)
    assert (process.returncode, err) == (code, "")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], 137),
        (["no-such-command-anywhere"], 127),
    ],
)
def test_a_command_that_ends_badly_has_the_code_of_a_shell(command, code):
    """A signal is 128 and its number; what cannot be found is 127."""
    assert CliRunner().invoke(mock, ["--", *command]).exit_code == code


def test_a_port_in_use_is_one_clear_line():
    """Exit code 2, and what to try next."""
    with MockServer() as server:
        port = httpx.URL(server.base_url).port
        result = CliRunner().invoke(mock, ["--port", str(port)])
    assert result.exit_code == 2
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in result.output
    assert "try another --host or --port" in result.output


def test_a_host_that_is_none_is_one_clear_line_too():
    """What the system says, once."""
    result = CliRunner().invoke(mock, ["--host", "no-such-host.invalid"])
    assert result.exit_code == 2
    assert re.search(r"cannot listen on no-such-host\.invalid:0: [^(;]+; try", result.output)


def test_a_key_that_could_not_be_right_is_a_usage_error():
    """It is not repeated."""
    result = CliRunner().invoke(mock, ["--api-key", "my-secret", "--", "true"])
    assert result.exit_code == 2
    assert "a key is sk-bab-" in result.output
    assert "my-secret" not in result.output


def test_the_assets_of_a_file_are_listed_and_the_admin_api_is_there(serving, tmp_path):
    """As those that are always there."""
    (tmp_path / "assets.yaml").write_text("assets: [{id: ast_mine}]")
    options = ("--assets", str(tmp_path / "assets.yaml"), "--admin", "--json")
    process, [line] = serving(*options, lines=1)
    where = json.loads(line)
    assert where["assets"]["ast_mine"] == f"from {tmp_path / 'assets.yaml'}"
    headers = {"Authorization": f"Bearer {where['api_key']}"}
    url = f"{where['base_url']}/_mock/requests"
    assert httpx.get(url, headers=headers, trust_env=False).json() == {"requests": []}
    process.terminate()
    assert "ast_mine" in process.communicate(timeout=5)[1]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("rate_limitted", "did you mean rate_limited"),
        ("latency:fast", "not of the form param=value"),
        ("latency:seconds=x", "seconds cannot be 'x'"),
        ("latency:name=x", "has no parameter 'name'"),
        ("latency:fault=x", "has no parameter 'fault'"),
        ("latency:asset_id=7", "asset_id is text, not 7"),
        ("latency:times=x", "times is a whole number"),
    ],
)
def test_a_wrong_fault_is_a_usage_error(fault, message):
    """Exit code 2, and what is wrong with it."""
    result = CliRunner().invoke(mock, ["--fault", fault])
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_the_list_of_faults_has_each_with_its_parameters():
    """--list-faults is the reference."""
    result = CliRunner().invoke(mock, ["--list-faults"])
    assert result.exit_code == 0
    for name in FAULTS:
        assert re.search(rf"^{name}(:|$)", result.output, re.MULTILINE)
    assert "latency:seconds=0.5\n    Wait before the first byte." in result.output


def test_each_fault_of_the_list_is_what_the_option_takes():
    """The defaults, spelled as they stand there, are read as those values."""
    for listed, _about in listing():
        name, parameters = parse_fault(listed)
        for parameter in inspect.signature(FAULTS[name].make).parameters.values():
            given = parameters.pop(parameter.name)
            needed = parameter.default is parameter.empty
            assert given == ("…" if needed else parameter.default)
        assert parameters == {}


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("gzip", "gzip", {}),
        ("a:x=1,y=2.5,z=null", "a", {"x": 1, "y": 2.5, "z": None}),
        ("a:when=Wed, 21 Oct 2015 07:28:00 GMT,n=1", "a",
         {"when": "Wed, 21 Oct 2015 07:28:00 GMT", "n": 1}),
        ("a:to=http://h:1/?q=1", "a", {"to": "http://h:1/?q=1"}),
        ('a:value="12"', "a", {"value": "12"}),
        ("a:value=[1,2]", "a", {"value": [1, 2]}),
    ],
)  # fmt: skip
def test_a_fault_option_is_read(text, name, parameters):
    """Values are JSON where they can be, and text where not; commas may be in them."""
    assert parse_fault(text) == (name, parameters)

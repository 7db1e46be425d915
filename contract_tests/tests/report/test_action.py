"""The GitHub action: each script in it is run, with stand-ins for what it installs and calls."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

from babou_contract.command import contract

ROOT = Path(__file__).parents[3]
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]  # as GitHub runs `shell: bash`
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EXAMPLES = re.findall(
    r"```yaml\n(.*?)```", (ROOT / "contract_tests" / "CI.md").read_text(encoding="utf-8"), re.DOTALL
)

# Makes an "environment" whose python and babou only write down how they were called.
FAKE_PYTHON = """#!/bin/bash
[ "$1 $2" = "-m venv" ] || exit 99
mkdir -p "$3/bin"
cp "$FAKES/record" "$3/bin/python"
cp "$FAKES/record" "$3/bin/babou"
"""
RECORD = f"""#!{sys.executable} -I
import json, os, pathlib, sys
name = pathlib.Path(sys.argv[0]).name
told = {{"arguments": sys.argv[1:], "key": os.environ.get("BABOU_API_KEY")}}
pathlib.Path(os.environ["FAKES"], name + ".json").write_text(json.dumps(told))
sys.exit(int(os.environ.get("EXIT_" + name, "0")))
"""


def load(text):
    return yaml.safe_load(text)


@pytest.fixture(scope="module")
def action():
    return load((ROOT / "action.yml").read_text(encoding="utf-8"))


@pytest.fixture
def run(action, tmp_path):
    """Return a function that runs the action's scripts with inputs, one after the other.

    It returns the exit code, what was printed, the outputs, and how babou and pip were called.
    """
    fakes, temporary = tmp_path / "fakes", tmp_path / "runner temp"
    work, output = tmp_path / "work", tmp_path / "output"
    for made in (fakes, temporary, work):
        made.mkdir()
    for name, text in (("python", FAKE_PYTHON), ("record", RECORD)):
        (fakes / name).write_text(text, encoding="utf-8")
        (fakes / name).chmod(0o755)
    output.touch()

    def run_it(exits=None, **inputs):
        values = {name: about["default"] for name, about in action["inputs"].items()}
        values |= {name.replace("_", "-"): value for name, value in inputs.items()}
        known = {f"inputs.{name}": value for name, value in values.items()}
        known["steps.python.outputs.python-path"] = str(fakes / "python")
        runner = {
            "PATH": os.environ["PATH"],
            "FAKES": str(fakes),
            "RUNNER_TEMP": str(temporary),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_ACTION_PATH": str(tmp_path / "the action"),
        } | {f"EXIT_{name}": str(code) for name, code in (exits or {}).items()}
        printed, code = "", 0
        for step in action["runs"]["steps"]:
            if "run" not in step:
                continue
            told = {name: known[value[4:-3]] for name, value in step["env"].items()}
            done = subprocess.run(
                [*BASH, "-c", step["run"]],
                env=runner | told, cwd=work, capture_output=True, text=True, check=False,
            )  # fmt: skip
            printed, code = printed + done.stdout + done.stderr, done.returncode
            if code:
                break
        outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        calls = {path.stem: json.loads(path.read_text()) for path in fakes.glob("*.json")}
        return code, printed, outputs, calls

    return run_it


def test_without_inputs_the_mock_server_is_checked(run):
    """Nothing is required; the action installs what it is from."""
    code, printed, outputs, calls = run()
    assert (code, printed) == (0, "")
    assert calls["babou"] == {"arguments": ["contract", "--report=babou-contract"], "key": None}
    pip = calls["python"]["arguments"]
    assert pip[:2] == ["-m", "pip"]
    assert pip[-1].endswith("/the action[contract]")
    assert outputs == {"exit-code": "0", "report-dir": "babou-contract"}


def test_each_input_becomes_its_option(run):
    """Lines and words of their own for what is repeated; spaces at the ends do not count."""
    _, _, outputs, calls = run(
        base_url="https://api.example.test/with space",
        assets="  ast_1\r\n\n\tast two \n--help\n",
        report_dir="a report",
        only="spec-server, 4\n1",
        max_examples="20",
        rate_limit="5/s",
        version="0.1.0",
    )
    assert calls["babou"]["arguments"] == [
        "contract",
        "--report=a report",
        "--base-url=https://api.example.test/with space",
        "--max-examples=20",
        "--rate-limit=5/s",
        "--asset=ast_1",
        "--asset=ast two",
        "--asset=--help",
        "--only=spec-server",
        "--only=4",
        "--only=1",
    ]
    assert contract.make_context("contract", calls["babou"]["arguments"][1:]).params["directory"]
    assert calls["python"]["arguments"][-1] == "babou[contract]==0.1.0"
    assert outputs["report-dir"] == "a report"


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_the_exit_code_is_passed_on(run, code):
    """As the job's result, and as an output."""
    ended, _, outputs, _ = run(exits={"babou": code})
    assert ended == code
    assert outputs["exit-code"] == str(code)


def test_a_failed_installation_ends_it(run):
    """The check is not run with whatever babou there is."""
    code, _, outputs, calls = run(exits={"python": 1})
    assert code == 1
    assert not outputs
    assert "babou" not in calls


def test_the_key_is_masked_and_goes_by_the_environment(run):
    """It is in no argument; the command that masks it is the only line that has it."""
    key = "sk-bab-100%'\"$(id)"
    _, printed, outputs, calls = run(api_key=key)
    assert printed == f"::add-mask::{key.replace('%', '%25')}\n"
    assert calls["babou"]["key"] == key
    assert key not in str(calls["babou"]["arguments"]) + str(outputs) + str(calls["python"])


@pytest.mark.parametrize("name", ["base-url", "assets", "report-dir", "only", "rate-limit"])
def test_no_input_is_run_by_the_shell(run, tmp_path, name):
    """Quotes, substitutions and separators are text."""
    evil = "\"';$(touch${IFS}pwned)`touch${IFS}pwned`&&touch${IFS}pwned;*"
    code, _, _, calls = run(**{name: evil})
    assert code == 0
    assert any(evil in argument for argument in calls["babou"]["arguments"])
    assert not (tmp_path / "work" / "pwned").exists()


def scripts(document):
    """Return all steps of an action or of a workflow."""
    jobs = document.get("jobs", {}).values()
    yield from (document.get("runs") or {}).get("steps", [])
    for job in jobs:
        yield from job["steps"]


@pytest.mark.parametrize(
    "text",
    [(ROOT / "action.yml").read_text(), *map(Path.read_text, WORKFLOWS), *EXAMPLES],
    ids=["action", *(path.stem for path in WORKFLOWS), *map(str, range(len(EXAMPLES)))],
)
def test_no_expression_is_written_into_a_script(text):
    """An expression in `run:` is replaced before the shell sees it, quotes and all."""
    for step in scripts(load(text)):
        assert "${{" not in step.get("run", "")


def test_the_report_is_uploaded_whatever_happened(action):
    """Also, and above all, when the check failed."""
    (upload,) = (
        step for step in action["runs"]["steps"] if "upload-artifact" in step.get("uses", "")
    )
    assert upload["if"].startswith("${{ always() ")
    assert action["runs"]["steps"][-1] is upload


def test_the_jobs_own_python_is_left_alone(action):
    """Whoever uses the action has a Python of their own."""
    setup = action["runs"]["steps"][0]
    assert setup["uses"].startswith("actions/setup-python@")
    assert setup["with"]["update-environment"] is False


def test_examples_use_inputs_and_outputs_that_exist(action):
    """The documentation's workflows and our own; its table has every input."""
    uses = [
        step
        for text in (*EXAMPLES, *map(Path.read_text, WORKFLOWS))
        for step in scripts(load(text))
        if step.get("uses", "").startswith(("./", "OWNER/babou@"))
    ]
    assert len(uses) == 5
    for step in uses:
        assert set(step.get("with", {})) <= set(action["inputs"])
    guide = (ROOT / "contract_tests" / "CI.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w-]+)` \|", guide, re.MULTILINE)) == set(action["inputs"])
    assert set(re.findall(r"steps\.contract\.outputs\.([\w-]+)", guide)) <= set(action["outputs"])


def test_the_live_examples_server_starts(tmp_path):
    """The step of our own workflow that starts the server is run, on a port that is free."""
    workflow = load((ROOT / ".github" / "workflows" / "contract.yml").read_text())
    job = workflow["jobs"]["started-server"]
    (step,) = (step for step in job["steps"] if "run" in step)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "pip").write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    (tmp_path / "pip").chmod(0o755)
    path = f"{tmp_path}:{sysconfig.get_path('scripts')}:{os.environ['PATH']}"
    process = subprocess.Popen(
        [*BASH, "-c", step["run"].replace("8000", str(port))],
        env={"PATH": path, "KEY": job["env"]["KEY"]}, cwd=tmp_path, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.wait(30) == 0
        log = (tmp_path / "server.log").read_text(encoding="utf-8")
        assert "GET / -> 404" in log
        assets = next(
            s["with"]["assets"] for s in job["steps"] if "with" in s and "assets" in s["with"]
        )
        assert all(f"  {asset} " in log for asset in assets.split())
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)

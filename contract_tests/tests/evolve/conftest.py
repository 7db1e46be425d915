"""A copy of this project as it is right after a release, and further copies of it to edit."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("openapi", "generated", "wrapper", "contract_tests", "docs")
FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "ARCHITECTURE.md", "LICENSE")
RELEASED = "0.1.0"
CACHES = "caches"


@frozen
class Copy:
    """A copy of the project, in which commands find its own packages."""

    root: Path
    caches: Path

    def run(self, *arguments, **options):
        """Run this Python there; nothing of what it says is taken for anything else."""
        path = [self.root / part for part in ("wrapper", "generated", "contract_tests")]
        env = os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "BABOU_COMPAT_CACHE": str(self.caches),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self.caches / "hypothesis"),
        }
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=self.root, env=env, capture_output=True, text=True, check=False, **options
        )

    def read(self, name):
        """Return the text of a file."""
        return (self.root / name).read_text(encoding="utf-8")

    def write(self, name, text):
        """Write a file."""
        (self.root / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def released(made_once):
    """The project as it is here, as if it had just been released."""

    def make(root):
        _release(Copy(root, root.with_name(CACHES)))

    root = made_once("released", make)
    return Copy(root, root.with_name(CACHES))


def _release(copy):
    for part in PARTS:
        skipped = shutil.ignore_patterns("__pycache__", "*.whl", "node_modules")
        shutil.copytree(ROOT / part, copy.root / part, ignore=skipped)
    for name in FILES:
        shutil.copy2(ROOT / name, copy.root / name)
    released, text = f'version = "{RELEASED}"', copy.read("pyproject.toml")
    copy.write("pyproject.toml", re.sub(r'(?m)^version = ".*"', released, text, count=1))
    copy.write("CHANGELOG.md", f"# Changelog\n\n## [Unreleased]\n\n## [{RELEASED}]\n\n- All.\n")
    built = copy.run("-m", "hatchling", "build", "-t", "wheel", "-d", "openapi/released")
    assert built.returncode == 0, built.stdout + built.stderr
    warm = copy.run("openapi/evolve.py")  # fills the caches of mypy, npm and compat
    assert warm.returncode == 0, warm.stdout + warm.stderr


@pytest.fixture
def copy(released, tmp_path):
    """A copy of that release, to edit."""
    return Copy(shutil.copytree(released.root, tmp_path / "copy"), released.caches)

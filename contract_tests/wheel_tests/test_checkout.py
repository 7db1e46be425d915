"""README's commands in a checkout that other files lie in: they work, and leave nothing there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST, _, *REST = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
FROM_A_CHECKOUT, FROM_A_WHEEL = [block for block in REST if "pip install" in block]
PROVED = (
    "contract_tests/wheel_tests/test_contents.py",
    "-k",
    "test_the_wheel_holds or test_the_sdist_holds",
)
STRAY = ("fine.mp4", "notes.md", "scratch.py", "wrapper/babou/notes.txt", "contract_tests/old.zip")


def git(*arguments, cwd):
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.test", *arguments],
        cwd=cwd, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A clone of what git knows here, edits included, with stray files in it."""
    folder = tmp_path_factory.mktemp("clone") / "babou"
    git("clone", "--quiet", str(ROOT), str(folder), cwd=ROOT)
    for name in git("ls-files", "-z", cwd=ROOT).split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "--allow-empty", "--message", "as it is", cwd=folder)
    for name in STRAY:
        (folder / name).write_bytes(b"\xff is neither UTF-8 nor Python")
    return folder


@pytest.fixture(scope="module")
def environment(new_environment, tmp_path_factory):
    """A virtual environment with pip alone."""
    return new_environment(tmp_path_factory.mktemp("readme"), with_pip=True)


def build_and_prove(checkout):
    """Do what README's second command does with all that is in the checkout: build, and look."""
    done = subprocess.run(
        [sys.executable, "contract_tests/wheel_tests/build.py", "dist"],
        cwd=checkout, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *PROVED],
        cwd=checkout, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.xdist_group("readme")
def test_the_readmes_two_commands_pass_in_either_order_and_leave_nothing(checkout, environment):
    """Twice each, in an environment with pip alone; git sees the stray files as before."""
    before = git("status", "--porcelain", cwd=checkout)
    build_and_prove(checkout)
    for _ in range(2):
        told = environment.run("bash", "-euc", FIRST, cwd=checkout, TMPDIR=str(environment.home))
        stored = Path(told.splitlines()[-1]).read_bytes()
        assert stored == (checkout / "docs/assets/logo.svg").read_bytes()
    build_and_prove(checkout)
    assert git("status", "--porcelain", cwd=checkout) == before
    assert all(f"?? {name}\n" in before for name in STRAY)


@pytest.mark.xdist_group("readme")
def test_the_readmes_first_command_leaves_nothing_that_git_ignores(checkout, environment):
    """Neither builds nor caches: `.gitignore` names only what the second one leaves."""
    before = git("status", "--porcelain", "--ignored", cwd=checkout)
    environment.run("bash", "-euc", FIRST, cwd=checkout, TMPDIR=str(environment.home))
    assert git("status", "--porcelain", "--ignored", cwd=checkout) == before


@pytest.mark.xdist_group("readme")
@pytest.mark.parametrize("block", [FROM_A_CHECKOUT, FROM_A_WHEEL], ids=["checkout", "wheel"])
def test_the_package_is_installed_without_an_index_that_has_it(checkout, environment, block):
    """From the checkout, and from a wheel that was built there."""
    shutil.rmtree(checkout / "dist", ignore_errors=True)
    environment.run("pip", "uninstall", "--yes", "babou", "click", cwd=checkout)
    environment.run("bash", "-euc", block, cwd=checkout)
    assert "Exit codes" in environment.run("babou", "--help")

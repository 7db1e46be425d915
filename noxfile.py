"""Every check of this project; `nox` alone runs what has to pass before a merge.

It needs Python 3.11 or later and pip, nothing else: Node.js, which some checks need, comes from
PyPI.
"""

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"  # uv where it is installed, for its speed
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False  # only tests_all asks for particular ones
nox.options.sessions = ["lint", "wheel", "tests"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
ALL_SUPPORTED = nox.project.python_versions(PYPROJECT)
PACKAGE = ("-e", ".[cli,s3,testing,contract]")
SPEC = "openapi/babou.yaml"
COURT = [f"contract_tests/{folder}" for folder in (
    "babou_contract", "tests/contract", "tests/kill_matrix", "tests/report",
)]  # fmt: skip
PYTEST = ("pytest", "-n", "4", "--dist", "loadgroup", "-m", "not browser")

REDOCLY = ("npx", "--yes", "--no-update-notifier", "@redocly/cli@2.77.0")
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def group(*names: str) -> list[str]:
    """Return the requirements of dependency groups of pyproject.toml."""
    return nox.project.dependency_groups(PYPROJECT, *names)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types, floors, the specification, and that what is generated is current."""
    session.install(*PACKAGE, *group("lint"))
    session.run("python", "openapi/generate.py", "--check")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("mypy", "openapi/generate.py")
    session.run("lint-imports")
    session.run("openapi-spec-validator", SPEC)
    session.run(*REDOCLY, "lint", SPEC, "--config=openapi/redocly.yaml", env=QUIET)
    workflows = [str(path) for path in sorted(Path(".github/workflows").glob("*.yml"))]
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")
    session.run("zizmor", "--offline", "--no-progress", ".")


@nox.session
def generate(session: nox.Session) -> None:
    """Generate generated/babou_generated anew from the specification."""
    session.install(*group("generate"))
    session.run("python", "openapi/generate.py")


@nox.session
def tests(session: nox.Session) -> None:
    """Test the client and the mock server; in CI, hold the client's coverage at 100 %."""
    session.install(*PACKAGE, *group("test"))
    apart = [f"--ignore={folder}" for folder in [*COURT, "contract_tests/wheel_tests"]]
    cover = ["--cov"] if os.environ.get("CI") else []  # tracing takes half as long again
    session.run(*PYTEST, *apart, *cover, *session.posargs)


@nox.session
def court(session: nox.Session) -> None:
    """Test the contract check, its reports and the kill matrix."""
    session.install(*PACKAGE, *group("test"))
    session.run(*PYTEST, *COURT, *session.posargs)


@nox.session(python=ALL_SUPPORTED)
def tests_all(session: nox.Session) -> None:
    """Run all these tests with each supported Python that is installed."""
    session.install(*PACKAGE, *group("test"))
    session.run(*PYTEST, "--ignore=contract_tests/wheel_tests", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel from the sdist, and test it in new environments, as its user meets it."""
    shutil.rmtree("dist", ignore_errors=True)
    session.install(*group("wheel"))
    session.run("python", "-m", "build", "--installer=uv")
    built = next(Path("dist").glob("*.whl")).resolve()
    parallel = ("-n", "2", "--dist", "loadgroup")  # each environment is made in one worker
    tests = "contract_tests/wheel_tests"
    session.run("pytest", *parallel, tests, *session.posargs, env={"BABOU_WHEEL": str(built)})


@nox.session
def browser(session: nox.Session) -> None:
    """Look at the report's page in Chromium, which is installed where that can be done."""
    session.install(*PACKAGE, *group("test", "browser"))
    session.run("python", "contract_tests/install_debian.py", "chromium", "chromium-driver")
    session.run("pytest", "-m", "browser", "contract_tests/tests/report", *session.posargs)


@nox.session
def kill_matrix(session: nox.Session) -> None:
    """Put a fault in each party, one at a time: the check has to find it; `-- --all` for all."""
    session.install(*PACKAGE)
    part = f"{os.environ.get('GITHUB_RUN_NUMBER', '')}/6"  # without a number, the day's
    session.run("python", "-m", "kill_matrix", *(session.posargs or ("--part", part)))

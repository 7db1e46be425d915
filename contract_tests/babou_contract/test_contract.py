"""The contract check as a test suite, an item for each check.

Run it with `pytest contract_tests`, or from the wheel with `pytest --pyargs babou_contract`. Its
options are those of `babou contract`, with `babou` before them: `--babou-base-url`.
"""

import os
from pathlib import Path

import pytest

from babou_contract import run
from babou_contract.checks.registry import Check
from babou_contract.model import NOT_JUDGED, Boundary, CheckResult, Outcome, Report
from babou_contract.report import show
from babou_contract.report.plain import one_line
from babou_contract.settings import Settings, parse_argument, parse_rate, parse_waived

pytestmark = pytest.mark.xdist_group("babou-contract")  # one run for all of its checks

CHECKS = [check for boundary in Boundary for check in run.checks_of(boundary)]


def _settings(config: pytest.Config, boundaries: frozenset[Boundary]) -> Settings:
    def option(name: str) -> object:
        return config.getoption(f"babou_{name}")

    base_url = config.getoption("babou_base_url")
    key = config.getoption("babou_api_key") or os.environ.get("BABOU_API_KEY", "")
    assets = tuple(config.getoption("babou_asset"))
    if (
        base_url is not None
        and any(boundary.needs_server for boundary in boundaries)
        and not (key and (assets or config.getoption("babou_argument")))
    ):
        pytest.exit("--babou-base-url needs --babou-asset, and BABOU_API_KEY", returncode=4)
    try:
        arguments = tuple(map(parse_argument, config.getoption("babou_argument")))
        waived = tuple(map(parse_waived, config.getoption("babou_waive")))
    except ValueError as error:
        pytest.exit(f"{error}", returncode=4)
    given = {name: option(name) for name in ("seed", "max_examples", "time_limit")}
    rate = config.getoption("babou_rate_limit")
    made: Settings = Settings(
        base_url=base_url,
        api_key=key if base_url is not None else "",
        assets=assets,
        arguments=arguments,
        waived=waived,
        only=boundaries,
        rate_limit=parse_rate(rate) if rate else None,
        allow_unsafe_methods=bool(option("allow_unsafe_methods")),
        **{name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]  # argparse converts
    )
    return made


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    """Run the boundaries that are wanted, once."""
    config = request.config
    asked = frozenset(Boundary.parse(text) for text in config.getoption("babou_only"))
    params = [getattr(item, "callspec", None) for item in request.session.items]
    checks = [found.params.get("check") for found in params if found is not None]
    wanted = {check.boundary for check in checks if isinstance(check, Check)}
    settings = _settings(config, frozenset(wanted or Boundary) & (asked or frozenset(Boundary)))
    made = run.run(settings)
    if directory := config.getoption("babou_report"):
        from babou_contract.report import write_reports  # noqa: PLC0415  only when asked for

        write_reports(made, Path(directory))
    return made


@pytest.mark.parametrize("check", CHECKS, ids=[check.id for check in CHECKS])
def test_promise(check: Check, report: Report) -> None:
    """Each check's promise holds."""
    found = {result.check: result for result in report.results}.get(check.id)
    if found is None:
        pytest.skip("another boundary was asked for")
    if found.outcome is Outcome.not_exercised:
        pytest.skip(one_line(found.reason))
    if found.outcome is not Outcome.passed:
        pytest.fail(_told(found), pytrace=False)


def test_it_could_be_judged(report: Report) -> None:
    """A run that saw nothing is no success."""
    if report.exit_code == NOT_JUDGED:
        pytest.fail(one_line(report.verdict), pytrace=False)


def _told(result: CheckResult) -> str:
    lines = [f"{result.check}: {result.promise}"]
    for found in result.disagreements:
        lines += [one_line(found.summary), *show.explained(found)]
    return "\n".join(lines if result.disagreements else [*lines, one_line(result.reason)])

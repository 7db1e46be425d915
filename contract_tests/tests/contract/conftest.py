"""A small server, right or wrong, and runs against it, without schemathesis: that takes seconds."""

import pytest

from babou_contract import breadth, run
from babou_contract.edges import spec_server
from babou_contract.mock_server import MockServer, by_reads
from babou_contract.model import Edge, Outcome
from babou_contract.settings import Settings

IMAGE, WAY, FAILED = "ast_testImage00001", "ast_testWay0000002", "ast_testFailed0003"


@pytest.fixture
def small_server():
    """A server with an asset that is ready, one on its way, and one that failed."""
    with MockServer(assets=False) as server:
        server.add(IMAGE)
        server.add(WAY, kind="video", lifecycle=by_reads("uploading", "processing", "ready"))
        server.add(FAILED, kind="video", state="failed")
        yield server


@pytest.fixture
def without_schemathesis(monkeypatch):
    """Leave its check out of the run."""
    monkeypatch.setattr(breadth, "is_installed", lambda: False)
    others = tuple(check for check in spec_server.CHECKS if check.name != "schemathesis")
    monkeypatch.setattr(spec_server, "CHECKS", others)


@pytest.fixture
def judge(small_server, without_schemathesis):
    """Return a function that checks the small server, and gives the report."""

    def check(rewrite=None, *, only=("3",), on_result=lambda _result: None, **settings):
        small_server.rewrite = rewrite
        given = {
            "base_url": small_server.base_url,
            "api_key": small_server.api_key,
            "assets": (IMAGE, WAY, FAILED),
            "timeout": 2.0,
            **settings,
        }
        return run.run(Settings(only=frozenset(map(Edge.parse, only)), **given), on_result)

    return check


@pytest.fixture
def failed_in():
    """Return a function that names the checks of a report that failed."""

    def names(report):
        return {
            result.check.partition("/")[2]
            for result in report.results
            if result.outcome is Outcome.failed
        }

    return names

"""The pytest plugin: `babou_server`, a mock server for one test, and the contract check's options.

It is loaded in every pytest run of whoever has this package, so it imports nothing else up front.
"""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babou_contract.mock_server import MockServer


_OPTIONS: dict[str, dict[str, Any]] = {
    "base-url": {"metavar": "URL", "help": "The server; by default the mock server."},
    "asset": {"metavar": "ID", "action": "append", "default": [], "help": "An asset it has."},
    "argument": {
        "metavar": "OPERATION.NAME=VALUE",
        "action": "append",
        "default": [],
        "help": "An argument with which an operation succeeds.",
    },
    "waive": {
        "metavar": "OPERATION",
        "action": "append",
        "default": [],
        "help": "Don't ask this operation.",
    },
    "api-key": {"metavar": "KEY", "help": "The key; by default that of BABOU_API_KEY."},
    "report": {"metavar": "DIR", "help": "Write contract.json, junit.xml, report.html there."},
    "seed": {"metavar": "N", "type": int, "help": "Repeats a run."},
    "max-examples": {"metavar": "N", "type": int, "help": "How much is made by chance."},
    "time-limit": {"metavar": "SECONDS", "type": float, "help": "How long the run may take."},
    "rate-limit": {"metavar": "N/s", "help": "Requests at most: 10/s, 90/m."},
    "only": {
        "metavar": "BOUNDARY",
        "action": "append",
        "default": [],
        "help": "Check this boundary.",
    },
    "allow-unsafe-methods": {"action": "store_true", "help": "Send other methods than GET, too."},
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `babou contract`, each with `babou` before its name."""
    group = parser.getgroup("babou", "the contract check: pytest --pyargs babou_contract")
    for name, option in _OPTIONS.items():
        group.addoption(f"--babou-{name}", **option)


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark that keeps the contract check in one worker, where xdist isn't installed."""
    config.addinivalue_line("markers", "xdist_group(name): run in the same worker")


@pytest.fixture
def babou_server() -> "Iterator[MockServer]":
    """Start a mock server of the asset API for this test.

    The environment is left alone. Code that reads it is pointed at the server with
    `monkeypatch.setenv("BABOU_BASE_URL", babou_server.base_url)` and
    `monkeypatch.setenv("BABOU_API_KEY", babou_server.api_key)`.
    """
    # Here, and not above: the mock server needs the extra `testing`, and time to import.
    from babou_contract.mock_server import MockServer  # noqa: PLC0415

    with MockServer() as server:
        yield server

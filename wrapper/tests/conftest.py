"""What all tests of the wrapper share: the way to `strategies`, hypothesis' profiles, fixtures."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Tests are not a package, and importlib mode puts nothing on the path.
sys.path.insert(0, str(Path(__file__).parent))

# A clock says nothing about these tests, and in CI a run has to be one that can be repeated.
settings.register_profile("babou", deadline=None, max_examples=100)
settings.register_profile("babou-ci", deadline=None, max_examples=100, derandomize=True)
settings.load_profile("babou-ci" if os.environ.get("CI") else "babou")


@pytest.fixture
def no_babou_environment(monkeypatch):
    """Take away what the machine's own environment says about babou."""
    for name in ("BABOU_API_KEY", "BABOU_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def run(server, monkeypatch, tmp_path):
    """Return a function that runs the command line on the module's `server`, and prints no key."""
    from click.testing import CliRunner

    from babou._cli import _app

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BABOU_API_KEY", server.api_key)
    monkeypatch.setenv("BABOU_BASE_URL", server.base_url)

    def invoke(*arguments, stdin=None):
        result = CliRunner().invoke(_app.cli, arguments, input=stdin, terminal_width=78)
        assert server.api_key not in result.stdout + result.stderr
        assert isinstance(result.exception, SystemExit | None), result.exc_info
        return result

    return invoke

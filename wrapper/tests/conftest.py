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

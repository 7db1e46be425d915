"""The pytest plugin, run by a pytest of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

import babou_contract

pytest_plugins = ["pytester"]

PLUGIN = ("-p", "babou_contract.pytest_plugin", "-p", "no:cacheprovider", "-W", "error")


@pytest.fixture(autouse=True)
def _importable_anywhere(monkeypatch):
    """Let the inner pytest, which runs in another directory, find the package, and that only.

    Were the wheel installed, its entry point would bring the same plugin a second time.
    """
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(babou_contract.__file__).parents[1]))


def test_the_fixture_is_a_server_for_one_test(pytester):
    """Each test has a fresh server, which is closed after it; the environment is left alone."""
    pytester.makepyfile(
        """
        import os, socket, urllib.request

        seen = []

        def fetch(server):
            request = urllib.request.Request(
                server.base_url + "/api/v1/assets/ast_demo_image",
                headers={"Authorization": "Bearer " + server.api_key},
            )
            with urllib.request.urlopen(request) as answer:
                return answer.status

        def test_one(babou_server):
            seen.append(babou_server)
            assert fetch(babou_server) == 200
            assert os.environ.get("BABOU_BASE_URL") != babou_server.base_url
            babou_server.fault("server_error")

        def test_two(babou_server, monkeypatch):
            monkeypatch.setenv("BABOU_BASE_URL", babou_server.base_url)
            assert fetch(babou_server) == 200
            assert seen[0].base_url != babou_server.base_url
            try:
                fetch(seen[0])
            except OSError:
                pass
            else:
                raise AssertionError("the first server still runs")
        """
    )
    pytester.runpytest_subprocess(*PLUGIN).assert_outcomes(passed=2)


def test_the_fixture_is_listed_with_its_docstring(pytester):
    """`pytest --fixtures` tells what it is and how to point code at it."""
    result = pytester.runpytest_subprocess(*PLUGIN, "--fixtures", "-v")
    result.stdout.fnmatch_lines(["babou_server*", "*Start a mock server*", "*monkeypatch.setenv*"])


def test_loading_the_plugin_imports_no_server():
    """Whoever has the package installed pays nothing for the plugin in other test runs."""
    code = (
        "import sys, pytest; before = set(sys.modules); import babou_contract.pytest_plugin\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["babou_contract", "babou_contract.pytest_plugin"]

"""The same checks as a test suite: an item for each check, with the same options."""

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def suite(pytester, small_server, monkeypatch):
    """Return a function that runs the suite's boundary 3 in a pytest of its own."""
    monkeypatch.setenv("BABOU_API_KEY", small_server.api_key)

    def run(*arguments):
        return pytester.runpytest_subprocess(
            *("--pyargs", "babou_contract.test_contract", "-p", "no:cacheprovider", "-rA"),
            *("-o", "addopts=--import-mode=importlib"),
            *arguments,
        )

    return run


def test_each_check_is_an_item(suite):
    """The boundaries without a server need none, and each promise is an item of its own."""
    done = suite("-k", "docs-spec")
    outcomes = done.parseoutcomes()
    assert outcomes.get("failed", 0) == 0 or "names a test that does not exist" in done.stdout.str()
    done.stdout.fnmatch_lines(["*test_promise?docs-spec/the-spec-is-valid?*"])


def test_a_disagreement_is_the_failures_message(suite, small_server):
    """What a person reads in pytest is what the command says."""
    small_server.fault("wrong_type", member="size", value="12")
    url = small_server.base_url
    done = suite(
        *("--babou-base-url", url, "--babou-asset", "ast_testImage00001", "--babou-max-examples=5"),
        *("-k", "spec-server/bodies"),
    )
    done.assert_outcomes(passed=1, failed=1, deselected=done.parseoutcomes()["deselected"])
    done.stdout.fnmatch_lines(["*expected  should be type*(babou.yaml, line *", "*curl -sS*"])
    assert small_server.api_key not in done.stdout.str()

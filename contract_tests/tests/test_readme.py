"""The README is run: every block does what the page says."""

import re
from pathlib import Path

import pytest

from page_blocks import blocks, mock_environment, run

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = blocks(README)
SHELL = [block.code for block in BLOCKS if block.language == "sh"]
RUN = [block for block in BLOCKS if "pip install" not in block.code]


def test_only_languages_that_are_run_are_used():
    """A block in another language would go untested."""
    languages = [block.language for block in BLOCKS]
    assert set(languages) == {"python", "sh"}
    assert languages.count("python") >= 5


@pytest.mark.parametrize("block", RUN, ids=lambda block: f"line {block.line}")
def test_a_block_does_what_the_page_says(block, tmp_path):
    """Each example, test and command runs as it stands, against the mock server."""
    with mock_environment(tmp_path) as environment:
        run(block, environment, tmp_path)


def test_the_two_set_up_commands_come_first():
    """The first runs the main job, from the wheel's tests; the second all tests, from .ci/run."""
    first, second, *rest = SHELL
    assert first.startswith("pip install '.[cli,testing]' && babou mock -- sh -c 'babou upload ")
    assert second.strip() in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert sum("pip install" in code for code in rest) == 2  # in the wheel's tests


def test_the_error_tree_names_every_error():
    """The tree on the page is complete."""
    import babou

    named = {name for name in babou.__all__ if name.endswith("Error")}
    assert named == set(re.findall(r"\b\w+Error\b", README)) - {
        "ValueError",
        "TimeoutError",
    }


def test_the_table_of_exit_codes_is_the_commands_own():
    """The codes on the page are those that `babou --help` tells."""
    from babou._cli._output import Exit

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)} <= set(Exit)

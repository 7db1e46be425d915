"""Other libraries are used by their public interfaces only, in the client and in the check."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
OURS = ("babou", "babou_contract", "babou_generated", "__future__")
FILES = sorted(
    path
    for folder in ("wrapper/babou", "contract_tests/babou_contract")
    for path in (ROOT / folder).rglob("*.py")
)
LIBRARIES = (
    "airflow|anyio|asyncio|attrs?|certifi|click|h11|httpcore|httpx|hypothesis|jsonschema|requests|"
    "rich|schemathesis|socket|ssl|temporalio|threading|urllib3|yaml"
)
NAMED = re.compile(rf"\b({LIBRARIES})(\.\w+)*\._[a-z]")


def foreign_names(tree):
    """Yield each module that is imported from elsewhere, and each name of it, dotted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] not in OURS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_private_name_is_imported_or_spelled(path):
    """A private module or name, or one in a text that finds it at run time."""
    source = path.read_text(encoding="utf-8")
    assert not [name for name in foreign_names(ast.parse(source)) if re.search(r"(^|\.)_", name)]
    assert NAMED.search(source) is None


def test_the_linter_lets_no_private_member_through_but_the_adapters():
    """SLF001 finds each use of a private member; those of the adapter are of a class of ours."""
    lines = [
        (path.name, "Asset._" in line)
        for path in FILES
        for line in path.read_text(encoding="utf-8").splitlines()
        if "SLF001" in line
    ]
    assert set(lines) == {("operations.py", True)}

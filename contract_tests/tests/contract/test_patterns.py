r"""Patterns mean what ECMAScript says (ECMA 262, 22.2), as JSON Schema has it: Node.js is asked."""

import json
import subprocess

import pytest

from babou_contract.checks.lint import readable_patterns
from babou_contract.mock_server._schemas import misfit
from babou_contract.specification.schema import fits

PATTERNS = (
    *(r"^\d+$", r"^\D$", r"^\w+$", r"\W", r"^\s$", r"^\S$", r"^[\s,]$", r"^[^\s]$", r"^[\S]$"),
    *(r"^.$", r"^a.c$", "[.$]", r"\.", r"a$|b", r"\$", r"^[\]$]$", r"\bword\b", r"\B-"),
    *(r"^(?<year>\d{4})-\k<year>$", r"^(?:a|b)+?$", "(?<=a)b", "(?!a)b", "(?<!a)b"),
    *(r"\u{1F600}", r"\u00e9", r"^\cJ$", r"^a\/b$", r"^\t$", r"^2[0-9]{3}-", r"^[^/\s]+/[^/\s]+"),
)
TEXTS = (
    *map(chr, (*range(256), 0x660, 0x3B1, 0x1680, 0x180E, 0x2003, 0x200B, 0x2028, 0x2029, 0xFEFF)),
    *("12", "12\n", "٣٤", "abc", "a\nc", "a\u2028c", "été", "a word.", "2025-2025", "2025-2026"),
    *("ab", "ab\n", "cb", "a/b", "é", "x-y", "--", "😀", "image/png", "image/\x85", "image/\xa0"),
)
ASKED = """
const [patterns, texts] = JSON.parse(require("fs").readFileSync(0, "utf8"));
const read = patterns.map(each => new RegExp(each, "u"));
console.log(JSON.stringify(read.map(each => texts.map(text => each.test(text)))));
"""


@pytest.fixture(scope="module")
def ecmascript():
    """Return what Node.js says of each pattern, for each text."""
    asked = json.dumps([PATTERNS, TEXTS])
    command = ["node", "-e", ASKED]
    done = subprocess.run(command, input=asked.encode(), stdout=subprocess.PIPE, check=True)
    return dict(zip(PATTERNS, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_matches_as_in_ecmascript(ecmascript, pattern):
    """In the contract check, and in the mock server."""
    schema = {"type": "string", "pattern": pattern}
    expected = dict(zip(TEXTS, ecmascript[pattern], strict=True))
    assert {text: fits(schema, text) for text in TEXTS} == expected
    assert {text: misfit(schema, text) is None for text in TEXTS} == expected


@pytest.mark.parametrize("pattern", [r"\p{Letter}", "([", "(?i)a(?i)"])
def test_a_pattern_that_cannot_be_read_is_told_with_its_place(pattern):
    """It is no pattern, or Python's `re` has nothing for it."""
    document = {"a": [{"type": "string", "pattern": pattern}], "b": {"pattern": "^a$"}}
    ((place, problem),) = readable_patterns(document)
    assert place == ("a", 0, "pattern")
    assert problem.startswith(f"Python cannot read the pattern {pattern}: ")

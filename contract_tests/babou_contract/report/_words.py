"""Make text that a server chose safe to show, and find the words for outcomes and failures."""

import re

from attrs import frozen

from babou_contract.model import CoverageState, Disagreement, Outcome

SPEC_FILE = "openapi/babou.yaml"

# What is invisible, moves the cursor, turns the direction of reading, or may not stand in XML:
# C0 and C1 but for tab and newline, marks and overrides of direction, zero widths, line
# separators, surrogates, non-characters, tags.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
# By their names: most fonts lack the pictures that Unicode has for them.
_ASCII = dict(
    enumerate(
        [
            "NUL",
            "SOH",
            "STX",
            "ETX",
            "EOT",
            "ENQ",
            "ACK",
            "BEL",
            "BS",
            "TAB",
            "LF",
            "VT",
            "FF",
            "CR",
            "SO",
            "SI",
            "DLE",
            "DC1",
            "DC2",
            "DC3",
            "DC4",
            "NAK",
            "SYN",
            "ETB",
            "CAN",
            "EM",
            "SUB",
            "ESC",
            "FS",
            "GS",
            "RS",
            "US",
        ]
    )
) | {0x7F: "DEL"}

BADGES = {
    Outcome.passed: ("good", "✓", "agree"),
    Outcome.failed: ("bad", "✗", "disagree"),
    Outcome.not_judged: ("unsure", "?", "not judged"),
    Outcome.not_exercised: ("idle", "–", "not exercised"),  # noqa: RUF001  a dash, and meant as one
    CoverageState.verified: ("good", "✓", "verified"),
    CoverageState.violated: ("bad", "✗", "violated"),
    CoverageState.not_exercised: ("idle", "–", "not exercised"),  # noqa: RUF001
}


@frozen
class Badge:
    """An outcome as it is shown: a CSS class, a sign and a word, so that no colour is needed."""

    kind: str
    sign: str
    word: str


def badge(state: Outcome | CoverageState, *, of_check: bool = False) -> Badge:
    """Return how an outcome is shown; an edge agrees or disagrees, a check passes or fails."""
    kind, sign, word = BADGES[state]
    return Badge(kind, sign, state.value if of_check else word)


def visible(text: str) -> str:
    """Return the text with every character in it to be seen, and legal in XML and UTF-8."""
    return _HIDDEN.sub(_named, text.replace("\r\n", "\n"))


def _named(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"⟨{_ASCII.get(code, f'U+{code:04X}')}⟩"


def shorten(text: str, limit: int) -> str:
    """Return the beginning of the text, with a note of what is left out."""
    left = len(text) - limit
    return f"{text[:limit]}… ({left:,} more characters)" if left > 0 else text


def one_line(text: str, limit: int = 300) -> str:
    """Return the text for a place that has room for one line."""
    return shorten(visible(" ".join(text.split())), limit)


def place(found: Disagreement) -> str:
    """Say where in the spec a disagreement has its ground; empty where it has none."""
    line = f"babou.yaml line {found.spec_line}" if found.spec_line else ""
    return ", ".join(filter(None, (line, found.spec_pointer)))


def facts(found: Disagreement, *, limit: int = 2000) -> list[tuple[str, str]]:
    """Return what there is to say about a disagreement, by name, safe to show."""
    known = (
        ("Expected", found.expected),
        ("Received", found.received),
        ("In the spec", place(found)),
        ("Request", found.curl or ""),
        ("Seed", "" if found.seed is None else str(found.seed)),
        ("Detail", found.detail),
    )
    return [(name, shorten(visible(text), limit)) for name, text in known if text]

"""Make text that a server chose safe to show, on a terminal as in a file."""

import re

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

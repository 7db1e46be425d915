r"""The patterns of a specification as Python's `re` reads them.

JSON Schema has ECMAScript's regular expressions (ECMA 262, 22.2). In Python's, `\d`, `\w` and `\b`
take the digits and letters of all languages, `$` lets a line end follow, `.` matches more line
ends, `\s` other spaces, and groups are named differently.
"""

import re
from functools import cache

_SPACES = r"\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_OTHERS = (
    r"\x00-\x08\x0e-\x1f!-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e"
    r"\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
)
_TOKEN = re.compile(
    r"\\u\{(?P<code>[0-9a-fA-F]+)\}|\\c(?P<control>[A-Za-z])|\\k<(?P<reference>\w+)>"
    r"|\\(?P<escaped>.)|\(\?<(?P<name>[A-Za-z_]\w*)>|(?P<other>.)",
    re.DOTALL,
)
_OUTSIDE = {"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}
_ASCII_ONLY = frozenset("dDwWbB")


class PatternError(ValueError):
    """Says which part of a pattern Python's `re` cannot do."""


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    r"""Return a pattern, compiled.

    Raises:
        PatternError: It is no pattern, or has what Python's `re` lacks, such as `\p{…}`.
    """
    try:
        return re.compile(_in_python(pattern))
    except re.error as error:
        raise PatternError(f"Python cannot read the pattern {pattern}: {error}") from error


def _in_python(pattern: str) -> str:
    """Return a pattern in Python's notation; what means the same in both stays as it is."""
    written, in_class, is_ascii = "", False, False
    for token in _TOKEN.finditer(pattern):
        is_ascii |= token["escaped"] in _ASCII_ONLY
        in_class = token["other"] != "]" if in_class else token["other"] == "["
        written += _token(token, in_class=in_class)
    return f"(?a){written}" if is_ascii else written


def _token(token: re.Match[str], *, in_class: bool) -> str:
    if code := token["code"]:
        return re.escape(chr(int(code, 16)))
    if control := token["control"]:
        return f"\\x{ord(control) % 32:02x}"
    if reference := token["reference"]:
        return f"(?P={reference})"
    if name := token["name"]:
        return f"(?P<{name}>"
    if token["escaped"] in {"s", "S"}:
        ranges = _SPACES if token["escaped"] == "s" else _OTHERS
        return ranges if in_class else f"[{ranges}]"
    return token[0] if in_class else _OUTSIDE.get(token[0], token[0])

r"""The patterns of a specification as Python's `re` reads them.

JSON Schema has ECMAScript's regular expressions (ECMA 262, 22.2), in `pattern` and as the names of
`patternProperties`. In Python's, `\d`, `\w` and `\b` take the digits and letters of all languages,
`$` lets a line end follow, `.` matches more line ends, `\s` other spaces, groups are named
differently, and some notation means something else.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from babou_contract.specification.keywords import inside, within
from babou_contract.specification.references import Place

Json = Any

_SPACES = r"\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_OTHERS = (
    r"\x00-\x08\x0e-\x1f!-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e"
    r"\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
)
_IN_CLASS = (
    r"\\u\{(?P<code>[0-9a-fA-F]+)\}|\\c(?P<control>[A-Za-z])"
    r"|(?P<pythons>\\[AZaNU])|\\(?P<escaped>.)"
)
_CLASS = re.compile(rf"{_IN_CLASS}|(?P<other>.)", re.DOTALL)
_TOKEN = re.compile(
    rf"\[(?P<negated>\^?)(?P<members>(?:\\.|[^\]\\])*)\]"
    rf"|\\k<(?P<reference>\w+)>|\(\?<(?P<name>[A-Za-z_]\w*)>"
    rf"|(?P<notation>\(\?(?:[P#(>]|[a-zA-Z-]+\)))|{_IN_CLASS}|(?P<other>.)",
    re.DOTALL,
)
_OUTSIDE = {"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}
_SETS = frozenset("[$&~|")  # Python's sets within sets, and fastjsonschema's ends of texts
_ASCII_ONLY = re.compile(r"(?<!\\)(?:\\\\)*\\[dDwWbB]")


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


def in_python(schema: Json) -> Json:
    """Return a schema for a library that hands its patterns to Python's `re`.

    A `pattern` that is another there stays as `x-pattern`, for messages.

    Raises:
        PatternError: There is one that cannot be read.
    """
    if not isinstance(schema, dict):
        return schema
    made = {keyword: inside(keyword, value, in_python) for keyword, value in schema.items()}
    if isinstance(named := made.get("patternProperties"), dict):
        made["patternProperties"] = {compiled(name).pattern: part for name, part in named.items()}
    pattern = made.get("pattern")
    if isinstance(pattern, str) and pattern != (ours := compiled(pattern).pattern):
        made |= {"pattern": ours, "x-pattern": pattern}
    return made


def as_written(schema: Mapping[str, Json]) -> Json:
    """Return the pattern of a schema that `in_python` made, as the specification has it."""
    return schema.get("x-pattern", schema["pattern"])


def unreadable(document: Json) -> Iterator[tuple[Place, PatternError]]:
    """Yield the place of each pattern of a specification that cannot be read, and why."""
    for place, schema in _schemas(document, ()):
        names = schema.get("patternProperties", ())
        found: dict[Place, str] = {("patternProperties", name): str(name) for name in names}
        if isinstance(pattern := schema.get("pattern"), str):
            found[("pattern",)] = pattern
        for at, pattern in found.items():
            try:
                compiled(pattern)
            except PatternError as error:
                yield (*place, *at), error


def _schemas(node: Json, place: Place) -> Iterator[tuple[Place, Json]]:
    parts = node.items() if isinstance(node, dict) else enumerate(node)
    for name, part in parts:
        at = (*place, name)
        if name == "schema" or place == ("components", "schemas"):
            yield from within(part, at)
        elif isinstance(part, dict | list) and name not in {"example", "examples"}:
            yield from _schemas(part, at)


def _in_python(pattern: str) -> str:
    """Return a pattern in Python's notation; what means the same in both stays as it is."""
    written = "".join(map(_outside, _TOKEN.finditer(pattern)))
    return f"(?a){written}" if _ASCII_ONLY.search(pattern) else written


def _outside(token: re.Match[str]) -> str:
    if (members := token["members"]) is not None:
        return _class(token["negated"], members)
    if reference := token["reference"]:
        return f"(?P={reference})"
    if name := token["name"]:
        return f"(?P<{name}>"
    if token["notation"]:
        raise re.error(f"{token[0]} is not ECMAScript's")
    if token["escaped"] in {"s", "S"}:
        return f"[{_escaped(token)}]"
    return _OUTSIDE.get(token[0]) or _escaped(token)


def _class(negated: str, members: str) -> str:
    if not members:  # in Python, a bracket that follows would be a member
        return r"[\s\S]" if negated else "(?!)"
    inner = (
        f"\\{token[0]}" if token[0] in _SETS else _escaped(token)
        for token in _CLASS.finditer(members)
    )
    return f"[{negated}{''.join(inner)}]"


def _escaped(token: re.Match[str]) -> str:
    """Return what has the same form in a class and outside of one."""
    if code := token["code"]:
        return re.escape(chr(int(code, 16)))
    if control := token["control"]:
        return f"\\x{ord(control) % 32:02x}"
    if token["pythons"]:
        raise re.error(f"{token[0]} is not ECMAScript's")
    if token["escaped"] in {"s", "S"}:
        return _SPACES if token["escaped"] == "s" else _OTHERS
    return token[0]

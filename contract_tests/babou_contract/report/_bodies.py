"""Show a body: JSON indented, bytes in hexadecimal, never more than a person reads."""

import json
import re

from attrs import frozen

from babou_contract.report.plain import visible

_MOST_CHARACTERS = 4000
_MOST_LINES = 80
_MOST_BYTES = 128  # of a body that isn't text
_ROW = 8  # bytes; a row has to fit a phone
_PARSED = 200_000  # characters; beyond that only the beginning is shown, as it came
_DEEPEST = 12  # levels that are indented
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


@frozen
class Shown:
    """A body as it is shown: what it is, its beginning, and what is left out."""

    kind: str
    text: str = ""
    note: str = ""


def show(body: bytes) -> Shown:
    """Return what of a body is shown."""
    size = f"{len(body):,} byte{'' if len(body) == 1 else 's'}"
    if not body:
        return Shown("no body")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        rest = f"the first {_MOST_BYTES} are shown" if len(body) > _MOST_BYTES else ""
        return Shown(f"{size}, not text", dump(body[:_MOST_BYTES]), rest)
    is_json = _is_json(text)
    shown = indent(text) if is_json else text
    kept = "\n".join(shown[:_MOST_CHARACTERS].split("\n", _MOST_LINES)[:_MOST_LINES])
    note = "only the beginning is shown; contract.json has all of it" if kept != shown else ""
    return Shown(f"{size}, {'JSON' if is_json else 'text'}", visible(kept), note)


def indent(text: str) -> str:
    """Indent JSON token by token, so that numbers, escapes and repeated names stay as they came."""
    parts: list[str] = []
    depth, length, before = 0, 0, ""
    for match in _TOKEN.finditer(text):
        part = match[0]
        opened, closes = before in {"{", "["}, part in {"}", "]"}
        depth -= closes
        # An empty container stays on its line.
        if (before == "," or opened != closes) and before:
            parts.append("\n" + "  " * min(depth, _DEEPEST))
        parts.append(": " if part == ":" else part)
        depth += part in {"{", "["}
        before = part
        length += len(part)
        if length > _MOST_CHARACTERS:
            parts.append("\n…")
            break
    return "".join(parts)


def dump(content: bytes) -> str:
    """Return bytes as rows of offset, hexadecimal and ASCII."""
    rows = []
    for start in range(0, len(content), _ROW):
        row = content[start : start + _ROW]
        readable = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)  # noqa: PLR2004  ASCII
        rows.append(f"{start:02x}  {row.hex(' '):{3 * _ROW - 1}}  {readable}")
    return "\n".join(rows)


def _is_json(text: str) -> bool:
    if len(text) > _PARSED:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True

"""Take the API key out of whatever leaves a run, however the server spelled it.

All that a run keeps is raw, so that the rules judge what really came. `run.run` redacts each
result and the report, before anybody sees them: nothing else has to.
"""

import base64
import html
import re
from collections.abc import Iterator
from typing import Any, cast

import attrs

from babou_contract.specification import spec

SHOWN = "$BABOU_API_KEY"
_PART = "$BABOU_API_KEY in part"
_TELLING = 8  # so many characters of a key in a row are not there by chance, and help to guess it
_CONSTANT = {"check", "promise"}  # written in this package, and looked up by others

# A character in URLs, JSON and HTML, escaped once or often; other backslashes; UTF-16's zeros.
_ESCAPE = re.compile(
    rb"(?:%(?:25)*|\\+(?:u00|x))([0-9a-f]{2})|&(?:amp;)*(#?\w+);|\\+|\0+", re.IGNORECASE
)


class Redactor:
    """Knows the key, and takes it out of any value: text, bytes, and what is made of them."""

    def __init__(self, key: str) -> None:
        secret = key.removeprefix(spec.key_prefix())
        self._whole = [form for form, _ in _spellings(key)] if key else []
        self._parts = [
            form[at : at + size]
            for form, size in _spellings(secret)
            for at in range(len(form) - size + 1)
            if len(secret) >= _TELLING
        ]
        self._known: dict[bytes, bytes] = {}

    def __call__(self, value: Any) -> Any:  # noqa: ANN401  the same type comes back
        """Return the value without the key, and without longer parts of it."""
        if isinstance(value, str):
            content = value.encode("utf-8", "surrogatepass")
            return self(content).decode("utf-8", "surrogatepass")
        if isinstance(value, bytes):
            if value not in self._known:
                self._known[value] = self._redacted(value)
            return self._known[value]
        if isinstance(value, (tuple, list)):
            return type(value)(map(self, value))
        if isinstance(value, dict):
            return {self(name): self(item) for name, item in value.items()}
        if attrs.has(type(value)):
            names = {f.name for f in attrs.fields(type(value)) if f.init} - _CONSTANT
            changed = {name: self(getattr(value, name)) for name in names}
            return attrs.evolve(cast("Any", value), **changed)
        return value

    def repeats(self, content: bytes, at_least: int) -> bool:
        """Say whether the key is in there, or so many characters of it in a row."""
        return any(whole or end - start >= at_least for start, end, whole in self._all(content))

    def _redacted(self, content: bytes) -> bytes:
        for start, end, whole in reversed(self._all(content)):
            shown = SHOWN if whole else _PART
            content = content[:start] + shown.encode() + content[end:]
        return content

    def _all(self, content: bytes) -> list[tuple[int, int, bool]]:
        """Return each stretch of the content that is the key or a part of it, and whether whole."""
        plain, places = _plain(content)
        whole = list(_found(plain, self._whole))
        return [
            (places[start], places[end], any(start <= a and b <= end for a, b in whole))
            for start, end in _merged([*whole, *_found(plain, self._parts)])
        ]


def _spellings(text: str) -> Iterator[tuple[bytes, int]]:
    """Yield how a text may be repeated, in small letters, and how long a telling part of it is."""
    plain, _ = _plain(text.encode())
    yield from ((plain, _TELLING), (plain[::-1], _TELLING))
    yield text.encode().hex().encode(), 2 * _TELLING
    for before in range(3):  # the bytes before it shift what Base64 makes of it
        encoded = base64.b64encode(b"\0" * before + text.encode()).lower()
        encoded = encoded[-(-before * 8 // 6) : (before + len(text.encode())) * 8 // 6]
        for form in (encoded, encoded.translate(bytes.maketrans(b"+/", b"-_"))):
            yield form, _TELLING + 2


def _plain(content: bytes) -> tuple[bytes, list[int]]:
    """Return the bytes in small letters without escapes, and where in `content` each one was."""
    small = content.lower()
    made, end = bytearray(), 0
    places: list[int] = []
    for match in _ESCAPE.finditer(small):
        made += small[end : match.start()]
        places += range(end, match.start())
        character = _unescaped(match)
        made += character
        places += [match.start()] * len(character)
        end = match.end()
    made += small[end:]
    return bytes(made), [*places, *range(end, len(small) + 1)]


def _unescaped(match: re.Match[bytes]) -> bytes:
    code, entity = match.groups()
    if code:
        return bytes.fromhex(code.decode()).lower()
    name = entity.decode("latin-1") if entity else ""
    return html.unescape(f"&{name};").lower().encode("utf-8", "replace") if entity else b""


def _found(plain: bytes, wanted: list[bytes]) -> Iterator[tuple[int, int]]:
    for form in wanted:
        start = plain.find(form)
        while start >= 0:
            yield start, start + len(form)
            start = plain.find(form, start + 1)


def _merged(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretches that were found, those that touch each other as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged

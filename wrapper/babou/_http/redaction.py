"""Take the API key out of answers and errors: a server may repeat it anywhere."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from babou._core.messages import Response

if TYPE_CHECKING:
    from babou._core.config import Secret
    from babou._errors import BabouError

_ESCAPED = frozenset("/\"'\\")  # JSON and Python's repr may put a backslash before these


@functools.lru_cache(16)
def _spellings(key: str) -> re.Pattern[str]:
    """Return a pattern that finds a key: as it is, percent-encoded, or escaped as in JSON."""
    spelled = []
    for each in key:
        itself = (r"\\?" if each in _ESCAPED else "") + re.escape(each)
        code = "".join(f"[{digit}{digit.upper()}]" for digit in f"{ord(each):02x}")
        spelled.append(rf"(?:{itself}|%{code}|\\u00{code})")
    return re.compile("".join(spelled))


@functools.lru_cache(16)
def _is_changed_in_urls(key: str) -> bool:
    return quote(key, safe="") != key


def _may_repeat(text: str, key: str) -> bool:
    """Tell, at little cost, whether a text may contain a key in one of its spellings."""
    return key in text or "\\" in text or ("%" in text and _is_changed_in_urls(key))


def _hide(text: str, key: str) -> str:
    return _spellings(key).sub("***", text)


def received(answer: Response, secret: Secret, now: float) -> Response:
    """Return an answer with the time of day and without the key, so that no error can show it."""
    key, body, headers = secret.reveal(), answer.body, answer.headers
    if _may_repeat(text := body.decode("latin-1"), key):
        body = _hide(text, key).encode("latin-1")
    if _may_repeat("\n".join(headers.values()), key):
        headers = {name: _hide(value, key) for name, value in headers.items()}
    return Response(answer.status, headers, body, now)


def hide_key(error: BabouError, secret: Secret) -> None:
    """Take the key out of a transport's error, which may quote what the server sent."""

    def hidden(value: Any) -> Any:  # noqa: ANN401 (whatever the error holds)
        return _hide(value, secret.reveal()) if isinstance(value, str) else value

    error.args = tuple(map(hidden, error.args))
    vars(error).update({name: hidden(value) for name, value in vars(error).items()})

"""What a conversation is made of: requests, responses and steps, as plain values.

The HTTP library appears in none of them; only a transport knows which one it is.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 (attrs resolves annotations at run time)
from typing import Any

from attrs import field, frozen


def _without_key(headers: Mapping[str, str]) -> str:
    return repr({**headers, "authorization": "***"} if "authorization" in headers else headers)


@frozen
class Request:
    """One HTTP request; the key is added by the runner, so that no flow ever holds it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(factory=dict, repr=_without_key)
    content: Any = field(default=None, repr=False, eq=False)
    """Body: None, or an iterable (of an `AsyncTransport`: an asynchronous one) of bytes.

    It is gone through once. Its length is in the header `content-length`.
    """


@frozen
class Response:
    """One HTTP answer, whole: header names in lower case, body decoded from its encoding."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    received_at: float = 0.0
    """Seconds since the epoch, for a `Retry-After` that is a date; the client sets it."""


@frozen
class Step:
    """What a flow asks of its runner: sleep `delay` seconds, then send, be done by `deadline`."""

    request: Request
    delay: float
    deadline: float
    """On the runner's clock."""
    attempt: int = 1


@frozen
class Cancelled:
    """What came of a step: nothing, because the caller's `cancel` event was set."""

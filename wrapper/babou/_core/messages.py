"""Requests, responses and steps, as plain values.

None of them contains anything of an HTTP library; only a transport uses one.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 (attrs resolves annotations at run time)
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from babou._errors import APIConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterable


def _without_key(headers: Mapping[str, str]) -> str:
    return repr({**headers, "authorization": "***"} if "authorization" in headers else headers)


@frozen
class Request:
    """One HTTP request. The runner adds the key, so that no flow ever holds it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(factory=dict, repr=_without_key)
    content: Any = field(default=None, repr=False, eq=False)
    """Body: None, or an iterable (of an `AsyncTransport`: an asynchronous one) of bytes.

    It is read once. Its length is in the header `content-length`.
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
    """What a flow asks its runner to do: sleep `delay` seconds, then send, within `deadline`."""

    request: Request
    delay: float
    deadline: float
    """On the runner's clock."""
    attempt: int = 1


@frozen
class Cancelled:
    """The result of a step that ended because the caller's `cancel` event was set."""


_LISTED = {"content-length": ",", "content-range": ",", "etag": '",', "location": ", http"}
"""The headers that decide how an answer is read, and what separates several values in a line."""

_SINGLE = {
    *_LISTED,
    *("content-type", "date", "request-id", "retry-after", "retry-after-ms", "x-request-id"),
}
_ERROR = 400


def join_headers(pairs: Iterable[tuple[str, str]], *, status: int = 200) -> dict[str, str]:
    """Return the headers of an answer by their names in lower case.

    A header that came in several lines is one list (RFC 9110, 5.3). Some headers allow only one
    value, but come twice: an application and the gateway before it may each add their own, or a
    gateway may have joined both into one line. For these headers:

    - equal values count once;
    - different values of a header that decides how the answer is read are a protocol error. If the
      status is an error already, the header is left out instead;
    - other different values stay a list. `retry` takes the longest pause from it.

    Args:
        pairs: Name and value of each line, as they came.
        status: The answer's status; an error status is reported with whatever headers it has.

    Raises:
        APIConnectionError: A header that decides how the answer is read has different values.
    """
    lines = dict[str, list[str]]()
    for name, value in pairs:
        lines.setdefault(name.lower(), []).append(value.strip())
    joined = {name: ", ".join(values) for name, values in lines.items()}
    for name, values in lines.items():
        if name not in _SINGLE or "," not in joined[name]:
            continue
        different = list(dict.fromkeys(map(_once, values)))
        value = ", ".join(different)
        if name in _LISTED and (len(different) > 1 or _LISTED[name] in value):
            if status < _ERROR:
                raise APIConnectionError(
                    f"the answer has several different {name} headers, where only one is allowed "
                    "(RFC 9110, 5.3). Look at the server, and at a proxy or gateway before it."
                )
            del joined[name]
        else:
            joined[name] = value
    return joined


def _once(value: str) -> str:
    """Return the repeated part of a line ("5" of "5, 5"), or a line without repetition as it is."""
    for comma in (", ", ","):
        parts = value.split(comma)
        if parts[0] not in parts[1:]:
            continue
        for length in range(1, len(parts) // 2 + 1):
            times, rest = divmod(len(parts), length)
            if not rest and parts == parts[:length] * times:
                return comma.join(parts[:length])
    return value

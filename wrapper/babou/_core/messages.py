"""Requests, responses and steps, as plain values.

None of them contains anything of an HTTP library; only a transport uses one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping  # noqa: TC003 (attrs resolves annotations at run time)
from typing import Any

from attrs import field, frozen

from babou._errors import APIConnectionError, APIResponseValidationError


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


@frozen(init=False)
class Response:
    """One HTTP answer, whole, its body decoded from its encoding.

    Headers are given as a mapping or as pairs of text: names in any case, a name in several lines.

    Raises:
        APIResponseValidationError: Something is of another type, or no status.
        APIConnectionError: Two lines of the headers contradict each other.
    """

    status: int
    headers: Mapping[str, str]
    """Names in lower case, the lines of one name joined."""
    body: bytes = field(repr=False)
    received_at: float
    """Seconds since the epoch, for a `Retry-After` that is a date; the client sets it on errors."""

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str] | Iterable[tuple[str, str]],
        body: bytes = b"",
        received_at: float = 0.0,
    ) -> None:
        if not isinstance(body, bytes):
            raise unusable("a body of bytes", type(body).__name__)
        self.__attrs_init__(status, headers_of(status, headers), body, received_at)


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
_FIRST, _LAST = 100, 999


class Headers(dict[str, str]):
    """The headers of an answer as `join_headers` returns them."""


def headers_of(status: int, given: Mapping[str, str] | Iterable[tuple[str, str]]) -> Headers:
    """Return the headers that a transport gives, joined.

    Raises:
        APIResponseValidationError: They are not text, or the status is none.
        APIConnectionError: As `join_headers` says.
    """
    if not isinstance(status, int):
        raise unusable("a status that is an int", type(status).__name__)
    if not _FIRST <= status <= _LAST:
        raise unusable("a status from 100 to 999", str(int(status)))
    if isinstance(given, Headers):
        return given
    lines: Any = given.items() if hasattr(given, "items") else given
    try:
        pairs = [(name, value) for name, value in lines]
    except (TypeError, ValueError):
        raise unusable("headers as a mapping or as pairs", type(given).__name__) from None
    for each in (each for pair in pairs for each in pair):
        if not isinstance(each, str):
            raise unusable("headers of text", type(each).__name__)
    return join_headers(pairs, status=status)


def unusable(expected: str, received: str) -> APIResponseValidationError:
    return APIResponseValidationError(
        f"the answer cannot be used: expected {expected}, received {received}.",
        member=None,
        expected=expected,
        received=received,
    )


def join_headers(pairs: Iterable[tuple[str, str]], *, status: int = 200) -> Headers:
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
    joined, several = Headers(), dict[str, list[str]]()
    for name, value in pairs:
        if (lower := name.lower()) in joined:
            several.setdefault(lower, [joined[lower]]).append(value.strip())
        else:
            joined[lower] = value.strip()
    for name, values in several.items():
        joined[name] = ", ".join(values)
    for name, line in list(joined.items()):
        if name not in _SINGLE or "," not in line:
            continue
        different = list(dict.fromkeys(map(_once, several.get(name, [line]))))
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

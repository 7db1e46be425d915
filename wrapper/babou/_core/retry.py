"""Decide what may be tried again, and when. Pure.

| rule | source |
|---|---|
| 408, 409, 429 and every 5xx may be tried again, 52x of a CDN included | D8, D11 |
| the n-th pause is drawn from 0 to min(8, 0.5·2ⁿ⁻¹) seconds (full jitter) | D11 |
| `Retry-After` and `retry-after-ms` are lower bounds of it | RFC 9110, 10.2.3 |
| of several, the longest counts | RFC 9110, 5.3 |
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING

from babou._errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    BudgetError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from babou._errors import BabouError

_ENOUGH = 1.0
"""Seconds that a server may need: a timeout after less says nothing about the server."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
_RETRYABLE = frozenset({408, 409, 429})
_SERVER_ERROR = 500
_SECONDS = re.compile(r"\d{1,9}(\.\d+)?", re.ASCII)
_VALUE = re.compile(r"(?:\s*(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,)?[^,]+", re.IGNORECASE)
"""One of several values; the comma after the day of a date is part of it (RFC 9110, 5.6.7)."""


def is_retryable(status: int) -> bool:
    """Tell whether a call with this answer can succeed later."""
    return status in _RETRYABLE or status >= _SERVER_ERROR


def is_transient(error: BabouError) -> bool:
    """Tell whether the same call can succeed later."""
    return isinstance(error, APIConnectionError) or (
        isinstance(error, APIStatusError) and error.retryable
    )


def says_nothing(error: object, *, given: float, allowed: float, longest: float) -> bool:
    """Tell whether an error is only the timeout of a request that had very little time left.

    Args:
        error: The result of the request.
        given: Seconds that the request had.
        allowed: Seconds that it would have had if the end had not been so near.
        longest: Seconds that the slowest request before it took.
    """
    return isinstance(error, APITimeoutError) and given < min(allowed, max(_ENOUGH, longest))


def backoff(failures: int, random: Callable[[], float]) -> float:
    """Return the seconds to pause after a number of failures in a row, 1 or more."""
    longest = FIRST_PAUSE * 2.0 ** min(failures - 1, 10)
    return random() * min(LONGEST_PAUSE, longest)


def pause(error: BabouError, failures: int, random: Callable[[], float]) -> float:
    """Return the seconds to pause after an error: back-off, and at least what the server asks."""
    return max(backoff(failures, random), asked_pause(error))


def asked_pause(error: BabouError) -> float:
    """Return the seconds that the server or the budget asks to wait; 0 if it asks for none."""
    asked = error.retry_after if isinstance(error, (APIStatusError, BudgetError)) else None
    return asked or 0.0


def retry_after(headers: Mapping[str, str], received_at: float) -> float | None:
    """Return the seconds that the headers ask to wait, or None.

    Args:
        headers: Names in lower case.
        received_at: Seconds since the epoch; used if there is no `Date` header.
    """
    milliseconds = [
        float(value) / 1000
        for value in _values(headers, "retry-after-ms")
        if _SECONDS.fullmatch(value)
    ]
    if milliseconds:
        return max(milliseconds)
    asked = list[float]()
    for value in _values(headers, "retry-after"):
        if _SECONDS.fullmatch(value):
            asked.append(float(value))
        elif (moment := _timestamp(value)) is not None:
            asked.append(max(0.0, moment - _sent_at(headers, received_at)))
    return max(asked, default=None)


def _values(headers: Mapping[str, str], name: str) -> list[str]:
    return [value.strip() for value in _VALUE.findall(headers.get(name, ""))]


def _sent_at(headers: Mapping[str, str], received_at: float) -> float:
    """Return when the answer was sent, by the server's clock if possible: ours may be wrong.

    Of several times the earliest counts: it makes the longest pause.
    """
    told = [_timestamp(date) for date in _values(headers, "date")]
    return min((moment for moment in told if moment is not None), default=received_at)


def _timestamp(date: str) -> float | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 (slow to import, seldom needed)

    try:
        moment = parsedate_to_datetime(date)
        # asctime's format, still allowed, names no zone; it means UTC (RFC 9110, 5.6.7).
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None

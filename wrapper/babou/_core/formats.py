"""The formats of JSON Schema that the generated code reads into types of their own. Pure."""

from __future__ import annotations

import functools
import re
from datetime import UTC, date, datetime, timedelta

# RFC 3339, section 5.6, with its lower-case letters, leap seconds and any number of digits.
_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]((?:[01]\d|2[0-3]):[0-5]\d:)([0-5]\d|60)(?:\.(\d+))?"
    r"([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_LEAP_SECOND = "60"
_DATE = r"\d{4}-\d\d-\d\d"
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@functools.lru_cache(maxsize=128)  # the validator asks, and then the reader
def spelled_date_time(text: str) -> str:
    """Return an RFC 3339 time as `datetime` writes it, or raise ValueError or OverflowError.

    A leap second becomes the second after it, as in POSIX time; digits past the microsecond are
    cut off, not rounded.
    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 time with an offset")
    day, hours_minutes, seconds, fraction, offset = match.groups()
    leap = seconds == _LEAP_SECOND
    if leap:
        seconds = "59"
    micros = f".{fraction[:6]}" if fraction else ""
    moment = datetime.fromisoformat(f"{day}T{hours_minutes}{seconds}{micros}{offset.upper()}")
    if not leap:
        return moment.isoformat()
    if f"{moment.astimezone(UTC):%H:%M}" != "23:59":
        raise ValueError("leap seconds come at the end of a day")
    return (moment + timedelta(seconds=1)).isoformat()


def _is_date_time(text: str) -> bool:
    try:
        spelled_date_time(text)
    except (ValueError, OverflowError):
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        return bool(re.fullmatch(_DATE, text, re.ASCII) and date.fromisoformat(text))
    except ValueError:
        return False


def _is_uuid(text: str) -> bool:
    return re.fullmatch(_UUID, text, re.ASCII | re.IGNORECASE) is not None


FORMATS = {
    "date-time": _is_date_time,
    "date": _is_date,
    "uuid": _is_uuid,
}

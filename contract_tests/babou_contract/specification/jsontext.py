"""Read JSON as strictly as RFC 8259 writes it, times as RFC 3339 does, URIs as RFC 3986."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

# RFC 3339, section 5.6; its letters may be in lower case, its fraction as long as it likes.
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(\.\d+)?"
    r"(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)

# RFC 3986, section 3: a scheme, and an authority that is not empty where there is one.
_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?!//[/?#]|//$)"
    r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"
)


class DuplicateNameError(ValueError):
    """An object names a member twice."""


def strict(body: bytes) -> Any:  # noqa: ANN401  any JSON value
    """Return the value of a JSON text.

    Raises:
        ValueError: It is not JSON: another encoding than UTF-8, a byte order mark, NaN, a name
            twice in one object, something after the value.
    """
    text = body.decode("utf-8")  # a UnicodeDecodeError is a ValueError
    if text.startswith("\ufeff"):
        raise ValueError("it begins with a byte order mark (RFC 8259, section 8.1)")
    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DuplicateNameError(f"the name {twice!r} stands twice in one object")
    return members


def moment(text: str) -> datetime:
    """Return the instant that an RFC 3339 text names, to the microsecond.

    Raises:
        ValueError: It names none.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 time with an offset")
    date, hours, minutes, seconds, fraction, sign, *offset = match.groups()
    leap = seconds == "60"
    micros = int((fraction or ".0")[1:7].ljust(6, "0"))
    local = datetime.fromisoformat(f"{date}T{hours}:{minutes}:{'59' if leap else seconds}+00:00")
    shift = timedelta(hours=int(offset[0] or 0), minutes=int(offset[1] or 0))
    try:
        instant = local.replace(microsecond=micros) + (shift if sign == "-" else -shift)
    except OverflowError as error:
        raise ValueError("no such year") from error
    if leap and (instant.astimezone(UTC).hour, instant.minute) != (23, 59):
        raise ValueError("leap seconds come at the end of a day")
    return instant + timedelta(seconds=1) if leap else instant


def is_time(value: object) -> bool:
    """Say whether a value is no text, or an RFC 3339 time."""
    if not isinstance(value, str):
        return True
    try:
        moment(value)
    except ValueError:
        return False
    return True


def is_uri(value: object) -> bool:
    """Say whether a value is no text, or a URI (RFC 3986): with a scheme, and in ASCII."""
    return not isinstance(value, str) or _URI.fullmatch(value) is not None

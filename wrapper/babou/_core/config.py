"""Check the caller's arguments and the environment before anything is sent."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeGuard, TypeVar
from urllib.parse import urlsplit

from babou._errors import ConfigurationError, InvalidAssetIdError

DEFAULT_BASE_URL = "https://api.babou.ai"
DEFAULT_TIMEOUT = 30.0
DEFAULT_MAX_RETRIES = 2
DEFAULT_WAIT_TIMEOUT = 600.0
MAX_ID_LENGTH = 256  # D12
MAX_SECONDS = 1e9  # some thirty years; the system's own timers overflow at far more
_LONGEST_SHOWN = 80
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MIME_TYPE = re.compile(r"[\x21-\x2e\x30-\x7e]+/[\x21-\x7e]+(; ?[\x21-\x7e]+)*")
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_Asked = TypeVar("_Asked", bound=Callable[[], Any])


class Secret:
    """Hold a key so that no repr, log line or debugger's list of locals shows it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret('***')"

    def reveal(self) -> str:
        """Return the key itself."""
        return self._value


def check_key(key: object, *, source: str = "api_key") -> Secret:
    """Return the key, wrapped, or raise `ConfigurationError` saying what to set."""
    if not isinstance(key, str):
        raise ConfigurationError(
            f"{source} must be a string or a callable that returns one, not {type(key).__name__}."
        )
    if not key:
        raise ConfigurationError(
            f"{source} is empty. Set the environment variable BABOU_API_KEY to a key of the form "
            "sk-bab-…, or pass api_key=."
        )
    if not _VISIBLE_ASCII.fullmatch(key):
        raise ConfigurationError(
            f"{source} contains white space, control or non-ASCII characters: it cannot be sent in "
            "a header. Look for a stray newline or quotation mark where the key is set."
        )
    return Secret(key)


def key_source(api_key: str | _Asked | None) -> Secret | _Asked:
    """Return the key, or the function that returns it; by default the key in BABOU_API_KEY."""
    if callable(api_key):
        return api_key
    if api_key is not None:
        return check_key(api_key)
    if "BABOU_API_KEY" not in os.environ:
        raise ConfigurationError(
            "No API key. Set the environment variable BABOU_API_KEY to a key of the form "
            "sk-bab-…, or pass api_key=."
        )
    return check_key(os.environ["BABOU_API_KEY"], source="BABOU_API_KEY")


def check_base_url(base_url: str | None) -> str:
    """Return the base URL without its trailing slash, by default from BABOU_BASE_URL."""
    source = "base_url"
    if base_url is None:
        source = "BABOU_BASE_URL"
        base_url = os.environ.get(source) or DEFAULT_BASE_URL
    try:
        parts = urlsplit(base_url)
        port_is_valid = parts.port is None or parts.port > 0
    except (ValueError, TypeError, AttributeError):
        parts, port_is_valid = urlsplit(""), False
    if (
        not port_is_valid
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
        or not _VISIBLE_ASCII.fullmatch(base_url)
    ):
        raise ConfigurationError(
            f"{source} must be a URL such as {DEFAULT_BASE_URL}, "
            f"not {re.sub('//[^/]*@', '//***@', str(base_url))!r}."
        )
    if parts.username is not None or "?" in base_url or "#" in base_url:
        raise ConfigurationError(
            f"{source} must have no user name, query or fragment; the key goes in api_key=."
        )
    return base_url.rstrip("/")


def _is_number(value: object, least: float) -> TypeGuard[float]:
    """Tell whether a value is a number from `least` to `MAX_SECONDS`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return least <= value <= MAX_SECONDS


def _is_whole(value: object, least: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def check_seconds(value: object, name: str) -> float:
    """Return a duration in seconds as a float, or raise if it is not positive and finite."""
    if not _is_number(value, 0) or not value:
        raise ConfigurationError(
            f"{name} must be a positive, finite number of seconds, not {_shown(value)}. "
            "To wait long, say how long."
        )
    return float(value)


def check_number(value: object, name: str, *, least: float = 0.0) -> float:
    """Return a number from `least` up as a float, or raise."""
    if not _is_number(value, least):
        raise ConfigurationError(
            f"{name} must be a finite number from {least:g} up, not {_shown(value)}."
        )
    return float(value)


def check_rate(value: object, name: str) -> float:
    """Return a number of requests a second as a float, or raise if it is not positive, finite."""
    if not _is_number(value, 1 / MAX_SECONDS):
        raise ConfigurationError(
            f"{name} must be a positive, finite number of requests a second, not {_shown(value)}."
        )
    return float(value)


def check_count(value: object, name: str) -> int:
    """Return a whole number that is not negative, or raise."""
    if not _is_whole(value, 0):
        raise ConfigurationError(f"{name} must be a whole number from 0 up, not {_shown(value)}.")
    return value


def check_most(value: object) -> int | None:
    """Return how many assets to give at most, or raise; None stands for all."""
    if value is None or _is_whole(value, 1):
        return value
    raise ConfigurationError(
        f"limit must be a whole number from 1 up, not {_shown(value)}. For all, leave it out."
    )


def check_content_type(value: object) -> str | None:
    """Return a MIME type, or None for none, or raise."""
    if value is None or (isinstance(value, str) and _MIME_TYPE.fullmatch(value)):
        return value
    raise ConfigurationError(
        f"content_type must be a MIME type such as 'image/png', not {_shown(value)}."
    )


def check_times(times: object, name: str) -> tuple[float, ...]:
    """Return numbers of seconds, none negative, or raise."""
    several = _several(times, f"{name} must be numbers of seconds")
    return tuple(check_number(time, f"{name}: each of them") for time in several)


def check_schedule(schedule: object) -> tuple[float, ...]:
    """Return times at which to poll, each later than the one before it, or raise."""
    times = check_times(schedule, "schedule")
    if any(after <= before for before, after in pairwise((0.0, *times))):
        raise ConfigurationError(
            f"schedule must begin after 0 s, and each time be later than the last, "
            f"not {_shown(times)}."
        )
    return times


def check_started_at(started_at: object) -> datetime | None:
    """Return the start of a resumed wait, or raise if it has no time zone."""
    if started_at is None:
        return None
    if not isinstance(started_at, datetime) or started_at.utcoffset() is None:
        raise ConfigurationError(
            "started_at must be a datetime with a time zone, such as datetime.now(timezone.utc), "
            f"not {_shown(started_at)}."
        )
    return started_at


def check_asset_id(asset_id: object) -> str:
    """Return an identifier that is one path segment, or raise `InvalidAssetIdError` (D1, D12)."""
    problem = None
    if not isinstance(asset_id, str):
        problem = f"must be a string, not {type(asset_id).__name__}"
    elif not asset_id:
        problem = "is empty"
    elif asset_id in {".", ".."}:
        problem = "would be taken as a directory step and reach another endpoint"
    elif _CONTROL.search(asset_id):
        problem = "contains control characters"
    elif len(asset_id) > MAX_ID_LENGTH:
        problem = f"is longer than {MAX_ID_LENGTH} characters"
    elif _SURROGATE.search(asset_id):
        problem = "contains half of a surrogate pair"
    if problem or not isinstance(asset_id, str):
        raise InvalidAssetIdError(
            f"The asset id {_shown(asset_id)} {problem}. Use the id that the upload returned.",
            asset_id=asset_id,
        )
    return asset_id


def check_asset_ids(
    asset_ids: object, id_of: Callable[[object], str] = check_asset_id
) -> list[str]:
    """Return several identifiers, or raise."""
    several = _several(
        asset_ids, "asset_ids must be several ids, such as a list (for one, call wait)"
    )
    return [id_of(asset_id) for asset_id in several]


def _several(values: object, expected: str) -> Iterable[object]:
    """Return an iterable; raise for text and mappings, whose letters or keys aren't meant."""
    if isinstance(values, (str, bytes, bytearray, Mapping)) or not isinstance(values, Iterable):
        raise ConfigurationError(f"{expected}, not {_shown(values)}.")
    return values


@functools.cache
def version() -> str:
    """Return this package's version."""
    # Installers write it into the name of a folder beside the package. `importlib.metadata` would
    # read it there as well, but takes as long as twenty calls to load.
    beside = [path.name for path in Path(__file__).parents[1].glob("babou-*.dist-info")]
    if len(beside) == 1:
        return beside[0].removeprefix("babou-").removesuffix(".dist-info")
    from importlib import metadata  # noqa: PLC0415 (slow to import)

    return metadata.version("babou")


def user_agent(suffix: object) -> str:
    """Return the User-Agent header: this package, the Python, the caller's suffix."""
    agent = f"babou-python/{version()} (Python {sys.version.partition(' ')[0]}; {sys.platform})"
    if suffix is None:
        return agent
    if (
        not isinstance(suffix, str)
        or not re.fullmatch(r"[\x20-\x7e]+", suffix)
        or suffix != suffix.strip()
    ):
        raise ConfigurationError(
            "user_agent_suffix must be printable ASCII such as 'my-service/1.4', "
            f"not {_shown(suffix)}."
        )
    return f"{agent} {suffix}"


def _shown(value: object) -> str:
    """Return a value as messages show it: cut short."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 1000:  # noqa: PLR2004
        return "a huge number"  # Python refuses to print very long integers
    shown = repr(value)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"

"""The one place that sends: within the rate, the time and the methods that a run may use."""

import re
import shlex
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

from attrs import field, frozen

from babou_contract import spec
from babou_contract.model import Exchange
from babou_contract.redaction import SHOWN
from babou_contract.settings import Settings
from babou_contract.wire import Raw, Wire, WireError

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_RATE_LIMITED = 429
PASSING = frozenset({502, 503, 504, *range(520, 528)})  # what a proxy says for a moment
_RETRIES = 2
_MOST_WAITS = 12  # 429s in a row, after which the limit is taken to stay
_LONGEST_WAIT = 60.0  # a server that asks for more is not judged now


class OutOfTimeError(Exception):
    """The run's time is up, or would be before the server wants to be asked again."""


@frozen
class Credential:
    """What goes into Authorization, and how it is shown; None sends no such header."""

    value: str | None = field(repr=False)
    shown: str | None


@frozen
class Answer:
    """What came of one request: `raw` with everything in it, `exchange` fit to be shown."""

    exchange: Exchange
    raw: Raw | None

    @property
    def status(self) -> int | None:
        """The status, None where no answer came."""
        return self.exchange.status

    @property
    def is_json(self) -> bool:
        """Whether the answer calls itself JSON."""
        return bool(re.match(r"application/([\w.-]+\+)?json\b", self.media_type))

    @property
    def media_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return (self.exchange.header("content-type") or "").partition(";")[0].strip().lower()


class Session:
    """Sends the run's requests, one at a time, and records each of them."""

    def __init__(
        self,
        settings: Settings,
        *,
        base_url: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.exchanges: list[Exchange] = []
        self.began = time.monotonic()
        self.right = Credential(f"Bearer {settings.api_key}", f"Bearer {SHOWN}")
        self._settings = settings
        self._base_url = base_url.rstrip("/")
        self._prefix = urlsplit(self._base_url).path
        self._wire = Wire(self._base_url, settings.timeout)
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0

    @property
    def base_url(self) -> str:
        """The server, without a slash at the end."""
        return self._base_url

    def left(self) -> float:
        """Return the seconds that are left of the run."""
        limit = self._settings.time_limit
        return float("inf") if limit is None else self.began + limit - time.monotonic()

    def elapsed(self) -> float:
        """Return the seconds since the run began."""
        return time.monotonic() - self.began

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def get(self, asset_id: str, purpose: str, *, credential: Credential | None = None) -> Answer:
        """Ask for an asset."""
        return self.request("GET", target_of(asset_id), purpose, credential=credential)

    def request(
        self,
        method: str,
        path: str,
        purpose: str,
        *,
        credential: Credential | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        on_rate_limit: Callable[[Answer], object] = lambda _answer: None,
    ) -> Answer:
        """Send a request, again where the server says so, and return what came last.

        Each 429 that is waited out is told to `on_rate_limit`.

        Raises:
            OutOfTimeError: The run's time is up.
            ValueError: The method may change something, and that is not allowed.
        """
        if method not in SAFE and not self._settings.allow_unsafe_methods:
            raise ValueError(f"{method} is not sent without --allow-unsafe-methods")
        used = self.right if credential is None else credential
        failures, waits = 0, 0
        while True:
            answer, again = self._once(method, path, purpose, used, headers)
            if answer.status == _RATE_LIMITED:
                waits += 1
                on_rate_limit(answer)
                if waits > _MOST_WAITS:
                    raise OutOfTimeError("the server's rate limit was never lifted")
                self.pause(retry_after(answer.exchange, waits))
            elif failures < _RETRIES and (again or answer.status in PASSING):
                self.pause(retry_after(answer.exchange, failures) if answer.raw else 0.05)
                failures += 1
            else:
                return answer

    def pause(self, seconds: float) -> None:
        """Wait, where there is time for it.

        Raises:
            OutOfTimeError: There is not.
        """
        if seconds > min(self.left(), _LONGEST_WAIT):
            raise OutOfTimeError(f"the server asks to wait {seconds:g} s")
        self._sleep(seconds)

    def turn(self) -> None:
        """Wait until the rate allows a request.

        Raises:
            OutOfTimeError: The run's time is up.
        """
        with self._lock:
            rate = self._settings.rate_limit
            now = time.monotonic()
            wait = max(0.0, self._next - now)
            if self.left() <= wait:
                raise OutOfTimeError("time limit")
            if rate:
                self._next = max(now, self._next) + 1 / rate
        if wait:
            self._sleep(wait)

    def record(self, exchange: Exchange) -> None:
        """Add an exchange that somebody else had with the server."""
        self.exchanges.append(exchange)

    def _once(
        self,
        method: str,
        path: str,
        purpose: str,
        credential: Credential,
        headers: tuple[tuple[str, str], ...],
    ) -> tuple[Answer, bool]:
        self.turn()
        fixed = (("Accept", "application/json"), ("Accept-Encoding", "gzip"), *headers)
        own = (("Authorization", credential.value),) if credential.value is not None else ()
        shown = (("Authorization", credential.shown or ""),) if own else ()
        started, raw, problem, again = self.elapsed(), None, None, False
        try:
            raw = self._wire.send(method, self._prefix + path, (*fixed, *own))
        except WireError as error:
            problem, again = str(error), not error.timed_out
        exchange = Exchange(
            method=method,
            url=self._base_url + path,
            headers=(*fixed, *shown),
            status=raw.status if raw else None,
            received=raw.headers if raw else (),
            body=raw.body if raw else b"",
            error=problem,
            started=started,
            seconds=self.elapsed() - started,
            purpose=purpose,
        )
        self.record(exchange)
        return Answer(exchange, raw), again


def target_of(asset_id: str) -> str:
    """Return the path for an id, which may hold anything; lone surrogates stand for raw bytes."""
    encoded = quote(asset_id.encode("utf-8", "surrogateescape"), safe="")
    return spec.ASSET_PATH.replace("{assetId}", encoded)


def retry_after(exchange: Exchange, attempt: int) -> float:
    """Return how long a server wants to be left alone, in seconds (RFC 9110, 10.2.3)."""
    value = (exchange.header("retry-after") or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return float(min(8.0, 0.25 * 2**attempt))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return float(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def curl(exchange: Exchange) -> str:
    """Return the request as a line for a shell, in which the key is a variable."""
    words = ["curl", "-sS", "-i"]
    if exchange.method == "HEAD":
        words.append("-I")
    elif exchange.method != "GET":
        words += ["-X", exchange.method]
    words += ["--path-as-is", shlex.quote(exchange.url)]
    for name, value in exchange.headers:
        if name in {"Accept", "Accept-Encoding", "User-Agent"}:
            continue
        words += ["-H", _quoted(f"{name}: {value}" if value else f"{name};")]
    return " ".join(words)


def _quoted(text: str) -> str:
    """Quote for a shell, and leave the key's variable, as `probes` wrote it, to be filled in."""
    return f'"{text}"' if "BABOU_API_KEY" in text else shlex.quote(text)

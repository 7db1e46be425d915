"""The one place that sends: within the rate, the time and the methods that a run may use."""

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote_plus, urlsplit

from babou_contract.model import Exchange
from babou_contract.probing.answers import PASSING, RATE_LIMITED, Answer, Credential
from babou_contract.probing.failures import Failure, StoppedError, WireError
from babou_contract.probing.raw import Headers
from babou_contract.probing.redaction import SHOWN
from babou_contract.probing.wire import Wire
from babou_contract.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OPTIONAL = {"HEAD", "OPTIONS"}  # which a server need not offer
RETRIES = 2
_MOST_WAITS = 8  # 429s in a row, after which the limit is taken to stay
_LONGEST_WAIT = 60.0  # a server that asks for more is not judged now
_LONGEST_OUTAGE = 2.0  # what is away for longer than a moment is not waited for


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
        self._key_in_url = quote_plus(settings.api_key) or SHOWN
        self._prefix = urlsplit(self._base_url).path
        self._wire = Wire(self._base_url)
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

    def speaks_tls(self) -> bool:
        """Say whether the port, asked without TLS, is one for TLS."""
        return self._wire.speaks_tls()

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def request(
        self,
        method: str,
        path: str,
        purpose: str,
        *,
        credential: Credential | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        content: bytes = b"",
        announced: int = 0,
        on_rate_limit: Callable[[Answer], object] = lambda _answer: None,
    ) -> Answer:
        """Send a request, again where the server says so, and return what came last.

        Each 429 that is waited out is told to `on_rate_limit`.

        Raises:
            StoppedError: The run's time is up, or the server limits for good.
            ValueError: The method may change something, and that is not allowed.
        """
        if method not in SAFE and not self._settings.allow_unsafe_methods:
            raise ValueError(f"{method} is not sent without --allow-unsafe-methods")
        used = self.right if credential is None else credential
        failures, waits = 0, 0
        while True:
            answer = self._once(
                method,
                path,
                purpose,
                used,
                headers=headers,
                content=content,
                announced=announced,
            )
            if answer.status == RATE_LIMITED:
                waits += 1
                on_rate_limit(answer)
                if method in _OPTIONAL:
                    return answer
                if waits > _MOST_WAITS:
                    raise StoppedError(f"the server answered 429, {waits} times in a row")
                asked = retry_after(answer.exchange, waits)
                self.pause(asked, f"the server answered 429 and asks to wait {asked:g} s")
            elif failures < RETRIES and _may_pass(answer):
                self.wait_out(answer, failures)
                failures += 1
            else:
                return answer

    def wait_out(self, answer: Answer, failures: int) -> None:
        """Wait until what failed for a passing reason may succeed, after so many failures.

        Raises:
            StoppedError: There is no time for it.
        """
        asked = retry_after(answer.exchange, failures) if answer.raw else 0.2 * failures
        self.pause(min(asked, _LONGEST_OUTAGE), "time limit")

    def pause(self, seconds: float, why_not: str) -> None:
        """Wait, where there is time for it.

        Raises:
            StoppedError: There is not; its text is `why_not`.
        """
        if seconds > min(self.left(), _LONGEST_WAIT):
            raise StoppedError(why_not)
        self._sleep(seconds)

    def turn(self) -> None:
        """Wait until the rate allows a request.

        Raises:
            StoppedError: The run's time is up.
        """
        with self._lock:
            rate = self._settings.rate_limit
            now = time.monotonic()
            wait = max(0.0, self._next - now)
            if self.left() <= wait:
                raise StoppedError("time limit")
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
        *,
        headers: tuple[tuple[str, str], ...],
        content: bytes,
        announced: int,
    ) -> Answer:
        self.turn()
        given = {name.lower() for name, _ in headers}
        usual = (("Accept", "application/json"), ("Accept-Encoding", "gzip"))
        fixed = (*(one for one in usual if one[0].lower() not in given), *headers)
        target, sent, shown_path, shown = path, fixed, path, fixed
        if credential.value is not None:
            is_in_url = credential.place == "query"
            value = quote_plus(credential.value) if is_in_url else credential.value
            target, sent = _with(path, fixed, credential, value)
            shown_path, shown = _with(path, fixed, credential, credential.shown or "")
        if announced:
            shown = (*shown, ("Content-Length", str(announced)))
        started, raw, problem, failure = self.elapsed(), None, None, None
        try:
            seconds = min(self._settings.timeout, self.left())
            raw = self._wire.send(
                method, self._prefix + target, sent, seconds, content=content, announced=announced
            )
        except WireError as error:
            if self.left() <= 0:
                raise StoppedError("time limit") from error
            problem, failure = str(error), error.failure
        exchange = Exchange(
            method=method,
            url=self._base_url + shown_path.replace(self._key_in_url, SHOWN),
            headers=shown,
            status=raw.status if raw else None,
            received=raw.headers if raw else (),
            body=raw.body if raw else b"",
            error=problem,
            started=started,
            seconds=self.elapsed() - started,
            purpose=purpose,
            sent=content,
        )
        self.record(exchange)
        return Answer(exchange, raw, failure)


def _with(path: str, headers: Headers, credential: Credential, text: str) -> tuple[str, Headers]:
    """Return a path and headers with the text of a credential in its place."""
    name = credential.name
    if credential.place == "query":
        return f"{path}{'&' if '?' in path else '?'}{quote_plus(name)}={text}", headers
    if credential.place == "cookie":
        others = [value for header, value in headers if header == "Cookie"]
        rest = tuple(one for one in headers if one[0] != "Cookie")
        return path, (*rest, ("Cookie", "; ".join([*others, f"{name}={text}"])))
    return path, (*headers, (name, text))


def _may_pass(answer: Answer) -> bool:
    """Say whether the same request may get another answer in a moment."""
    return answer.status in PASSING or answer.failure in {Failure.lost, Failure.refused}


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

"""A client as anybody has one, with a recorder between it and the network."""

import os
import ssl
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import httpx
from attrs import define, evolve, field, frozen

import babou
from babou_contract.checks.client import Arguments, Driver
from babou_contract.model import Exchange
from babou_contract.probing.answers import PASSING, Answer
from babou_contract.probing.asks import READ
from babou_contract.probing.failures import NotJudgedError, StoppedError
from babou_contract.probing.observations import Observations
from babou_contract.probing.raw import Headers, Raw, decoded
from babou_contract.probing.session import RETRIES


@cache  # reading the authorities takes longer than a request
def _context(*_variables: str | None) -> ssl.SSLContext:
    return ssl.create_default_context()


def _transport() -> httpx.BaseTransport:
    """Return a transport that trusts whom the check itself trusts."""
    variables = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    return httpx.HTTPTransport(verify=_context(*variables))


@define
class Recorder(httpx.BaseTransport):
    """Stands between the client and the network, and keeps each answer as it came."""

    observations: Observations
    inner: httpx.BaseTransport = field(factory=_transport)
    heard: list[Answer] = field(factory=list)
    copies: list[Callable[[], httpx.Response]] = field(factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, within the run's rate, and keep what comes."""
        session = self.observations.session
        session.turn()
        started, sent = session.elapsed(), request.read()
        response = self.inner.handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101  a sync transport
        content = b"".join(response.stream)
        response.close()
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in response.headers.raw)
        accepted = request.headers.get("accept-encoding", "")
        raw = decoded(Raw(response.status_code, headers, content), accepted)
        exchange = evolve(self._exchange(request, raw, headers, started), sent=sent)
        self.heard.append(Answer(exchange, raw))
        session.record(self.heard[-1].exchange)
        self.copies.append(
            lambda: httpx.Response(
                raw.status, headers=response.headers.raw, stream=httpx.ByteStream(content)
            )
        )
        return self.copies[-1]()

    def close(self) -> None:
        """Close the connections."""
        self.inner.close()

    def _exchange(
        self, request: httpx.Request, raw: Raw, headers: Headers, started: float
    ) -> Exchange:
        session = self.observations.session
        return Exchange(
            method=request.method,
            url=str(request.url),
            headers=tuple((n, self.observations.shown_as(v)) for n, v in request.headers.items()),
            status=raw.status,
            received=headers,
            body=raw.body,
            started=started,
            seconds=session.elapsed() - started,
            purpose="the client's",
        )


@frozen
class Asked:
    """What a client made of the answers to a call: models, or an error."""

    made: list[Any] | babou.BabouError
    answers: tuple[Answer, ...]


@define
class Stranger:
    """A client as anybody has one, with a recorder on its connection."""

    client: babou.Client
    recorder: Recorder
    key: str = field(repr=False)

    def hides_in(self, answer: Answer) -> bool:
        """Say whether the client shows an answer otherwise than it came: it takes its key out."""
        return answer.raw is not None and self.key.encode() in answer.raw.text

    def asked(self, driver: Driver, arguments: Arguments) -> Asked:
        """Call; return what the client gave or raised, and what it was made from.

        Call again where a proxy fails for a moment: a client that uploads does not.

        Raises:
            NotJudgedError: No answer came at all, or the time is up.
        """
        failures = 0
        while True:
            before = len(self.recorder.heard)
            made = _called(self.client, driver, arguments)
            heard = self.recorder.heard[before:]
            if not heard:
                raise NotJudgedError(f"the client got no answer: {made}")
            if failures == RETRIES or heard[-1].status not in PASSING:
                return Asked(made, tuple(heard))
            try:
                self.recorder.observations.session.wait_out(heard[-1], failures)
            except StoppedError as error:
                raise NotJudgedError(str(error)) from error
            failures += 1

    def again(
        self, driver: Driver, arguments: Arguments, copies: Sequence[Callable[[], httpx.Response]]
    ) -> list[Any] | babou.BabouError:
        """Return what this client makes of answers that came to another one."""
        left = iter(copies)
        inner = httpx.MockTransport(lambda _request: next(left)())
        transport = babou.HttpxTransport(httpx.Client(transport=inner))
        base_url = self.recorder.observations.session.base_url
        with babou.Client(self.key, base_url=base_url, transport=transport) as client:
            return _called(client, driver, arguments)


def _called(
    client: babou.Client, driver: Driver, arguments: Arguments
) -> list[Any] | babou.BabouError:
    try:
        return [model for models in driver.answers(client, arguments) for model in models]
    except babou.BabouError as error:
        return error


def strangers(observations: Observations, key: str | None = None) -> Stranger:
    """Return a client of the server.

    Raises:
        NotJudgedError: The server is better left alone.
    """
    observations.of(READ)
    if observations.stopped:
        raise NotJudgedError(observations.stopped)
    recorder = Recorder(observations)
    observations.to_close.append(recorder.close)
    key = observations.settings.api_key if key is None else key
    client = babou.Client(
        key,
        base_url=observations.session.base_url,
        timeout=min(observations.settings.timeout, max(0.1, observations.session.left())),
        transport=babou.HttpxTransport(httpx.Client(transport=recorder)),
    )
    return Stranger(client, recorder, key)


@define
class AsyncRecorder(httpx.AsyncBaseTransport):
    """Lets an asynchronous client use the same recorder."""

    recorder: Recorder

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send as the synchronous transport does."""
        await request.aread()
        response = self.recorder.handle_request(request)
        return httpx.Response(
            response.status_code, headers=response.headers.raw, content=b"", stream=response.stream
        )

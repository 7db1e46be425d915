"""A client without a network, and the search for the smallest example that disagrees."""

import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException, HypothesisWarning

import babou
from babou_contract.checks.client import Arguments, Driver
from babou_contract.checks.comparing import written
from babou_contract.checks.registry import Tally
from babou_contract.settings import Settings
from babou_contract.specification import places

KEY = "sk-bab-contract-check"
BASE = "http://contract.invalid"
_OK = 200


class _Answers:
    """What it was told to answer, in turn and then the last again; keeps the requests."""

    def __init__(self) -> None:
        self.status = _OK
        self.bodies: Sequence[bytes] = (b"",)
        self.requests: list[httpx.Request] = []

    def next_body(self, request: httpx.Request) -> bytes:
        """Keep a request, and return the body that answers it."""
        self.requests.append(request)
        return self.bodies[min(len(self.requests), len(self.bodies)) - 1]


class Loopback(_Answers, httpx.BaseTransport):
    """A transport of httpx that answers without any network."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer at once, and keep the request with its body."""
        request.read()
        body = self.next_body(request)
        return httpx.Response(
            self.status, headers={"Content-Type": "application/json"}, content=body
        )


class Answering(_Answers):
    """A client's transport that does the same, without the thread of one over httpx."""

    def send(
        self,
        request: babou.Request,
        *,
        timeout: float,  # noqa: ARG002  takes no time
        cancel: threading.Event | None = None,  # noqa: ARG002
    ) -> babou.Response:
        """Answer at once, and keep the request with its body."""
        content = b"".join(request.content or ())
        kept = httpx.Request(
            request.method, request.url, headers=dict(request.headers), content=content
        )
        body = self.next_body(kept)
        return babou.Response(self.status, {"content-type": "application/json"}, body)

    def stream(
        self, request: babou.Request, *, stall: float, timeout: float
    ) -> AbstractContextManager[babou.ResponseStream]:
        """Refuse: only downloads ask for that, and here are none."""
        raise NotImplementedError

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


class Loop:
    """A client without a network, as anybody could make one."""

    def __init__(self) -> None:
        self.transport = Answering()
        self.client = babou.Client(KEY, base_url=BASE, max_retries=0, transport=self.transport)

    def answered(
        self, driver: Driver, arguments: Arguments, body: bytes, status: int = _OK
    ) -> Sequence[Any]:
        """Return what the client makes of the first answer to a call."""
        self.transport.status = status
        return self.talk(driver, arguments, [body])[0]

    def talk(
        self, driver: Driver, arguments: Arguments, bodies: Sequence[bytes]
    ) -> list[Sequence[Any]]:
        """Return what the client makes of answers to a call, as many of them as it asks for."""
        self.transport.bodies = bodies
        self.transport.requests.clear()
        with closing(driver.answers(self.client, arguments)) as answers:
            return [made for _, made in zip(bodies, answers, strict=False)]


class FoundError(Exception):
    """Carries the smallest example that disagrees out of hypothesis."""

    def __init__(self, value: object, summary: str, expected: str, received: str) -> None:
        super().__init__(summary)
        self.value, self.summary = value, summary
        self.expected, self.received = expected, received


def explore(
    run: Settings,
    tally: Tally,
    strategy: st.SearchStrategy[Any],
    hold: Callable[[Any], object],
    place: tuple[object, ...],
) -> None:
    """Try values until one disagrees; tell the smallest such one, with the seed."""

    @seed(run.seed)
    @settings(
        max_examples=run.max_examples,
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(strategy)
    def attempt(value: Any) -> None:  # noqa: ANN401  whatever the strategy makes
        tally.case()
        hold(value)

    try:
        with warnings.catch_warnings():
            # It warns of the random module, which other threads may well use meanwhile.
            warnings.simplefilter("ignore", HypothesisWarning)
            attempt()
    except FoundError as found:
        tell(found, tally, place, seed=run.seed)
    except HypothesisException as error:
        tally.disagree("hypothesis could not judge", expected="a verdict", received=str(error))


def tell(
    found: FoundError, tally: Tally, place: tuple[object, ...], *, seed: int | None = None
) -> None:
    """Add what was found to the disagreements."""
    tally.disagree(
        found.summary,
        expected=found.expected,
        received=found.received,
        detail=f"the smallest example: {written(found.value)}",
        seed=seed,
        **places.at(*place),
    )

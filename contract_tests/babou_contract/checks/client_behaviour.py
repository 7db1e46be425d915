"""Boundary 4, continued: errors, waits, and the asynchronous client."""

import asyncio
import time
from http import HTTPStatus
from statistics import median
from typing import Any

import httpx

import babou
from babou_contract.checks.client import Arguments, Driver
from babou_contract.checks.client_server import asked_drivers, check
from babou_contract.checks.meaning.get_asset import reads
from babou_contract.checks.recorder import AsyncRecorder, Stranger, strangers
from babou_contract.checks.registry import Tally
from babou_contract.checks.sending import class_of
from babou_contract.probing.answers import Answer
from babou_contract.probing.asks import READ
from babou_contract.probing.failures import NotJudgedError
from babou_contract.probing.observations import OK, Observations, document_in, read
from babou_contract.specification import places, spec
from babou_contract.specification.schema import fits

_WAIT = 0.4  # seconds that a wait is given, or so long as three answers take
_POLLS = babou.PollPolicy(minimum=0.05, maximum=0.1, jitter=0.0)
_TRIES = 3  # of a wait that met nothing but limits and outages
_SLACK = 12.0  # a request that is under way may take its own time
_CALLS = 3  # of each operation, with both clients
_PASSING = (babou.RateLimitError, babou.InternalServerError, babou.APIConnectionError)


@check("The asynchronous client makes of answers what the synchronous one makes of them.")
def async_agrees_with_sync(observations: Observations, tally: Tally) -> None:
    """Call with the one client, and give the answers that came to the other as well."""
    for driver in asked_drivers(observations):
        for arguments in driver.known(observations)[:_CALLS]:
            stranger = strangers(observations)
            one = asyncio.run(_asked(stranger, driver, arguments))
            if isinstance(one, _PASSING) or not stranger.recorder.heard:
                observations.lack(f"the asynchronous client called {driver.operation_id}: {one}")
                continue
            other = stranger.again(driver, arguments, stranger.recorder.copies)
            tally.case()
            if _plain(one) != _plain(other):
                tally.disagree(
                    f"the two clients disagree about the answers to {driver.operation_id}",
                    expected=repr(other),
                    received=repr(one),
                    exchange=stranger.recorder.heard[-1].exchange,
                )


async def _asked(
    stranger: Stranger, driver: Driver, arguments: Arguments
) -> list[Any] | babou.BabouError:
    observations = stranger.recorder.observations
    async with (
        httpx.AsyncClient(transport=AsyncRecorder(stranger.recorder)) as httpx_client,
        babou.AsyncClient(
            observations.settings.api_key,
            base_url=observations.session.base_url,
            timeout=min(observations.settings.timeout, max(0.1, observations.session.left())),
            transport=babou.AsyncHttpxTransport(httpx_client),
        ) as client,
    ):
        try:
            answers = driver.async_answers(client, arguments)
            return [model async for models in answers for model in models]
        except babou.BabouError as error:
            return error


def _plain(told: list[Any] | babou.BabouError) -> object:
    return told if isinstance(told, list) else type(told)


@check("Each error of the server arrives as its class, with its status, code, text and hint.")
def errors_arrive_as_their_class(observations: Observations, tally: Tally) -> None:
    """Provoke what a client can provoke: a wrong key, and what the server does not have."""
    for driver in asked_drivers(observations):
        right = strangers(observations)
        failing = driver.failing(observations)
        for arguments in failing:
            _hold_error(right, driver, arguments, tally)
        [known, *_] = [*driver.known(observations), *failing]
        for key in observations.keys:
            value = key.credential.value or ""
            if key.name == "missing" or not value.startswith("Bearer "):
                continue  # these the client can't send
            wrong = strangers(observations, value.removeprefix("Bearer "))
            _hold_error(wrong, driver, known, tally)


def _hold_error(stranger: Stranger, driver: Driver, arguments: Arguments, tally: Tally) -> None:
    asked = stranger.asked(driver, arguments)
    answer, error = asked.answers[-1], asked.made
    status = answer.status or 0
    if status < HTTPStatus.BAD_REQUEST:
        return  # to what nothing has, or to a wrong key: the server's checks tell
    tally.case()
    name = driver.operation.status_of(status)
    place = (*driver.operation.place, "responses", *([name] if name else ()))
    expected = class_of(status)
    if type(error) is not expected:
        tally.disagree(
            f"an answer {status} of {driver.operation_id} arrived as {type(error).__name__}",
            expected=expected.__name__,
            received=f"{type(error).__name__}: {error}",
            exchange=answer.exchange,
            **places.at(*place),
        )
        return
    body = None if stranger.hides_in(answer) else _error_body(driver, answer)
    if body is None or not isinstance(error, babou.APIStatusError):
        return
    for name, told in (("code", error.code), ("error", error.message), ("hint", error.hint)):
        if (body.get(name) or None) != (told or None) and (name != "error" or body.get(name)):
            tally.disagree(
                f"{name} of an error did not arrive as the server sent it",
                expected=repr(body.get(name)),
                received=repr(told),
                exchange=answer.exchange,
                **places.at(*place),
            )


def _error_body(driver: Driver, answer: Answer) -> dict[str, Any] | None:
    document = read(answer)
    name = driver.operation.status_of(answer.status or 0) or ""
    content = driver.operation.answers.get((name, "application/json"))
    lawful = isinstance(document, dict) and content is not None and fits(content.schema, document)
    return document if lawful else None


@check("A wait ends as the server says, or is still waiting when its time is up.")
def a_wait_ends_as_the_server_says(observations: Observations, tally: Tally) -> None:
    """Wait for one asset of each state that was seen, for a second at most."""
    reads.of(observations, READ)
    last: dict[str, str] = {}
    for asset_id in reads.shown(observations):
        documents = reads.documents(observations, asset_id)
        if documents:
            last.setdefault(str(documents[-1][0].get("state")), asset_id)
    if not last:
        raise NotJudgedError("no asset was seen")
    for asset_id in last.values():
        tally.case()
        _wait(observations, asset_id, tally)


def _wait(observations: Observations, asset_id: str, tally: Tally) -> None:
    given = max(
        _WAIT, 3 * median(seen.answer.exchange.seconds for seen in reads.of(observations, READ))
    )
    for _ in range(_TRIES):
        ended, took, answers = _ended(strangers(observations), asset_id, given)
        if answers:
            break
    else:
        observations.lack(f"waits for {asset_id!r} met no answer 200, and ended in {ended}")
        return
    document = document_in(answers[-1])
    if document is None or not fits(spec.asset_schema(), document):
        return  # an answer that the spec does not allow: the other checks tell
    state = document["state"]
    expected = {"ready": "ready", "error": "failure", "failed": "failure"}.get(state, "waiting")
    if ended != expected and document["id"] == asset_id:
        tally.disagree(
            f"a wait for an asset in the state {state!r} ended otherwise",
            expected=expected,
            received=ended,
            exchange=answers[-1].exchange,
            **places.at(*places.states()),
        )
    if took > given + _SLACK:
        tally.disagree(
            "a wait took longer than it was given",
            expected=f"{given:.1f} s",
            received=f"{took:.1f} s",
            exchange=answers[-1].exchange,
        )


def _ended(stranger: Stranger, asset_id: str, given: float) -> tuple[str, float, list[Answer]]:
    """Wait, and return how that ended, the seconds, and the answers 200 in between."""
    began = time.monotonic()
    try:
        client = stranger.client.with_options(poll=_POLLS)
        asset = client.assets.wait(asset_id, timeout=given)
        ended = str(getattr(asset.state, "value", asset.state))
    except babou.AssetFailedError:
        ended = "failure"
    except babou.WaitTimeoutError:
        ended = "waiting"
    except babou.BabouError as error:
        ended = type(error).__name__
    took = time.monotonic() - began
    return ended, took, [answer for answer in stranger.recorder.heard if answer.status == OK]


CHECKS = tuple(check)

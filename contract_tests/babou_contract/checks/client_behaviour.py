"""Boundary 4, continued: errors, and the asynchronous client."""

import asyncio
from http import HTTPStatus
from typing import Any

import httpx

import babou
from babou_contract.checks.client import Arguments, Driver, checks_of_drivers
from babou_contract.checks.client_server import asked_drivers, check
from babou_contract.checks.recorder import AsyncRecorder, Stranger, strangers
from babou_contract.checks.registry import Tally
from babou_contract.checks.sending import class_of
from babou_contract.probing.answers import Answer
from babou_contract.probing.observations import Observations, read
from babou_contract.specification import places
from babou_contract.specification.schema import fits

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
        for key in observations.keys(driver.operation):
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


CHECKS = (*check, *checks_of_drivers())

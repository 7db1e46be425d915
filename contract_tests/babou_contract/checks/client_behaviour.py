"""Boundary 4, continued: errors, waits, and the other door of the client."""

import asyncio
import time
from statistics import median
from typing import Any

import httpx

import babou
from babou_contract.checks.client_server import check
from babou_contract.checks.meaning.get_asset import reads
from babou_contract.checks.recorder import AsyncRecorder, Stranger, strangers
from babou_contract.checks.registry import NotExercisedError, Tally
from babou_contract.probing.answers import Answer
from babou_contract.probing.asks import READ
from babou_contract.probing.failures import NotJudgedError
from babou_contract.probing.observations import OK, Observations, document_in
from babou_contract.specification import jsontext, places, spec
from babou_contract.specification.schema import fits

_WAIT = 0.4  # seconds that a wait is given, or so long as three answers take
_POLLS = babou.PollPolicy(minimum=0.05, maximum=0.1, jitter=0.0)
_TRIES = 3  # of a wait that met nothing but limits and outages
_SLACK = 12.0  # a request that is under way may take its own time
_CLASSES: dict[int, type[babou.APIStatusError]] = {
    400: babou.BadRequestError,
    401: babou.AuthenticationError,
    403: babou.PermissionDeniedError,
    404: babou.NotFoundError,
    409: babou.ConflictError,
    429: babou.RateLimitError,
}
_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_PASSING = (babou.RateLimitError, babou.InternalServerError, babou.APIConnectionError)


@check("The asynchronous client makes of an answer what the synchronous one makes of it.")
def async_agrees_with_sync(observations: Observations, tally: Tally) -> None:
    """Fetch settled assets, and give each answer to the other client as well."""
    reads.of(observations, READ)
    settled = reads.settled(observations)[:3]
    if not settled:
        raise NotExercisedError("no asset was seen in a final state")
    stranger = strangers(observations)

    async def ask(asset_id: str) -> babou.Asset | babou.BabouError:
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
                return await client.assets.get(asset_id)
            except babou.BabouError as error:
                return error

    for asset_id in settled:
        one = asyncio.run(ask(asset_id))
        if isinstance(one, _PASSING) or not stranger.recorder.heard:
            observations.lack(f"the asynchronous client read {asset_id!r}: {one}")
            continue
        other = stranger.again(asset_id)
        tally.case()
        if _members(one) != _members(other):
            tally.disagree(
                "the two clients disagree about one answer",
                expected=repr(other),
                received=repr(one),
                exchange=stranger.recorder.heard[-1].exchange,
            )


def _members(told: babou.Asset | babou.BabouError) -> tuple[type, dict[str, Any]]:
    names = spec.asset_schema()["properties"] if isinstance(told, babou.Asset) else ()
    return type(told), {name: getattr(told, name, None) for name in names}


@check("Each error of the server arrives as its class, with its status, code, text and hint.")
def errors_arrive_as_their_class(observations: Observations, tally: Tally) -> None:
    """Provoke what a client can provoke: a wrong key, and ids that nothing has."""
    right = strangers(observations)
    for asset_id in ("ast_none", "00000000-0000-4000-8000-000000000000", " ", "a/b"):
        if asset_id not in reads.known(observations):
            _hold_error(right, asset_id, tally)
    known = next(iter(reads.shown(observations)), "ast_none")
    for key in observations.keys:
        value = key.credential.value or ""
        if key.name == "missing" or not value.startswith("Bearer "):
            continue  # these the client can't send
        _hold_error(strangers(observations, value.removeprefix("Bearer ")), known, tally)


def _hold_error(stranger: Stranger, asset_id: str, tally: Tally) -> None:
    asset, error, answer = stranger.asked(asset_id)
    status = answer.status or 0
    if status < _CLIENT_ERROR:
        return  # of an id that nothing has, or with a wrong key: the server's checks tell
    tally.case()
    expected = babou.InternalServerError if status >= _SERVER_ERROR else _CLASSES.get(status)
    if type(error) is not (expected or babou.APIStatusError):
        tally.disagree(
            f"an answer {status} arrived as {type(error or asset).__name__}",
            expected=(expected or babou.APIStatusError).__name__,
            received=f"{type(error).__name__}: {error}",
            exchange=answer.exchange,
            **places.at(*places.answer(status)),
        )
        return
    body = None if stranger.hides_in(answer) else _error_body(answer)
    if body is None or not isinstance(error, babou.APIStatusError):
        return
    for name, told in (("code", error.code), ("error", error.message), ("hint", error.hint)):
        if (body.get(name) or None) != (told or None) and (name != "error" or body.get(name)):
            tally.disagree(
                f"{name} of an error did not arrive as the server sent it",
                expected=repr(body.get(name)),
                received=repr(told),
                exchange=answer.exchange,
                **places.at(*places.body(status, answer.media_type, [name])),
            )


def _error_body(answer: Answer) -> dict[str, Any] | None:
    try:
        body = jsontext.strict(answer.raw.body if answer.raw else b"")
    except ValueError:
        return None
    lawful = isinstance(body, dict) and fits(spec.error_schema(), body)
    return body if lawful else None


@check("Ids that can't be sent are refused before anything is sent (D1, D12).")
def bad_ids_are_not_sent(observations: Observations, tally: Tally) -> None:
    """Count what goes out for ids that would reach another endpoint, or none."""
    stranger = strangers(observations)
    for asset_id in ("", ".", "..", "a\0b", "a\nb", "\ud800", "z" * (spec.max_id_length() + 1)):
        tally.case()
        try:
            stranger.client.assets.get(asset_id)
        except babou.InvalidAssetIdError:
            if not stranger.recorder.heard:
                continue
        except babou.BabouError as error:
            received = f"{type(error).__name__}"
        else:
            received = "an asset"
        received = "a request was sent" if stranger.recorder.heard else received
        tally.disagree(
            f"the client did not refuse the id {asset_id[:20]!r}",
            expected="InvalidAssetIdError, and no request",
            received=received,
            **places.at(*places.operation("parameters")),
        )


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

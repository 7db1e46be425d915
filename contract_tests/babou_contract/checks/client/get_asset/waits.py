"""Waits: `assets.wait` polls what `assets.get` asks for."""

import time
from statistics import median

import babou
from babou_contract.checks.meaning.get_asset import reads
from babou_contract.checks.recorder import Stranger, strangers
from babou_contract.checks.registry import Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.answers import Answer
from babou_contract.probing.asks import READ
from babou_contract.probing.failures import NotJudgedError
from babou_contract.probing.observations import OK, Observations, document_in
from babou_contract.specification import places
from babou_contract.specification.assets import asset_schema
from babou_contract.specification.schema import fits

check = Register(Boundary.client_server)

_WAIT = 0.4  # seconds that a wait is given, or so long as three answers take
_POLLS = babou.PollPolicy(minimum=0.05, maximum=0.1, jitter=0.0)
_TRIES = 3  # of a wait that met nothing but limits and outages
_SLACK = 12.0  # a request that is under way may take its own time


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
        raise NotJudgedError("no asset was seen: name one that the server has, --asset ID")
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
    if document is None or not fits(asset_schema(), document):
        return  # an answer that the spec does not allow: the other checks tell
    state = document["state"]
    expected = {"ready": "ready", "error": "failure", "failed": "failure"}.get(state, "waiting")
    if ended != expected and document["id"] == asset_id:
        tally.disagree(
            f"a wait for an asset in the state {state!r} ended otherwise",
            expected=expected,
            received=ended,
            exchange=answers[-1].exchange,
            **places.at(*places.listing(reads.asset("state"))),
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

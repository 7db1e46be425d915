"""What the run saw of the spec: each status and media type, verified, violated or not exercised."""

from collections.abc import Iterable

from babou_contract.model import CheckResult, Coverage, CoverageState, Exchange
from babou_contract.specification import spec

_WHY = {
    "200": "no known asset was seen",
    "400": "the server refused no id as malformed (D7)",
    "401": "the server never refused a key",
    "404": "the server never said that it does not know an id",
    "429": "the server never limited the rate, and nothing provokes it",
    "500": "the server never failed, and nothing provokes it",
    "5XX": "no proxy answered for the server, and nothing provokes it",
}


def rows(
    exchanges: Iterable[Exchange], results: Iterable[CheckResult], *, why_not: str = ""
) -> tuple[Coverage, ...]:
    """Return a row for each status and media type of the spec."""
    seen = [one for one in exchanges if one.status is not None and one.method == "GET"]
    wrong = [
        found.exchange
        for result in results
        if result.boundary.needs_server
        for found in result.disagreements
        if found.exchange is not None and found.exchange.method == "GET"
    ]
    made = []
    try:
        responses = spec.responses()
    except LookupError:  # the operation is gone from the spec: boundary 1 tells
        return ()
    for status, answer in responses.items():
        media_types = list(answer.get("content", {})) or [""]
        made += [_row(status, media_type, seen, wrong, why_not) for media_type in media_types]
    return tuple(made)


def _row(
    status: str, media_type: str, seen: list[Exchange], wrong: list[Exchange], why_not: str
) -> Coverage:
    answers = sum(_is(exchange, status, media_type) for exchange in seen)
    violated = any(_is(exchange, status, media_type, strictly=False) for exchange in wrong)
    state, reason = CoverageState.verified, ""
    if violated:
        state = CoverageState.violated
    elif not answers:
        state, reason = CoverageState.not_exercised, why_not or _WHY.get(status, "never seen")
    return Coverage(
        status=status, media_type=media_type, state=state, answers=answers, reason=reason
    )


def _is(exchange: Exchange, status: str, media_type: str, *, strictly: bool = True) -> bool:
    """Say whether an answer belongs to a row; a wrong one may have any media type."""
    came = str(exchange.status)
    ranged = status.endswith("XX") and came[0] == status[0] and came not in spec.responses()
    if came != status and not ranged:
        return False
    told = (exchange.header("content-type") or "").partition(";")[0].strip().lower()
    return not strictly or told == media_type

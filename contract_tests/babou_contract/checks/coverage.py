"""What the run saw of the spec: each status and media type of each operation, and how it was."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from babou_contract.model import CheckResult, Coverage, CoverageState, Exchange
from babou_contract.settings import Settings
from babou_contract.specification import spec
from babou_contract.specification.operations import Operation

_WHY = {
    "2": "no success was seen",
    "400": "the server refused nothing as malformed",
    "401": "the server never refused a key",
    "404": "the server never said that it does not know something",
    "429": "the server never limited the rate, and nothing provokes it",
    "5": "the server never failed, and nothing provokes it",
}


def rows(
    exchanges: Iterable[Exchange],
    results: Iterable[CheckResult],
    settings: Settings,
    *,
    why_not: str = "",
) -> tuple[Coverage, ...]:
    """Return a row for each operation, status and media type of the spec."""
    prefix = urlsplit(settings.base_url or "").path.rstrip("/")
    seen: dict[str, list[Exchange]] = {}
    for one in exchanges:
        if one.status is not None and (operation := _operation_of(one, prefix)):
            seen.setdefault(operation.id, []).append(one)
    wrong = [
        found.exchange
        for result in results
        if result.boundary.needs_server
        for found in result.disagreements
        if found.exchange is not None
    ]
    return tuple(
        _row(
            operation,
            status,
            media,
            seen=seen.get(operation.id, []),
            wrong=wrong,
            why_not=why_not or why,
        )
        for operation in spec.operations()
        for why in (_why_not_asked(operation, settings),)
        for status, media in operation.answers
    )


def _operation_of(exchange: Exchange, prefix: str) -> Operation | None:
    path = urlsplit(exchange.url).path.removeprefix(prefix)
    return spec.operation_for(exchange.method, path)


def _why_not_asked(operation: Operation, settings: Settings) -> str:
    if operation.id in settings.waived:
        return "waived"
    if not operation.is_safe and not settings.allow_unsafe_methods:
        return "not asked: it needs --allow-unsafe-methods"
    return ""


def _row(
    operation: Operation,
    status: str,
    media_type: str,
    *,
    seen: list[Exchange],
    wrong: list[Exchange],
    why_not: str,
) -> Coverage:
    answers = [one for one in seen if operation.status_of(one.status or 0) == status]
    right = sum(one.media_type == media_type for one in answers)
    state, reason = CoverageState.verified, ""
    if any(one in wrong for one in answers):  # a wrong one may have any media type
        state = CoverageState.violated
    elif not right:
        why = next((text for start, text in _WHY.items() if status.startswith(start)), "never seen")
        state, reason = CoverageState.not_exercised, why_not or why
    return Coverage(
        operation=operation.id,
        status=status,
        media_type=media_type,
        state=state,
        answers=right,
        reason=reason,
    )

"""The pages that are asked for, between two looks at the whole list, and how they are read."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from babou_contract.checks.meaning.get_asset import reads
from babou_contract.probing.answers import Answer
from babou_contract.probing.asks import Ask, Call, read, successes
from babou_contract.probing.observations import Observations, document_in
from babou_contract.specification import spec
from babou_contract.specification.operations import Operation

ID = "listAssets"
WHOLE, PART, FILTERED, PAST, LISTED = "whole list", "page", "filtered", "past the end", "listed"
MOST = 100  # assets of a page (D18)
ALL = {"limit": MOST, "offset": 0}
_PARTS = ((2, 0), (2, 2), (3, 1), (1, 0), (1, 1))  # limit and offset; the third overlaps the others
_FAR = 10**6
_MOST_LISTED = 4  # assets that are compared with what get says
_MOST_TYPES = 3
FILTERS = {"state": "state", "contentType": "content_type"}  # the member that each looks at
_NO_TYPE = "application/x-nothing-has-this"


@frozen
class Page:
    """A page that obeys its schema, and what was asked for."""

    ask: Ask
    answer: Answer
    assets: list[dict[str, Any]]
    limit: int
    offset: int
    total: int

    @property
    def ids(self) -> list[str]:
        """The ids of the assets, in their order."""
        return [asset["id"] for asset in self.assets]

    def is_after(self, other: "Page") -> bool:
        """Tell whether it was asked for later than another page."""
        return self.answer.exchange.started > other.answer.exchange.started


def operation() -> Operation:
    """Return the operation."""
    return spec.operation(ID)


def probes(observations: Observations) -> Iterator[Ask]:
    """Yield pages, filters, the page past the end, and reads of what is listed."""
    base = (observations.reached(operation()) or observations.calls[ID])[0]
    plain = base.but(state=None, contentType=None)
    yield _ask(WHOLE, plain, **ALL)
    for limit, offset in _PARTS:
        yield _ask(PART, plain, limit=limit, offset=offset)
    yield _ask(PAST, plain, limit=2, offset=_FAR)
    seen = pages(observations, WHOLE)
    assets = seen[0].assets if seen else []
    for state in _values("state"):
        yield _ask(FILTERED, plain, **ALL, state=state)
    for name, member in FILTERS.items():
        if value := _in_most(assets, member):
            arguments = {"limit": 1, "offset": 1, name: value}
            yield _ask(FILTERED, plain, **arguments)
    found = Counter(str(asset.get("content_type")) for asset in assets)
    types = [media for media, _ in found.most_common(_MOST_TYPES)]
    for media in (*types, _NO_TYPE):
        yield _ask(FILTERED, plain, **ALL, contentType=media)
    pairs = {_pair(asset): None for asset in assets if reads.is_final(asset)}
    for state, media in sorted(pairs, key=lambda pair: -_told_apart(pair, assets))[:1]:
        yield _ask(FILTERED, plain, **ALL, state=state, contentType=media)
    yield from _gets(observations, assets)
    yield _ask(WHOLE, plain, **ALL)
    yield _ask(WHOLE, plain, **ALL)


def _pair(asset: dict[str, Any]) -> tuple[str, str]:
    return str(asset.get("state")), str(asset.get("content_type"))


def _told_apart(pair: tuple[str, str], assets: list[dict[str, Any]]) -> int:
    """Return of how many filters of a pair it would be seen that they are ignored."""
    others = [other for asset in assets if (other := _pair(asset)) != pair]
    return sum(any(one == other[place] for other in others) for place, one in enumerate(pair))


def _ask(kind: str, base: Call, **arguments: Any) -> Ask:  # noqa: ANN401  values of parameters
    told = ", ".join(f"{name}={value}" for name, value in arguments.items())
    expects = successes(operation()) if kind in {WHOLE, PART, PAST} else frozenset()
    return Ask(kind, base.but(**arguments), f"the list with {told}", expects)


def _in_most(assets: list[dict[str, Any]], member: str) -> Any:  # noqa: ANN401  a JSON value
    """Return what most assets have for a member, where that are two at least."""
    counted = Counter(asset[member] for asset in assets if isinstance(asset.get(member), str))
    return next((value for value, count in counted.most_common(1) if count > 1), None)


def _values(name: str) -> list[Any]:
    found = next((p for p in operation().parameters if p.name == name), None)
    return spec.listed(found.schema) if found else []


def _gets(observations: Observations, assets: list[dict[str, Any]]) -> Iterator[Ask]:
    """Yield reads of listed assets, those in a final state first."""
    known = observations.operation(reads.ID)
    if known is None:
        return
    first = sorted(assets, key=lambda asset: not reads.is_final(asset))
    for asset in first[:_MOST_LISTED]:
        arguments = {known.in_path[-1].name: asset["id"]}
        call = Call(known, arguments, subject=asset["id"])
        ask = read(call, f"read {asset['id']!r}, which is listed")
        yield Ask(LISTED, call, ask.about, ask.expects)


def pages(observations: Observations, *kinds: str) -> list[Page]:
    """Return the lawful pages that came to some kinds of questions, in their order."""
    found = []
    for seen in observations.answered(*kinds, operation=ID):
        document = document_in(seen.answer)
        match document:
            case {"assets": list(assets), "pagination": dict(told)} if all(
                isinstance(told.get(name), int) for name in ("limit", "offset", "total")
            ) and all(isinstance(asset, dict) and "id" in asset for asset in assets):
                numbers = (told["limit"], told["offset"], told["total"])
                found.append(Page(seen.ask, seen.answer, assets, *numbers))
    return found


def steady(observations: Observations) -> Page | None:
    """Return the whole list, if it was the same before and after the other pages."""
    whole = pages(observations, WHOLE)
    if len(whole) < 2 or any(page.ids != whole[0].ids for page in whole):  # noqa: PLR2004
        return None
    return whole[0]

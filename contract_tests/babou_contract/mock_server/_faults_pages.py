"""Faults and variants in the pages of a list; they strike only where a page is answered."""

from collections.abc import Callable
from typing import Any

from ._faults import Change, Stage, fault
from ._faults_requests import parameter, with_query
from ._messages import Request, Response, Rewrite


def _change(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Rewrite:
    def rewrite(_request: Request, response: Response) -> Response:
        try:
            page = response.json()
        except ValueError:
            return response
        is_page = isinstance(page, dict) and {"assets", "pagination"} <= page.keys()
        return response.with_json(change(page)) if is_page else response

    return rewrite


@fault(Stage.REQUEST)
def page_cut(*, limit: int = 10) -> Change:
    """Give so many assets a page at most, whatever limit is asked for: a variant, not a fault."""

    def change(request: Request) -> Request:
        return with_query(request, limit=min(limit, _number(request, "limit", limit)))

    return Change(change)


@fault(Stage.REQUEST)
def page_overlaps(*, by: int = 1) -> Change:
    """Begin each page but the first so many assets early, as if new ones had come meanwhile."""

    def change(request: Request) -> Request:
        offset = _number(request, "offset", 0)
        return with_query(request, offset=max(0, offset - by)) if offset else request

    return Change(change)


@fault(Stage.BODY)
def page_total(*, total: int = 0) -> Rewrite:
    """Name another total."""
    return _change(lambda page: page | {"pagination": page["pagination"] | {"total": total}})


@fault(Stage.BODY)
def page_without(*, member: str = "pagination") -> Rewrite:
    """Leave a member of the page out."""
    return _change(lambda page: {name: value for name, value in page.items() if name != member})


@fault(Stage.BODY)
def page_repeats_asset() -> Rewrite:
    """Show the first asset of a page twice."""
    return _change(lambda page: page | {"assets": page["assets"][:1] + page["assets"]})


@fault(Stage.BODY)
def page_loses_asset() -> Rewrite:
    """Leave the first asset of a page out."""
    return _change(lambda page: page | {"assets": page["assets"][1:]})


def _number(request: Request, name: str, default: int) -> int:
    text = parameter(request, name) or ""
    return int(text) if text.isdecimal() else default

"""Go through the list of assets, page after page. Pure.

A server counts pages by offsets, so what is uploaded or deleted meanwhile moves the rest along.
These rules hold for every server, also one whose totals or offsets are wrong:

- An asset is given once: it may have moved to the next page.
- An empty page ends a reading (D19), and one that is not full, if the total agrees (D18). So does
  a page that is past all that was given and has nothing new: the server ignores the offset.
- A page begins with the last asset of the page before. Where it does not, assets have left the
  list, and others moved to a page that was read already.
- Then, and where fewer were given than the total says, the list is read from its beginning again.
- A reading without anything new is the last. If fewer were given than the total says, that is an
  error: they would be lost without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from babou._core.calls import Query, page_call
from babou._core.flows import ask
from babou._core.operations import largest_page
from babou._errors import APIResponseValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from babou._core.calls import Answer
    from babou._core.messages import Step
    from babou._core.operations import AssetPage


def pages(
    query: Query,
    *,
    most: int | None,
    now: float,
    timeout: float,
    max_retries: int,
    random: Callable[[], float],
) -> Generator[Step | AssetPage, Answer, None]:
    """Yield the pages of a list, each with the assets that none before it had.

    Where one is yielded, None is sent back, with the time at which the next one is asked for.

    Args:
        query: Which assets.
        most: How many assets to give at most, or None for all.
        now: The runner's time.
        timeout: Seconds that each page may take.
        max_retries: Further attempts for each page.
        random: Gives numbers from 0 up to 1.

    Raises:
        APIResponseValidationError: The server announces assets that it does not give.
        BabouError: As `ask` says.
    """
    known: set[str] = set()
    limit = largest_page() if most is None else min(most, largest_page())
    is_first = True
    while True:
        before, offset, is_over, has_moved = len(known), 0, False, False
        while not is_over:
            call = page_call(query, limit=limit, offset=offset)
            page, now = yield from ask(
                call, now=now, timeout=timeout, max_retries=max_retries, random=random
            )
            new = {asset.id: asset for asset in page.assets if asset.id not in known}
            given = tuple(new.values())[: None if most is None else most - len(known)]
            known.update(asset.id for asset in given)
            if given or is_first:
                _, now = yield evolve(page, assets=given)
            if len(known) == most:
                return
            count, is_first = len(page.assets), False
            has_moved = has_moved or bool(offset and count and page.assets[0].id in new)
            is_last = count < min(limit, page.limit) and offset + count >= page.total
            is_over = not count or is_last or (not new and offset + 1 >= len(known))
            offset += max(1, count - 1)
        if len(known) >= page.total and (not has_moved or len(known) == before):
            return
        if len(known) == before:
            raise _missing(len(known), page.total)


def _missing(given: int, total: int) -> APIResponseValidationError:
    return APIResponseValidationError(
        f"The list of assets is not what the specification promises: the server says that it has "
        f"{total}, and gave {given}. Try again later, or report it to Babou.",
        member="pagination.total",
        expected=str(given),
        received=total,
    )

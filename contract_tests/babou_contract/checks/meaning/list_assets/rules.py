"""Rules about pages: numbers that add up, slices of one list, filters, assets that are there."""

import re
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from babou_contract.checks.judging import is_refusal, refused
from babou_contract.checks.meaning.get_asset import reads
from babou_contract.checks.meaning.get_asset.reads import FINAL
from babou_contract.checks.meaning.list_assets import pages
from babou_contract.checks.meaning.list_assets.pages import (
    FILTERED,
    FILTERS,
    ID,
    LISTED,
    MOST,
    PART,
    PAST,
    WHOLE,
    Page,
)
from babou_contract.checks.registry import NotExercisedError, Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.answers import Answer
from babou_contract.probing.asks import READ, VALUE
from babou_contract.probing.observations import Observations, document_in
from babou_contract.specification import places, published
from babou_contract.specification.assets import asset_schema
from babou_contract.specification.schema import fits

check = Register(Boundary.spec_server)

_LASTING = ("name", "content_type", "created_at")
_FOUND_LATER = ("duration", "width", "height")
_SAME = (*_LASTING, "state", "url", "size", *_FOUND_LATER)


@check("A page has as many assets as its numbers say, and its numbers are those that were asked.")
def pages_add_up(observations: Observations, tally: Tally) -> None:
    """Hold limit and offset against the request, and the assets against limit, offset, total."""
    known = {p.name: p.schema for p in pages.operation().parameters}
    usual = {name: schema["default"] for name, schema in known.items() if "default" in schema}
    for page in pages.pages(observations, WHOLE, PART, FILTERED, PAST, READ):
        tally.case()
        asked = {"limit": page.limit, "offset": page.offset, **usual, **page.ask.call.arguments}
        for name, told in (("limit", page.limit), ("offset", page.offset)):
            if str(told) != str(asked[name]):
                what = f"{name} is not the one that was asked for"
                _tell(tally, page.answer, what, asked[name], told)
        wanted = min(page.limit, max(0, page.total - page.offset))
        if len(page.assets) != wanted:
            what = "a page has another number of assets than its limit, offset and total say"
            _tell(tally, page.answer, what, wanted, len(page.assets))


@check("A page has at most a hundred assets, whatever is asked for (D18).")
def pages_have_at_most_a_hundred_assets(observations: Observations, tally: Tally) -> None:
    """Count the assets; a larger limit may be refused, or cut down."""
    for page in pages.pages(observations):
        tally.case()
        if max(page.limit, len(page.assets)) > MOST:
            received = f"limit {page.limit}, {len(page.assets)} assets"
            _tell(tally, page.answer, "a page has more than a hundred assets", f"{MOST}", received)


@check("Pages are slices of one list: they follow each other, and overlap as they have to.")
def pages_are_slices(observations: Observations, tally: Tally) -> None:
    """Compare pages with the whole list, where that did not change meanwhile."""
    whole = {"": _steady(observations).ids}
    for page in pages.pages(observations, FILTERED):
        if page.ask.call.arguments["limit"] == MOST:
            whole[_filter_of(page)] = page.ids
    for page in pages.pages(observations, PART, FILTERED):
        asked, filtered = page.ask.call.arguments, _filter_of(page)
        if asked.get("state", FINAL[0]) not in FINAL or filtered not in whole:
            continue  # what is on its way comes and goes
        tally.case()
        wanted = whole[filtered][asked["offset"] : asked["offset"] + asked["limit"]]
        if page.ids != wanted and asked["offset"] + asked["limit"] <= MOST:
            what = "a page is not the slice of the list that was asked for"
            _tell(tally, page.answer, what, wanted, page.ids)


def _filter_of(page: Page) -> str:
    asked = page.ask.call.arguments
    return "&".join(f"{name}={asked[name]}" for name in FILTERS if name in asked)


@check("The order of the list stays, as long as nothing is added or taken away.")
def the_order_stays(observations: Observations, tally: Tally) -> None:
    """Compare the looks at the whole list that show the same assets."""
    whole = pages.pages(observations, WHOLE)
    for before, after in pairwise(whole):
        tally.case()
        if sorted(before.ids) == sorted(after.ids) and before.ids != after.ids:
            _tell(tally, after.answer, "the list came in another order", before.ids, after.ids)


@check("A page past the end is empty, and has the same total (D19).")
def a_page_past_the_end_is_empty(observations: Observations, tally: Tally) -> None:
    """Skip more than there are."""
    for seen in refused(observations, PAST, operation=ID):
        tally.case()
        what = "a page past the end is refused"
        _tell(tally, seen.answer, what, "a page without assets", seen.answer.excerpt)
    whole = _steady(observations)
    for page in pages.pages(observations, PAST):
        tally.case()
        if page.assets:
            _tell(tally, page.answer, "a page past the end has assets", "none", page.ids)
        elif page.total != whole.total:
            what = "a page past the end has another total"
            _tell(tally, page.answer, what, whole.total, page.total)


@check("No asset is twice in a page.")
def ids_are_unique_in_a_page(observations: Observations, tally: Tally) -> None:
    """Count the ids."""
    for page in pages.pages(observations, WHOLE, PART, FILTERED, READ):
        tally.case()
        twice = sorted({id for id in page.ids if page.ids.count(id) > 1})
        if twice:
            _tell(tally, page.answer, "an asset is twice in a page", "once", twice[0])


@check("A filter lets through what fits, all of it, and nothing else (D20).")
def filters_select(observations: Observations, tally: Tally) -> None:
    """Look for assets that do not fit, and for those of the whole list that are left out."""
    whole = _steady(observations)
    last = {asset["id"]: asset for asset in pages.pages(observations, WHOLE)[-1].assets}
    lasting = [a for a in whole.assets if reads.is_final(a) and last[a["id"]] == a]
    for page in pages.pages(observations, FILTERED, VALUE):
        asked = {p: v for p in FILTERS if (v := page.ask.call.arguments.get(p)) is not None}
        if page.ask.odd or not asked or not all(v and isinstance(v, str) for v in asked.values()):
            continue  # who gets none, or two, may do as if there were no filter
        tally.case()
        for parameter, value in asked.items():
            told = [a for a in page.assets if a.get(FILTERS[parameter]) is not None]
            wrong = [asset for asset in told if not _fits(asset, parameter, value)]
            if wrong:  # null is the schema's affair
                what = f"the filter {parameter} lets other assets through"
                received = f"{wrong[0]['id']}: {wrong[0][FILTERS[parameter]]}"
                _tell(tally, page.answer, what, value, received)
        fitting = [a["id"] for a in lasting if all(_fits(a, *one) for one in asked.items())]
        left_out = [id for id in fitting if id not in page.ids]
        is_whole = whole.total <= page.limit and not page.offset
        if left_out and is_whole and page.is_after(whole):  # before, they may have been under way
            what = f"the filter {' and '.join(asked)} leaves assets out that fit"
            _tell(tally, page.answer, what, left_out[0], page.ids)
    for seen in filter(is_refusal, observations.answered(FILTERED, operation=ID)):
        asked = {p: v for p in FILTERS if (v := seen.ask.call.arguments.get(p)) is not None}
        if all(value in _to_be_taken(parameter, whole) for parameter, value in asked.items()):
            what = f"the filter {' and '.join(asked)} refuses what an asset has"
            wanted = f"the assets with {' and '.join(asked.values())}"
            _tell(tally, seen.answer, what, wanted, seen.answer.excerpt)


def _fits(asset: dict[str, Any], parameter: str, value: str) -> bool:
    return reads.plain(asset.get(FILTERS[parameter])) == reads.plain(value)


def _to_be_taken(parameter: str, whole: Page) -> set[object]:
    """Return what assets have, and of their states the published ones (D20)."""
    used = {asset.get(FILTERS[parameter]) for asset in whole.assets}
    return used & set(published.load()["values"]["filters"]) if parameter == "state" else used


@check("An asset in the list is what reading it says.")
def listed_assets_are_what_get_says(observations: Observations, tally: Tally) -> None:
    """Read some listed assets, and compare what does not change."""
    listed = {a["id"]: (a, page) for page in pages.pages(observations, WHOLE) for a in page.assets}
    urls = _urls(observations)
    for seen in observations.answered(LISTED):
        tally.case()
        told, page = listed[seen.ask.subject]
        document = document_in(seen.answer)
        if document is None:
            if seen.answer.status and seen.answer.status < 500:  # noqa: PLR2004
                what = "an asset is listed, and cannot be read"
                _tell(tally, page.answer, what, told["id"], seen.answer.excerpt)
            continue
        if not fits(asset_schema(), told):
            continue  # the schema tells
        names = _SAME if reads.is_final(told) and reads.is_final(document) else _LASTING
        for name in names:
            here, there = (reads.comparable(name, one.get(name)) for one in (told, document))
            if name in _FOUND_LATER and None in {here, there}:
                continue
            if (
                name == "url"
                and told.get(name)
                and _is_signed(document.get(name)) > _is_signed(told[name])
            ):
                what = "url of a listed asset lacks what signs it where the asset is read"
                _tell(tally, page.answer, what, document.get(name), told[name])
            elif here != there and (name != "url" or urls[told["id"]] == {here}):
                what = f"{name} of a listed asset is not what reading it says"
                _tell(tally, page.answer, what, document.get(name), told.get(name))


def _is_signed(url: object) -> bool:
    """Say whether the query of a url has a signature, without which the storage refuses it."""
    try:
        names = [name for name, _ in parse_qsl(urlsplit(str(url)).query)]
    except ValueError:
        return False
    return any(re.search("sig$|signature|token", name, re.IGNORECASE) for name in names)


def _urls(observations: Observations) -> dict[str, set[object]]:
    """Return the urls that the list says of each asset: several, where they are signed anew."""
    found: dict[str, set[object]] = {}
    for page in pages.pages(observations, WHOLE):
        for asset in page.assets:
            found.setdefault(asset["id"], set()).add(reads.comparable("url", asset.get("url")))
    return found


@check("Each known asset is in the list.")
def known_assets_are_listed(observations: Observations, tally: Tally) -> None:
    """Look for the assets that were read, where the whole list fits in a page."""
    whole = _steady(observations)
    known = observations.calls.get(reads.ID, [])
    if whole.total > MOST or not known:
        raise NotExercisedError("the list has more than a page, or no asset is known")
    for asset_id in reads.shown(observations):
        tally.case()
        if asset_id not in whole.ids:
            _tell(
                tally, whole.answer, "an asset that can be read is not listed", asset_id, whole.ids
            )


def _steady(observations: Observations) -> Page:
    whole = pages.steady(observations)
    if whole is None:
        raise NotExercisedError("the list changed while it was read, or was not seen")
    return whole


def _tell(tally: Tally, answer: Answer, summary: str, expected: object, received: object) -> None:
    tally.disagree(
        f"{ID}: {summary}",
        expected=str(expected),
        received=str(received),
        exchange=answer.exchange,
        **places.at(*places.success_of(pages.operation())),
    )

"""Servers whose list is filtered wrongly."""

from functools import partial

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import FAILS, FILTERS, LAWFUL, SLICES
from kill_matrix.hooks import (
    asked_as,
    both,
    crash,
    invalid,
    listed,
    query,
    sliced,
    the_list,
    where,
)
from kill_matrix.model import Fault, Group, World, query_of

fault = partial(Fault, Group.pages)


def _by_family(world: World, request: Request, response: Response) -> Response:
    """Let through all types that begin like the one that is asked for."""
    family = query_of(request)["contentType"].partition("/")[0] + "/"
    page = world.again(request, query={"contentType": None}).json()
    fitting = [a for a in page["assets"] if a["content_type"].startswith(family)]
    told = page["pagination"] | {"total": len(fitting)}
    return response.with_json({"assets": fitting, "pagination": told})


# fmt: off
FAULTS = (
    fault("state-ignored", "the filter state is ignored", FILTERS, "state",
        asked_as(lambda _query: {"state": None})),
    fault("type-ignored", "the filter contentType is ignored, being spelled otherwise", FILTERS,
        "contentType", asked_as(lambda _query: {"contentType": None})),
    fault("type-by-family", "the filter contentType takes all images for one", FILTERS,
        "contentType", where(both(listed, query("contentType")), _by_family)),
    fault("offset-ignored-with-a-filter", "with a filter, offset is told and ignored", SLICES,
        "slice", where(both(listed, query("contentType"), query("offset", lambda value: value ==
        "1")), asked_as(lambda _query: {"offset": 0}))),
    fault("one-filter-of-two", "of two filters the state is ignored", FILTERS, "state",
        where(query("contentType"), asked_as(lambda _query: {"state": None}))),
    fault("failures-together", "the filter failed finds error as well (D20)", FILTERS, "state",
        where(query("state", lambda value: value == "failed"),
        asked_as(lambda _query: {"state": "error"}))),
    fault("state-none-found", "a state that there is not lets all assets through (D20)", FILTERS,
        "state", where(both(the_list, query("state", lambda value: value == "none of these")),
        lambda world, request, _a: world.again(request, query={"state": None}))),
    fault("state-none-crashes", "a state that there is not is 500", FAILS, "state",
        where(both(the_list, query("state", lambda value: value == "none of these")), crash)),
    fault("filter-leaves-out", "a filter finds one asset only", FILTERS, "leaves assets out",
        where(query("contentType"), sliced(lambda whole: whole[:1]))),
    fault("state-uploading-refused", "the filter refuses uploading, which assets are", FILTERS,
        "refuses", where(both(listed, query("state", lambda value: value == "uploading")),
        invalid)),
    fault("type-webp-refused", "the filter refuses a type that an asset has", FILTERS, "refuses",
        where(both(listed, query("contentType", lambda value: value == "image/webp")), invalid)),
    fault("type-refused", "the filter contentType is refused with 400", LAWFUL, "contentType",
        where(both(listed, query("contentType")), invalid)),
)
# fmt: on

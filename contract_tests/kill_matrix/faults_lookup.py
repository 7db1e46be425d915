"""Servers that find what was not asked for, or not what was."""

# ruff: noqa: PLR2004  (the numbers are what this is about)

import fnmatch
import re
from collections.abc import Callable
from functools import partial
from itertools import cycle

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import IDENTITY, KNOWN, NEAR, UNKNOWN
from kill_matrix.hooks import (
    after,
    asks,
    both,
    document,
    found,
    instead,
    looked_up,
    missing,
    not_found,
    nth,
    put,
    where,
)
from kill_matrix.model import Fault, Group, Hook, World, id_in
from kill_matrix.probes import is_number, is_uuid

fault = partial(Fault, Group.lookup)
Match = Callable[[str, str], bool]


def _matching(match: Match) -> Hook:
    """Find the first id that matches what was asked for."""

    def other(asked: str, ids: tuple[str, ...]) -> str | None:
        return None if asked in ids else next((id for id in ids if match(asked, id)), None)

    return looked_up(other)


def _near(name: str, about: str, says: str, match: Match) -> Fault:
    return fault(name, about, NEAR, says, _matching(match))


def _found(name: str, about: str, says: str, match: Callable[[str], bool]) -> Fault:
    hook = _matching(lambda asked, _id: match(asked))
    return fault(name, about, UNKNOWN, says, hook)


def _like(asked: str, id: str) -> bool:
    pattern = re.escape(asked).replace("%", ".*").replace("_", ".")
    return re.fullmatch(pattern, id, re.DOTALL) is not None


def _pattern(asked: str, id: str) -> bool:
    try:
        return re.fullmatch(asked, id) is not None
    except re.error:
        return False


def _another(asked: str, ids: tuple[str, ...]) -> str | None:
    return next(id for id in cycle(ids) if id != asked) if asked in ids else None


def _one_behind(world: World, request: Request, response: Response) -> Response:
    """Answer as to the request before, one time in six."""
    before = world.memory.get("answer", response)
    world.memory["answer"] = response
    return before if world.count(id_in(request)) % 6 == 0 else response


def _first_read_lost(world: World, request: Request, response: Response) -> Response:
    """Know nothing of an asset when it is asked for the second time: a cold replica."""
    second = world.count(id_in(request)) == 2
    return not_found(world, request, response) if second else response


def _repeated(world: World, request: Request, _response: Response) -> Response:
    """Answer with some asset, which is said to be the one that was asked for."""
    asset = world.again(request, asset_id=world.ids[0])
    if asset.status != 200:
        return asset
    return asset.with_json(asset.json() | {"id": id_in(request).encode(errors="replace").decode()})


# fmt: off
FAULTS = (
    _near("ids-in-any-case", "ids are compared without regard to case", "capitals", lambda asked,
        id: asked.lower() == id.lower()),
    _near("ids-trimmed", "spaces around an id are ignored", "space", lambda asked,
        id: asked.strip(" ") == id),
    _near("id-cut-at-zero", "an id is cut off at a zero byte", "zero byte", lambda asked,
        id: asked.partition("\x00")[0] == id),
    _near("line-end-ignored", "a line end after an id is ignored", "line end", lambda asked,
        id: asked.rstrip("\r\n") == id),
    _near("beginning-is-enough", "the beginning of an id is enough", "half", lambda asked,
        id: len(asked) > 6 and id.startswith(asked)),
    _near("long-ids-cut", "an id is cut off at its column's width", "longer", lambda asked,
        id: asked.startswith(id)),
    _near("end-is-enough", "the end of an id is enough", "before it", lambda asked,
        id: asked.endswith(id)),
    _near("like-percent", "an id is looked up with LIKE", "SQL", _like),
    _near("like-underscore", "an underscore stands for any character", "SQL's wildcard for",
        lambda asked, id: _like(asked.replace("%", "\n"), id)),
    _near("glob", "an id is looked up as a file's pattern", "a wildcard", lambda asked,
        id: fnmatch.fnmatchcase(id, asked)),
    _near("regular-expression", "an id is looked up as a regular expression", "dot", _pattern),
    _near("list-of-ids", "two ids with a comma give the first", "two of it", lambda asked,
        id: asked.partition(",")[0] == id),
    _near("similar-ids", "an id with one wrong character is found", "last character changed",
        lambda asked, id: len(asked) == len(id) and asked[:-1] == id[:-1]),
    _found("any-id-found", "an id that nothing has gives some asset", "short id",
        lambda _asked: True),
    fault("any-id-repeated", "an id that nothing has gives an asset with that very id", UNKNOWN,
        "was found", where(missing, _repeated)),
    _found("uuid-found", "any UUID gives some asset", "UUID", is_uuid),
    _found("number-found", "a number gives the asset of that row", "number", is_number),
    _found("long-id-found", "an id of more than 100 characters gives some asset", "characters",
        lambda asked: len(asked) > 100),
    _found("injection", "quotes in an id reach the database's language", "injection",
        lambda asked: "' OR '" in asked),
    _found("null-found", "the words null and undefined give some asset", "null",
        lambda asked: asked in {"null", "undefined"}),
    _found("other-alphabet-found", "an id that is not ASCII is found by what is left of it",
        "alphabet", lambda asked: not asked.isascii()),
    _found("prefix-found", "the prefix of all ids gives some asset", "prefix",
        lambda asked: asked == "ast_"),
    fault("unknown-is-empty-object", "an unknown id is an empty object with 200", UNKNOWN,
        "was found", where(missing, instead(200, {}))),
    fault("unknown-uuid-is-empty", "an unknown UUID is an empty list with 200", UNKNOWN, "UUID",
        where(both(missing, asks(is_uuid)), instead(200, []))),
    fault("mixed-up-one-in-six", "one read in six gives another asset", IDENTITY, "another asset",
        where(both(found, nth(6)), looked_up(_another))),
    fault("one-behind", "one read in six gives what was asked for before", IDENTITY,
        "another asset", _one_behind),
    fault("mixed-up-after-twenty", "from the 21st read on, another asset is given", IDENTITY,
        "another asset", where(both(found, after(20)), looked_up(_another))),
    fault("id-without-prefix", "an answer has the id without ast_", IDENTITY, "another asset",
        document(lambda asset: asset | {"id": asset["id"].removeprefix("ast_")})),
    fault("id-of-a-template", "every answer has the id of the documentation's example", IDENTITY,
        "ast_abc", put(id="ast_abc123xyz456789012")),
    fault("asset-expires", "after twenty reads an asset is not found any more", KNOWN, "404",
        where(both(found, after(20)), not_found)),
    fault("cold-replica", "the second read of each asset does not find it", KNOWN, "404",
        where(found, _first_read_lost)),
)
# fmt: on

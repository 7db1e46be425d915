"""The answers of an operation, held against the specification that their reader knows."""

from collections.abc import Iterator
from typing import Any

from compat import evidence
from compat.differing import differing
from compat.evidence import Seen
from compat.model import Who
from compat.specification import Parts, media_range
from compat.unexposed import Pair, by_schema, member

Json = Any

_LATER = "Release it only after every server has the new spec"
_ERRORS = ("4", "5", "d")  # `default` stands for errors wherever a success is told of


def answers(pair: Pair) -> Iterator[Seen]:
    """Yield the statuses, media types, headers and members that are new to a reader, or gone."""
    old, new = pair.old.responses, pair.new.responses
    for status, answer in new.items():
        at = (*pair.new.place, "responses", status)
        known = status_in(old, status)
        if known is not None:
            yield from _media_types(pair, at, old[known], answer)
            yield from _headers(pair, at, old[known], answer)
            yield from _codes(pair, at, old[known], answer)
        elif not status.startswith(_ERRORS):
            yield by_schema(at, Who.INSTALLED, f"{status} is no answer that they know", status)
    for status in old:
        if status_in(new, status) is not None:
            continue
        at = (*pair.old.place, "responses", status)
        if status.startswith(_ERRORS):
            what = f"who waits for {status} waits in vain"
            yield by_schema(at, Who.INSTALLED, what, status)
        else:
            what = f"{status} is no answer that they know any more. {_LATER}."
            yield by_schema(at, Who.RUNTIME, what, status)


def status_in(responses: Json, status: str) -> str | None:
    """Return how a status is written among documented ones, be it as a range of them."""
    names = (status, f"{status[0]}XX", f"{status[0]}xx", "default")
    return next((name for name in names if name in responses), None)


def _media_types(pair: Pair, at: Parts, old: Json, new: Json) -> Iterator[Seen]:
    given = new.get("content", {})
    for media, content in old.get("content", {}).items():
        name = media_range(given, media)
        if name is None:
            place = (*pair.old.place, *at[len(pair.new.place) :], "content", media)
            what = f"they read {media}, which is not given any more"
            yield by_schema(place, Who.INSTALLED, what, f"answer {at[-1]} {media}")
            continue
        schemas = content.get("schema", {}), given[name].get("schema", {})
        about = f"answer {at[-1]}"
        yield from _read(pair, (*at, "content", name, "schema"), schemas, about)


def _codes(pair: Pair, at: Parts, old: Json, new: Json) -> Iterator[Seen]:
    """Yield the codes of errors that a status comes with no longer."""
    kept = {code for _, _, code in _told(new)}
    for media, name, code in _told(old):
        if at[-1].startswith(_ERRORS) and code not in kept:
            rest = (*at[len(pair.new.place) :], "content", media, "examples", name)
            what = f"who waits for {code} with {at[-1]} waits in vain"
            yield by_schema((*pair.old.place, *rest), Who.INSTALLED, what, f"{at[-1]} {code}")


def _told(answer: Json) -> Iterator[tuple[str, str, str]]:
    """Yield media type, name and code of each example that has a code."""
    for media, content in answer.get("content", {}).items():
        for name, example in content.get("examples", {}).items():
            value = example.get("value")
            if isinstance(value, dict) and isinstance(value.get("code"), str):
                yield media, name, value["code"]


def _headers(pair: Pair, at: Parts, old: Json, new: Json) -> Iterator[Seen]:
    before, after = (
        {name.lower(): (name, header) for name, header in answer.get("headers", {}).items()}
        for answer in (old, new)
    )
    for key, (name, header) in {**before, **after}.items():
        place, about = (*at, "headers", name), f"answer {at[-1]} header {name}"
        was, now = (headers.get(key, ("", None))[1] for headers in (before, after))
        if now is None:
            what = f"they read {name}, which is not there any more"
            yield by_schema(place, Who.INSTALLED, what, about)
            continue
        needed = [bool(one and one.get("required")) for one in (was, now)]
        if needed == [True, False]:
            yield by_schema(place, Who.INSTALLED, f"{name} may be absent", f"no {about}")
        if needed == [False, True]:
            what = f"{name} has to be there. {_LATER}."
            yield by_schema(place, Who.RUNTIME, what, f"no {about}")
        if was is not None:
            schemas = was.get("schema", {}), header.get("schema", {})
            yield from _read(pair, (*place, "schema"), schemas, about)


def _read(pair: Pair, at: Parts, schemas: tuple[Json, Json], about: str) -> Iterator[Seen]:
    for one in differing(*schemas):
        if one.unnamed:
            if one.by_old:
                what = f"they read {evidence.named(one.path)!r}, which is not there any more"
                yield member(pair, at, one, Who.INSTALLED, what, about=about)
        elif one.by_new:
            what = "an answer that the released specification does not allow"
            yield member(pair, at, one, Who.INSTALLED, what, about=about)
        else:
            what = f"an answer that the new specification does not allow. {_LATER}."
            yield member(pair, at, one, Who.RUNTIME, what, about=about)

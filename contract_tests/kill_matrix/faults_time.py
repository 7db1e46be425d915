"""Servers that say one thing now and another then."""

from functools import partial
from urllib.parse import urlsplit

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import AGREE, FINAL, FORWARDS, KEPT, LASTING, READY
from kill_matrix.hooks import (
    Document,
    after,
    asks,
    both,
    document,
    found,
    instead,
    member,
    nth,
    put,
    where,
)
from kill_matrix.model import Fault, Group, Hook, World, id_in

fault = partial(Fault, Group.time)
_LATER = 1.5  # seconds
sometimes = both(found, nth(6))


def _in_state(current: str, **members: object) -> Hook:
    return document(lambda asset: asset | (members if asset["state"] == current else {}))


def _stale(world: World, request: Request, response: Response) -> Response:
    """Answer one read in six with the first answer of this asset, from a stale replica."""
    first = world.memory.setdefault(id_in(request), response)
    return first if world.count(id_in(request)) % 6 == 0 else response


def _swapped(asset: Document) -> Document:
    other = {"uploading": "processing", "processing": "uploading"}
    return asset | {"state": other.get(asset["state"], asset["state"])}


def _counting(name: str, change: object) -> Hook:
    """Change a member with the number of the read."""

    def hook(world: World, request: Request, response: Response) -> Response:
        number = world.count(("counting", id_in(request)))
        return member(name, lambda value: change(value, number))(world, request, response)  # type: ignore[operator]

    return hook


def _back_later(world: World, request: Request, response: Response) -> Response:
    """Go back to uploading, some time after the first read."""
    began = world.memory.setdefault("began", request.time)
    late = request.time - began > _LATER
    return put(state="uploading")(world, request, response) if late else response


# fmt: off
FAULTS = (
    fault("ready-falls-back", "one read in six of a ready asset says processing", FINAL,
        "processing", where(sometimes, _in_state("ready", state="processing"))),
    fault("ready-begins-again", "after twenty reads a ready asset is uploading again", FINAL,
        "uploading", where(both(found, after(20)), _in_state("ready", state="uploading"))),
    fault("ready-is-archived", "after twenty reads a ready asset is archived", FINAL, "archived",
        where(both(found, after(20)), _in_state("ready", state="archived"))),
    fault("failure-respelled", "one read in six spells failure the other way", FINAL, "error",
        where(both(sometimes, asks(lambda id: "failed" in id)), put(state="error"))),
    fault("failure-heals", "one read in six says ready of what has failed", FINAL, "ready",
        where(sometimes, _in_state("failed", state="ready", url="s3://b/k", size=1))),
    fault("states-swapped", "processing comes before uploading", FORWARDS, "uploading",
        document(_swapped)),
    fault("uploading-again-later",
        "an asset is processing, and after a second and a half uploading again", FORWARDS,
        "uploading", where(asks(lambda id: "stuck" in id), _back_later)),
    fault("stale-replica", "one read in six is the first answer once more", (FORWARDS, FINAL),
        "state", where(found, _stale)),
    fault("created-now", "created_at is the time of the answer", LASTING, "created_at",
        _counting("created_at", lambda text, number: f"{text[:17]}{number % 60:02}{text[19:]}")),
    fault("created-rounded", "after ten reads created_at has another fraction", LASTING,
        "created_at",
        where(both(found, after(10)), member("created_at", lambda text: f"{text[:19]}.125Z"))),
    fault("created-in-another-zone", "one read in six shifts the time and keeps the offset",
        LASTING, "created_at",
        where(sometimes, member("created_at", lambda text: text.replace("T1", "T0")))),
    fault("name-changes", "one read in six has another name", LASTING, "name",
        where(sometimes, put(name="untitled"))),
    fault("name-escaped", "after ten reads a name is escaped once more", LASTING, "name",
        where(both(found, after(10)), member("name", "{}%20".format))),
    fault("type-changes", "one read in six has a general content_type", LASTING, "content_type",
        where(sometimes, put(content_type="application/octet-stream"))),
    fault("ready-without-url", "a ready asset has no url", READY, "url",
        _in_state("ready", url=None)),
    fault("ready-without-size", "a ready asset has no size", READY, "size",
        _in_state("ready", size=None)),
    fault("ready-too-early", "an asset is ready on a replica that has no url yet", READY, "url",
        where(sometimes, _in_state("ready", url=None))),
    fault("size-jumps", "one read in six of a ready asset has another size", AGREE, "size",
        where(sometimes, member("size", lambda size: size + 1))),
    fault("size-grows", "the size of a ready asset grows with each read", AGREE, "size",
        _counting("size", lambda size, number: size + number)),
    fault("turned", "one read in six has width and height the other way round", AGREE, "width",
        where(sometimes, document(lambda asset: asset | {"width": asset["height"],
        "height": asset["width"]}))),
    fault("duration-jumps", "one read in six has another duration", AGREE, "duration",
        where(sometimes, member("duration", lambda seconds: seconds + 0.5))),
    fault("duration-forgotten", "one read in six has no duration", AGREE, "duration",
        where(sometimes, put(duration=None))),
    fault("url-of-another-host", "one read in six has the url of another bucket", AGREE, "url",
        where(sometimes, member("url", lambda url: f"s3://staging{urlsplit(url).path}"))),
    fault("always-in-kilobytes", "size is always in kilobytes", KEPT, "another size",
        member("size", lambda size: size // 1024)),
    fault("always-another-name", "names are always garbled in the same way", LASTING,
        hook=member("name", lambda name: f"Ã¼{name}"),
        beyond="nothing else says what the name was"),
    fault("always-in-another-zone", "created_at is always an hour off", LASTING,
        hook=member("created_at", lambda text: f"{text[:19]}+01:00"),
        beyond="nothing else says when the asset was uploaded"),
    fault("wrong-once-in-a-thousand", "one read in a thousand gives another asset", LASTING,
        hook=where(nth(1000), instead(200, {})),
        beyond="a run makes a few hundred reads; run it more often"),
)
# fmt: on

"""Servers that say one thing now and another then."""

from functools import partial
from urllib.parse import urlsplit

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import AGREE, FINAL, FORWARDS, LASTING, READY
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

fault = partial(Fault, group=Group.time)
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


FAULTS = (
    fault(
        "ready-falls-back",
        about="one read in six of a ready asset says processing",
        killers=(FINAL,),
        says="processing",
        hook=where(sometimes, _in_state("ready", state="processing")),
    ),
    fault(
        "ready-begins-again",
        about="after twenty reads a ready asset is uploading again",
        killers=(FINAL,),
        says="uploading",
        hook=where(both(found, after(20)), _in_state("ready", state="uploading")),
    ),
    fault(
        "ready-is-archived",
        about="after twenty reads a ready asset is archived",
        killers=(FINAL,),
        says="archived",
        hook=where(both(found, after(20)), _in_state("ready", state="archived")),
    ),
    fault(
        "failure-respelled",
        about="one read in six spells failure the other way",
        killers=(FINAL,),
        says="error",
        hook=where(both(sometimes, asks(lambda id: "failed" in id)), put(state="error")),
    ),
    fault(
        "failure-heals",
        about="one read in six says ready of what has failed",
        killers=(FINAL,),
        says="ready",
        hook=where(sometimes, _in_state("failed", state="ready", url="s3://b/k", size=1)),
    ),
    fault(
        "states-swapped",
        about="processing comes before uploading",
        killers=(FORWARDS,),
        says="uploading",
        hook=document(_swapped),
    ),
    fault(
        "uploading-again-later",
        about="an asset is processing, and after a second and a half uploading again",
        killers=(FORWARDS,),
        says="uploading",
        hook=where(asks(lambda id: "stuck" in id), _back_later),
    ),
    fault(
        "stale-replica",
        about="one read in six is the first answer once more",
        killers=(FORWARDS, FINAL),
        says="state",
        hook=where(found, _stale),
    ),
    fault(
        "created-now",
        about="created_at is the time of the answer",
        killers=(LASTING,),
        says="created_at",
        hook=_counting(
            "created_at", lambda text, number: f"{text[:17]}{number % 60:02}{text[19:]}"
        ),
    ),
    fault(
        "created-rounded",
        about="after ten reads created_at has another fraction",
        killers=(LASTING,),
        says="created_at",
        hook=where(both(found, after(10)), member("created_at", lambda text: f"{text[:19]}.125Z")),
    ),
    fault(
        "created-in-another-zone",
        about="one read in six shifts the time and keeps the offset",
        killers=(LASTING,),
        says="created_at",
        hook=where(sometimes, member("created_at", lambda text: text.replace("T1", "T0"))),
    ),
    fault(
        "name-changes",
        about="one read in six has another name",
        killers=(LASTING,),
        says="name",
        hook=where(sometimes, put(name="untitled")),
    ),
    fault(
        "name-escaped",
        about="after ten reads a name is escaped once more",
        killers=(LASTING,),
        says="name",
        hook=where(both(found, after(10)), member("name", "{}%20".format)),
    ),
    fault(
        "type-changes",
        about="one read in six has a general content_type",
        killers=(LASTING,),
        says="content_type",
        hook=where(sometimes, put(content_type="application/octet-stream")),
    ),
    fault(
        "ready-without-url",
        about="a ready asset has no url",
        killers=(READY,),
        says="url",
        hook=_in_state("ready", url=None),
    ),
    fault(
        "ready-without-size",
        about="a ready asset has no size",
        killers=(READY,),
        says="size",
        hook=_in_state("ready", size=None),
    ),
    fault(
        "ready-too-early",
        about="an asset is ready on a replica that has no url yet",
        killers=(READY,),
        says="url",
        hook=where(sometimes, _in_state("ready", url=None)),
    ),
    fault(
        "size-jumps",
        about="one read in six of a ready asset has another size",
        killers=(AGREE,),
        says="size",
        hook=where(sometimes, member("size", lambda size: size + 1)),
    ),
    fault(
        "size-grows",
        about="the size of a ready asset grows with each read",
        killers=(AGREE,),
        says="size",
        hook=_counting("size", lambda size, number: size + number),
    ),
    fault(
        "turned",
        about="one read in six has width and height the other way round",
        killers=(AGREE,),
        says="width",
        hook=where(
            sometimes,
            document(lambda asset: asset | {"width": asset["height"], "height": asset["width"]}),
        ),
    ),
    fault(
        "duration-jumps",
        about="one read in six has another duration",
        killers=(AGREE,),
        says="duration",
        hook=where(sometimes, member("duration", lambda seconds: seconds + 0.5)),
    ),
    fault(
        "duration-forgotten",
        about="one read in six has no duration",
        killers=(AGREE,),
        says="duration",
        hook=where(sometimes, put(duration=None)),
    ),
    fault(
        "url-of-another-host",
        about="one read in six has the url of another bucket",
        killers=(AGREE,),
        says="url",
        hook=where(sometimes, member("url", lambda url: f"s3://staging{urlsplit(url).path}")),
    ),
    fault(
        "always-in-kilobytes",
        about="size is always in kilobytes",
        killers=(AGREE,),
        hook=member("size", lambda size: size // 1024),
        beyond="nothing else says how large the asset is; its bytes are not fetched",
    ),
    fault(
        "always-another-name",
        about="names are always garbled in the same way",
        killers=(LASTING,),
        hook=member("name", lambda name: f"Ã¼{name}"),
        beyond="nothing else says what the name was",
    ),
    fault(
        "always-in-another-zone",
        about="created_at is always an hour off",
        killers=(LASTING,),
        hook=member("created_at", lambda text: f"{text[:19]}+01:00"),
        beyond="nothing else says when the asset was uploaded",
    ),
    fault(
        "wrong-once-in-a-thousand",
        about="one read in a thousand gives another asset",
        killers=(LASTING,),
        hook=where(nth(1000), instead(200, {})),
        beyond="a run makes a few hundred reads; run it more often",
    ),
)

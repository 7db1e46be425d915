"""Servers that are right though unusual in how they list assets and take uploads."""

from collections.abc import Callable

from babou_contract.mock_server import MockServer, Request, Response, by_reads
from babou_contract.probing.samples import SAMPLES
from kill_matrix.hooks import (
    Document,
    asked_as,
    becomes,
    both,
    document,
    header,
    invalid,
    is_new,
    json_body,
    limit,
    listed,
    malformed,
    nth,
    page,
    pages,
    query,
    refused,
    sliced,
    status,
    the_list,
    the_upload,
    then,
    uploaded,
    where,
    wire,
)
from kill_matrix.model import Hook, Populate, Variant, World

_LOOKS = 3
_RETRY = then(limit, header("Retry-After", "0"))


def _again(**changed: object) -> Hook:
    return lambda world, request, _answer: world.again(request, query=changed)


def _grows(world: World, _request: Request, response: Response) -> Response:
    """Get another asset after every third look at the list."""
    if world.count("looks") % 3 == 0:
        world.server.add(f"ast_meanwhile{world.counts['looks']:04}")
    return response


def _going(*states: str) -> Populate:
    """Have a few assets, and let uploads go through these states."""

    def populate(server: MockServer) -> tuple[str, ...]:
        server.uploads = by_reads(*states)
        return server.add("ast_one"), server.add("ast_two", kind="video")

    return populate


def _pages(server: MockServer) -> tuple[str, ...]:
    return tuple(server.add(f"ast_many{number:04}") for number in range(130))[:3]


def _nothing(_server: MockServer) -> tuple[str, ...]:
    return ()


def _sniffed(_world: World, request: Request, _response: Response) -> bool:
    """Say whether the bytes are none of the type's: a sample of it has another length."""
    sample = SAMPLES.get(request.header("content-type") or "", b"")
    return request.header("content-length") != str(len(sample))


def _behind(is_late: Callable[[World, Request, str], bool]) -> Hook:
    """Leave uploads out of the list for a while."""

    def hook(world: World, request: Request, response: Response) -> Response:
        def shown(whole: list[Document]) -> list[Document]:
            late = {a["id"] for a in whole if is_new(a["id"]) and is_late(world, request, a["id"])}
            return [asset for asset in whole if asset["id"] not in late]

        return sliced(shown)(world, request, response)

    return hook


def _for_a_second(world: World, request: Request, asset_id: str) -> bool:
    return request.time - float(world.memory.setdefault(asset_id, request.time)) < 1.0


# fmt: off
VARIANTS = (
    Variant("list-oldest-first", "the oldest asset comes first",
        sliced(lambda whole: whole[::-1])),
    Variant("list-by-id", "assets are listed by their ids",
        sliced(lambda whole: sorted(whole, key=lambda asset: str(asset["id"])))),
    Variant("list-three-looks-behind", "the list has an upload from the fourth look on (D26)",
        _behind(lambda world, _request, asset_id: world.count(asset_id) <= _LOOKS)),
    Variant("list-a-second-behind", "the list has an upload a second after it was first missed",
        _behind(_for_a_second)),
    Variant("list-with-more", "the list tells more than is documented", pages(lambda page: page | {
        "links": {"next": None}, "pagination": page["pagination"] | {"has_more": False}})),
    Variant("list-grows", "assets are added while the list is read", where(listed, _grows)),
    Variant("list-of-many-pages", "there are 130 assets", populate=_pages),
    Variant("list-limit-cut-down", "a limit above 100 is cut down to it (D18)",
        where(both(the_list, query("limit", lambda text: text == "101")), _again(limit=100))),
    Variant("list-limit-0-is-none", "a limit of 0, or that is no number, counts as none (D18)",
        where(both(the_list, query("limit", lambda text: text in {"0", "x"})), _again(limit=None))),
    Variant("list-empty-limit-is-none", "a parameter without a value counts as none",
        where(both(the_list, malformed, lambda _w, request, _a: request.target.endswith("=")),
        _again(limit=None, offset=None, state=None, contentType=None))),
    Variant("list-lacks-a-spelling", "the filter refuses processing and error (D20)", where(both(
        listed, query("state", lambda text: text in {"processing", "error"})), invalid)),
    Variant("list-of-no-such-state", "a state that there is not finds nothing (D20)",
        where(both(the_list, query("state", lambda text: text == "none of these")),
        then(_again(state=None), pages(lambda page: page | {"assets": [], "pagination": page[
        "pagination"] | {"total": 0}})))),
    Variant("list-type-in-any-case", "the filter looks at no letter's case",
        asked_as(lambda query: {n: v.lower() for n, v in query.items() if n == "contentType"})),
    Variant("list-limited", "one list in seven is 429", where(both(the_list, nth(7)), _RETRY)),
    Variant("nothing-uploaded-yet", "there is no asset", populate=_nothing, codes=(3,)),
    Variant("upload-with-200", "an upload is answered with 200 (D21)",
        where(uploaded, becomes(200))),
    Variant("upload-with-location", "an upload's answer says where it is",
        where(uploaded, header("Location", "/api/v1/assets/ast_x"))),
    Variant("upload-ready-at-once", "an upload is ready at once", populate=_going("ready")),
    Variant("upload-processing", "an upload is processing at once",
        populate=_going("processing", "ready")),
    Variant("upload-fails", "an upload fails, as it is no picture",
        populate=_going("uploading", "failed")),
    Variant("upload-named-by-type", "an upload is called after its type (D23)",
        document(lambda asset: asset | ({"name": "image.gif"} if is_new(asset["id"]) else {}))),
    Variant("upload-hints", "a refused upload has a hint and more",
        where(both(the_upload, malformed), json_body(lambda body: body | {"types": ["a/b"]}))),
    Variant("upload-sniffed", "bytes that are not of their type are refused with 400",
        where(both(uploaded, _sniffed), invalid)),
    Variant("upload-limited", "one upload in four is 429", where(both(the_upload, nth(4)), _RETRY)),
    Variant("upload-refused-and-closed", "who has no key is not heard to the end",
        where(both(the_upload, refused), wire(close=True))),
    Variant("upload-too-large-for-the-edge", "an edge proxy refuses large files with its own 413",
        where(status(413), page(413))),
    Variant("upload-too-large-cut-off", "an edge proxy closes the connection on large files",
        where(status(413), wire(start="close"))),
)
# fmt: on

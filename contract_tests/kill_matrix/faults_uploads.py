"""Servers that take uploads wrongly, or make something else of them."""

from functools import partial

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import (
    ANOTHER,
    CODES,
    FAILS,
    IN_LIST,
    KEPT,
    KNOWN,
    MEDIA_TYPES,
    NO_KEY,
    READY_UPLOAD,
    REPEATS,
    SCHEMA,
    STATUSES,
    TAKEN,
    TOO_LARGE,
    UNLAWFUL,
    UPLOADED,
    VALUES,
    WRONG_KEY,
)
from kill_matrix.hooks import (
    PREFIX,
    Document,
    Test,
    after,
    asks,
    becomes,
    both,
    crash,
    found,
    header,
    invalid,
    is_new,
    json_body,
    key_in,
    key_is,
    malformed,
    not_found,
    nth,
    page,
    refused,
    status,
    text,
    the_list,
    the_upload,
    then,
    uploaded,
    where,
)
from kill_matrix.model import Fault, Group, Hook, World

fault = partial(Fault, Group.uploads)

new = asks(is_new)


def _made(change: object) -> Hook:
    """Change the asset that an upload is answered with."""
    return where(uploaded, json_body(change))  # type: ignore[arg-type]


def _read(change: object) -> Hook:
    """Change what reading an upload says."""
    return where(both(found, new), json_body(change))  # type: ignore[arg-type]


def _both(**members: object) -> Hook:
    return then(_made(lambda asset: asset | members), _read(lambda asset: asset | members))


def _sent(media_type: str) -> Test:
    return lambda _w, request, _a: (request.header("content-type") or "") == media_type


def _empty(_world: World, request: Request, _response: Response) -> bool:
    return request.header("content-length") in {None, "0"}


def _taken(_world: World, request: Request, _response: Response) -> Response:
    """Answer as if an upload had been taken."""
    members: Document = _EXAMPLE | {"content_type": request.header("content-type") or "image/gif"}
    return Response(201).with_json(members)


_EXAMPLE = {
    "id": "ast_taken",
    "name": "uploaded-file",
    "url": None,
    "size": None,
    "content_type": "image/gif",
    "state": "uploading",
    "duration": None,
    "width": None,
    "height": None,
    "created_at": "2025-12-02T10:00:00Z",
}


def _first_again(world: World, _request: Request, response: Response) -> Response:
    """Answer each upload with the first asset."""
    first: Response = world.memory.setdefault("first", response)
    return first


# fmt: off
FAULTS = (
    fault("upload-with-202", "an upload is answered with 202", STATUSES, "202",
        where(uploaded, becomes(202))),
    fault("upload-with-204", "an upload is answered with 204", STATUSES, "204",
        where(uploaded, then(text(lambda _body: b""), becomes(204)))),
    fault("upload-to-location", "an upload is redirected to the asset", STATUSES, "303",
        where(uploaded, then(becomes(303), header("Location", "/api/v1/assets/ast_x")))),
    fault("upload-as-html", "an upload is answered with a page", MEDIA_TYPES, "html",
        where(uploaded, header("Content-Type", "text/html"))),
    fault("upload-gives-an-id", "an upload is answered with its id alone", SCHEMA, "name",
        _made(lambda asset: {"id": asset["id"]})),
    fault("upload-in-asset", "an upload is answered within `asset`", SCHEMA, "nothing",
        _made(lambda asset: {"asset": asset})),
    fault("upload-time-without-offset", "a new asset's time has no offset", SCHEMA, "created_at",
        _made(lambda asset: asset | {"created_at": asset["created_at"][:19]})),
    fault("upload-state-undocumented", "a new asset is in the state new", VALUES, "new",
        _made(lambda asset: asset | {"state": "new"})),
    fault("upload-size-one-more", "size counts a byte too many", KEPT, "size", _both(size=44)),
    fault("upload-size-0", "size is 0 when it is told", KEPT, "size", _both(size=0)),
    fault("upload-of-octets", "each upload is application/octet-stream", KEPT, "type",
        _both(content_type="application/octet-stream")),
    fault("upload-guessed", "the type is guessed from the name, wrongly", KEPT, "type",
        _read(lambda asset: asset | {"content_type": "image/png"})),
    fault("upload-repeated", "the same bytes are the same asset", ANOTHER, "one asset",
        where(uploaded, _first_again)),
    fault("upload-lost", "what was uploaded is never found", UPLOADED, "cannot be read",
        where(both(found, new), not_found)),
    fault("upload-lost-later", "what was uploaded is found once", UPLOADED, "cannot be read",
        where(both(found, new, after(1)), not_found)),
    fault("upload-answered-with-another-id", "an upload's answer names no asset", UPLOADED,
        "cannot be read", _made(lambda asset: asset | {"id": f"{asset['id']}0"})),
    fault("upload-found-under-another-id", "reading an upload gives another id", UPLOADED, "id",
        _read(lambda asset: asset | {"id": "ast_contractimage0001"})),
    fault("upload-renamed-later", "an upload has another name when it is read", UPLOADED, "name",
        _read(lambda asset: asset | {"name": "untitled"})),
    fault("upload-made-later", "created_at is that of the analysis", UPLOADED, "created_at",
        _read(lambda asset: asset | {"created_at": "2027-01-01T00:00:00Z"})),
    fault("upload-goes-back", "an upload is uploading after it was processing", UPLOADED,
        "backwards", then(_made(lambda asset: asset | {"state": "processing"}),
        _read(lambda asset: asset | {"state": "uploading", "url": None}))),
    fault("upload-never-listed", "what was uploaded is not in the list", IN_LIST, "not listed",
        where(the_list, json_body(lambda page: page if "assets" not in page else page | {
        "assets": (kept := [a for a in page["assets"] if not is_new(a["id"])]),
        "pagination": page["pagination"] | {"total": len(kept)}}))),
    fault("upload-ready-without-url", "a new asset is ready and has no url", READY_UPLOAD, "url",
        _both(state="ready", url=None)),
    fault("upload-ready-without-size", "a new asset is ready and has no size", READY_UPLOAD, "size",
        _both(state="ready", url="s3://b/k", size=None)),
    fault("upload-of-other-types-taken", "a type that is not documented is taken (D24)", UNLAWFUL,
        "not documented", where(both(the_upload, malformed, _sent("application/x-not-documented")),
        _taken)),
    fault("upload-without-type-taken", "an upload without a type is taken (D24)", UNLAWFUL,
        hook=where(both(the_upload, malformed, _sent("")), _taken),
        beyond="a server may find out the type by itself (RFC 9110, section 8.3)"),
    fault("upload-of-nothing-taken", "an upload without a byte is taken (D24)", UNLAWFUL, "empty",
        where(both(the_upload, malformed, _empty), _taken)),
    fault("upload-of-nothing-crashes", "an upload without a byte is 500", FAILS, "empty",
        where(both(the_upload, malformed, _empty), crash)),
    fault("upload-without-type-crashes", "an upload without a type is 500", FAILS,
        "without a media type", where(both(the_upload, malformed, _sent("")), crash)),
    fault("upload-of-drawings-crashes", "an upload of image/svg+xml is 500", FAILS, "svg",
        where(both(uploaded, _sent("image/svg+xml")), crash)),
    fault("upload-of-sounds-refused", "a WAV is refused with 400, though documented (D24)", TAKEN,
        "audio/wav", where(both(uploaded, _sent("audio/wav")), invalid)),
    fault("upload-of-drawings-refused", "a drawing is refused with 400 (D24)", TAKEN, "svg",
        where(both(uploaded, _sent("image/svg+xml")), invalid)),
    *(
        fault(f"upload-of-{name}-refused", f"{media} is refused with 400, though documented (D24)",
            TAKEN, media, where(both(uploaded, _sent(media)), invalid))
        for name, media in (("mp4", "video/mp4"), ("mov", "video/quicktime"), ("aac", "audio/aac"))
    ),
    fault("upload-of-gifs-refused", "a GIF is refused with 400 (D24)", KNOWN, "an image of a pixel",
        where(both(uploaded, _sent("image/gif")), invalid)),
    fault("upload-refused-with-415", "a type that is not documented is 415", STATUSES, "415",
        where(both(the_upload, malformed), becomes(415))),
    fault("upload-error-without-code", "a refused upload has no code", SCHEMA, "code",
        where(both(the_upload, malformed), json_body(lambda body: {"error": body["error"]}))),
    fault("upload-refusal-without-code", "without a key, an upload's refusal has no code", SCHEMA,
        "401", where(both(refused, the_upload), json_body(lambda body: {"error": body["error"]}))),
    fault("upload-too-large-without-code", "a 413 has no code", SCHEMA, "413",
        where(status(413), json_body(lambda body: {"error": body["error"]}))),
    fault("upload-too-large-taken", "a file of more than 100 MB is taken", TOO_LARGE, "was taken",
        where(status(413), _taken)),
    fault("upload-too-large-with-400", "a file of more than 100 MB is 400", TOO_LARGE,
        "another status", where(status(413), becomes(400))),
    fault("upload-too-large-crashes", "a file of more than 100 MB is 500", FAILS, "100 MB",
        where(status(413), crash)),
    fault("upload-too-large-other-code", "a 413 has the code VALIDATION_ERROR", CODES,
        "VALIDATION_ERROR",
        where(status(413), json_body(lambda body: body | {"code": "VALIDATION_ERROR"}))),
    fault("upload-needs-no-key", "uploads are taken without a key", NO_KEY, "uploadAsset",
        where(both(refused, the_upload), _taken)),
    fault("upload-takes-any-key", "uploads are taken with any key", WRONG_KEY, "uploadAsset",
        where(both(refused, the_upload, key_is(lambda sent, _k: key_in(sent).startswith(PREFIX))),
        _taken)),
    fault("upload-refused-as-page", "an upload without a key gets a page", MEDIA_TYPES, "html",
        where(both(refused, the_upload), page(401))),
    fault("upload-repeats-the-key", "a new asset's url has the key in it", REPEATS, "repeats",
        lambda world, request, answer: _made(lambda asset: asset | {
        "url": f"https://storage.invalid/?key={world.server.api_key}"})(world, request, answer)),
    fault("upload-crashes-one-in-three", "one upload in three is 500", FAILS, "upload",
        where(both(uploaded, nth(3)), crash)),
    fault("upload-refused-one-in-three", "one upload in three is 400", KNOWN, "400",
        where(both(uploaded, nth(3)), invalid)),
    fault("upload-of-other-bytes", "other bytes come back than were uploaded", KEPT, hook=where(
        lambda _w, request, _a: request.path.startswith("/storage/"), text(lambda b: b[::-1])),
        beyond="the bytes are at the storage, which is not asked"),
)
# fmt: on

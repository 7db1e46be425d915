"""Faults and variants of the storage, which has the bytes behind an asset's url."""

from attrs import evolve

from ._assets import etag_of
from ._faults import Change, Stage, fault
from ._files import whole
from ._messages import Response, Rewrite
from ._storage import StoredFile, no_such_key, xml_error


def _instead(answer: Response) -> Rewrite:
    return lambda _request, _response: answer


@fault(Stage.FILE)
def storage_no_ranges() -> Change:
    """Ignore Range and send the whole file: a variant, not a fault."""
    return Change(lambda file: evolve(file, ranges=False))


@fault(Stage.FILE)
def storage_no_etag() -> Change:
    """Leave the ETag out: a variant, not a fault."""
    return Change(lambda file: evolve(file, etag=None))


@fault(Stage.FILE)
def storage_weak_etag() -> Change:
    """Send a weak ETag, which no If-Range matches: a variant, not a fault."""
    return Change(lambda file: evolve(file, etag=f"W/{file.etag}"))


@fault(Stage.FILE)
def storage_ignores_if_range() -> Change:
    """Send the range even where If-Range doesn't match."""
    return Change(lambda file: evolve(file, if_range=False))


@fault(Stage.FILE)
def storage_changed(*, same_etag: bool = False) -> Change:
    """Serve other bytes of the same length, with another ETag or (same_etag) with the old one."""

    def change(file: StoredFile) -> StoredFile:
        content = whole(file.content).translate(bytes(value ^ 0xFF for value in range(256)))
        etag = file.etag if same_etag else etag_of(content)
        return evolve(file, content=content, etag=etag)

    return Change(change)


@fault(Stage.ANSWER)
def storage_expired() -> Rewrite:
    """Answer 403 with S3's XML, as a presigned URL does after its time."""
    return _instead(xml_error(403, "AccessDenied", "Request has expired"))


@fault(Stage.ANSWER)
def storage_not_found() -> Rewrite:
    """Answer 404 with S3's XML."""
    return _instead(no_such_key())


@fault(Stage.ANSWER)
def storage_unavailable(*, retry_after: float | None = None) -> Rewrite:
    """Answer 503 SlowDown with S3's XML."""
    answer = xml_error(503, "SlowDown", "Please reduce your request rate.")
    wait = None if retry_after is None else f"{retry_after:g}"
    return _instead(answer.with_header("Retry-After", wait))


@fault(Stage.ANSWER)
def storage_redirect(*, to: str, status: int = 307) -> Rewrite:
    """Redirect to another path or host."""
    return _instead(Response(status).with_header("Location", to))


@fault(Stage.ANSWER)
def storage_drop_connection() -> Rewrite:
    """Close the connection before any byte of an answer."""
    return _instead(Response().with_wire(start="close"))


@fault(Stage.ANSWER)
def storage_never_answers() -> Rewrite:
    """Take the request, and stay silent with the connection open."""
    return _instead(Response().with_wire(start="stall"))


@fault(Stage.BODY)
def storage_wrong_range(*, shift: int = 1) -> Rewrite:
    """Answer a range with a Content-Range that starts elsewhere."""

    def rewrite(_request: object, response: Response) -> Response:
        unit, _, span = (response.header("content-range") or "").partition(" ")
        first, dash, rest = span.partition("-")
        if not dash:
            return response
        return response.with_header("Content-Range", f"{unit} {int(first) + shift}-{rest}")

    return rewrite


@fault(Stage.WIRE)
def storage_wrong_length(*, missing: int = 10) -> Rewrite:
    """Promise so many bytes more than are sent, and close."""

    def rewrite(_request: object, response: Response) -> Response:
        length = len(response.bytes()) + missing
        return response.with_header("Content-Length", str(length))

    return rewrite


@fault(Stage.WIRE)
def storage_cut(*, after: int = 1000) -> Rewrite:
    """Close after so many bytes of the body."""
    return lambda _request, response: response.with_wire(stop_after=after)


@fault(Stage.WIRE)
def storage_reset(*, after: int = 1000) -> Rewrite:
    """Reset the connection (TCP RST) after so many bytes of the body."""
    return lambda _request, response: response.with_wire(stop_after=after, stop="reset")


@fault(Stage.WIRE)
def storage_stall(*, after: int = 1000) -> Rewrite:
    """Stay silent after so many bytes of the body, with the connection open."""
    return lambda _request, response: response.with_wire(stop_after=after, stop="stall")


@fault(Stage.WIRE)
def storage_slow(*, interval: float = 0.05, piece: int = 16384) -> Rewrite:
    """Send the body in pieces, each after an interval."""
    return lambda _request, response: response.with_wire(
        body_interval=interval, piece=max(1, piece)
    )


@fault(Stage.WIRE)
def storage_latency(*, seconds: float = 0.5) -> Rewrite:
    """Wait before the first byte."""
    return lambda _request, response: response.with_wire(latency=seconds)


@fault(Stage.WIRE)
def storage_chunked() -> Rewrite:
    """Send the bytes in chunks, without a Content-Length: a variant, not a fault."""
    return lambda _request, response: response.with_wire(chunked=True)

"""The bytes behind an asset's url: a small S3, with ranges and conditions (RFC 9110, 13 and 14)."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from attrs import frozen

from ._files import FilePart
from ._messages import Request, Response

LAST_MODIFIED = "Tue, 02 Dec 2025 10:00:00 GMT"

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


@frozen
class StoredFile:
    """A file in the storage; a fault changes it before it is served."""

    content: bytes | FilePart
    content_type: str
    etag: str | None
    last_modified: str = LAST_MODIFIED
    ranges: bool = True
    """Whether Range is understood."""
    if_range: bool = True
    """Whether If-Range is honoured; a server that ignores it mixes old bytes with new ones."""


def last_modified(created_at: object) -> str:
    """Return the asset's time of upload as an HTTP date, a fixed one where it isn't a time."""
    try:
        moment = datetime.fromisoformat(str(created_at))
        return format_datetime(moment.astimezone(UTC), usegmt=True)
    except (ValueError, OverflowError):
        return LAST_MODIFIED


def xml_error(status: int, code: str, message: str) -> Response:
    """Answer with an error as S3 words it."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    )
    return Response(status).with_body(body.encode(), "application/xml")


def no_such_key() -> Response:
    """Answer as S3 does where there is no file."""
    return xml_error(404, "NoSuchKey", "The specified key does not exist.")


def not_allowed() -> Response:
    """Answer as S3 does to a method other than GET and HEAD."""
    answer = xml_error(405, "MethodNotAllowed", "The specified method is not allowed.")
    return answer.with_header("Allow", "GET, HEAD")


def serve(request: Request, file: StoredFile) -> Response:
    """Answer a GET or HEAD with the file, a part of it, or nothing where the caller has it."""
    validators = [("ETag", file.etag)] if file.etag else []
    validators.append(("Last-Modified", file.last_modified))
    kept = tuple((name, value) for name, value in validators if value)
    if (wanted := request.header("if-match")) and not _matches(wanted, file.etag):
        return xml_error(412, "PreconditionFailed", "A precondition did not hold.")
    if (held := request.header("if-none-match")) and _matches(held, file.etag):
        return Response(304, kept)
    headers = (*kept, ("Content-Type", file.content_type))
    if not file.ranges:
        return Response(200, headers, file.content)
    headers = (*headers, ("Accept-Ranges", "bytes"))
    span = _span(request, file)
    if span is None:
        return Response(200, headers, file.content)
    total = len(file.content)
    if not span:
        refusal = xml_error(416, "InvalidRange", "The requested range is not satisfiable")
        return refusal.with_header("Content-Range", f"bytes */{total}")
    headers = (*headers, ("Content-Range", f"bytes {span.start}-{span.stop - 1}/{total}"))
    return Response(206, headers, file.content[span.start : span.stop])


def _matches(condition: str, etag: str | None) -> bool:
    tags = [tag.strip() for tag in condition.split(",")]
    return etag is not None and ("*" in tags or etag in tags)


def _span(request: Request, file: StoredFile) -> range | None:
    """Return the bytes asked for, empty where there are none such, None for the whole file."""
    found = _RANGE.fullmatch((request.header("range") or "").strip())
    if not found or found.groups() == ("", "") or request.method != "GET":
        return None  # RFC 9110, 14.2: what isn't understood is ignored, and so is it on HEAD
    condition = request.header("if-range")
    # RFC 9110, 13.1.5: a weak tag never matches, and a date has to be the very same one.
    strong = file.etag if file.etag and not file.etag.startswith("W/") else None
    if file.if_range and condition not in (None, strong, file.last_modified):
        return None
    total = len(file.content)
    first, last = found.groups()
    if not first:
        return range(max(0, total - int(last)), total)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last or total), total - 1) + 1)

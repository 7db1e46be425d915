"""The body of a request, held against what the operation documents."""

import fnmatch
import json
from typing import Any

from attrs import evolve, frozen

from babou_contract.specification import spec
from babou_contract.specification.operations import Content, Operation

from ._documented import error, essence, invalid, is_json
from ._files import FilePart
from ._messages import Request, Response
from ._schemas import misfit

_MEDIA_TYPE_STATUS = "415"
_TOO_LARGE = 413
_IN_MEMORY = 16 << 20  # bytes of a body that is looked into
_ON_DISK = 1 << 40


@frozen
class Body:
    """A body as it was taken: its media type, and its bytes, or what they say in JSON."""

    media_type: str = ""
    content: bytes | FilePart = b""
    value: Any = None


def head_problem(operation: Operation, request: Request) -> Response | None:
    """Return what is wrong with a body by the request's head alone."""
    if not has_body(request):
        return invalid(operation, "there is no body") if operation.body_required else None
    if not operation.bodies or documented(operation, request):
        return None
    listed = ", ".join(operation.bodies)
    why = f"Content-Type is one of {listed}"
    if _MEDIA_TYPE_STATUS in operation.responses:
        return error(int(_MEDIA_TYPE_STATUS), operation=operation, why=why)
    return invalid(operation, why)


def limit_of(operation: Operation, request: Request) -> tuple[int, bool]:
    """Return how many bytes the body of a request may have, and whether it belongs on disk."""
    media, content = documented(operation, request) or ("", Content({}, {}))
    if is_json(media):
        return _IN_MEMORY, False
    return spec.resolve(content.schema).get("maxLength", _ON_DISK), True


def taken(operation: Operation, request: Request) -> Body | Response:
    """Return the body of a request that arrived, or what is wrong with it."""
    if request.body is None:
        told = operation.status_of(_TOO_LARGE) is not None
        too_long = invalid(operation, "the body is too long")
        return error(_TOO_LARGE, operation=operation) if told else too_long
    found = documented(operation, request)
    if found is None or not has_body(request):
        return Body()
    _, content = found
    body = Body(sent_type(request), request.body)
    if not is_json(body.media_type):
        short = len(request.body) < spec.resolve(content.schema).get("minLength", 0)
        return invalid(operation, "the body is too short") if short else body
    try:
        value = json.loads(request.body if isinstance(request.body, bytes) else b"")
    except ValueError:
        return invalid(operation, "the body is no JSON")
    if problem := misfit(content.schema, value):
        return invalid(operation, f"the body: {problem}")
    return evolve(body, content=b"", value=value)


def documented(operation: Operation, request: Request) -> tuple[str, Content] | None:
    """Return the documented body of a request's media type, exact before a range such as `*/*`."""
    sent = sent_type(request)
    if not sent:
        return None
    fits = [(m, c) for m, c in operation.bodies.items() if fnmatch.fnmatch(sent, essence(m))]
    return min(fits, key=lambda one: one[0].count("*"), default=None)


def sent_type(request: Request) -> str:
    """Return the media type that a request names, without parameters; empty where it names none."""
    return essence(request.header("content-type") or "")


def has_body(request: Request) -> bool:
    """Say whether a request comes with a body that has a byte, or may have one."""
    length = (request.header("content-length") or "0").strip()
    return length.strip("0") != "" or request.header("transfer-encoding") is not None

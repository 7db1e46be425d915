"""The admin API: assets, the life of uploads, faults and the requests, by HTTP, with the key.

It is off unless asked for. Its own requests are not among those that it shows, and no fault strikes
them.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from ._documented import error
from ._entries import add_asset, add_fault, set_uploads
from ._messages import HIDDEN, Request, Response

if TYPE_CHECKING:
    from ._server import MockServer

ADMIN = "/_mock/"


class Admin:
    """Answers the requests to the admin API of a server."""

    def __init__(self, server: "MockServer", refusal: Callable[[Request], Response | None]) -> None:
        self._server, self._refusal = server, refusal
        self._operations: dict[str, dict[str, Callable[[Request], Response]]] = {
            "assets": {"POST": self._add_asset},
            "uploads": {"PUT": self._set_uploads},
            "faults": {"POST": self._add_fault, "DELETE": self._clear_faults},
            "requests": {"GET": self._requests, "DELETE": self._clear_requests},
        }

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        if refusal := self._refusal(request):
            return refusal
        operations = self._operations.get(request.path.removeprefix(ADMIN))
        if operations is None:
            return error(404)
        if request.method not in operations:
            return error(405).with_header("Allow", ", ".join(operations))
        if request.body is None:
            return error(413)
        try:
            return operations[request.method](request)
        except ValueError as problem:
            return Response(400).with_json({"error": str(problem), "code": "VALIDATION_ERROR"})

    def _add_asset(self, request: Request) -> Response:
        return Response(201).with_json({"id": add_asset(self._server, _document(request))})

    def _set_uploads(self, request: Request) -> Response:
        set_uploads(self._server, _document(request))
        return Response(204)

    def _add_fault(self, request: Request) -> Response:
        add_fault(self._server, _document(request))
        return Response(204)

    def _clear_faults(self, _request: Request) -> Response:
        self._server.clear_faults()
        return Response(204)

    def _requests(self, _request: Request) -> Response:
        seen = [
            {
                "method": one.method,
                "target": self._without_key(one.target),
                "headers": [[name, self._without_key(value)] for name, value in one.headers],
                "has_key": one.has_key,
                "status": one.status,
                "time": one.time,
                "connection": one.connection,
                "operation_id": one.operation_id,
                "body_size": one.body_size,
                "body_sha256": one.body_sha256,
            }
            for one in self._server.requests
        ]
        return Response().with_json({"requests": seen})

    def _clear_requests(self, _request: Request) -> Response:
        self._server.clear_requests()
        return Response(204)

    def _without_key(self, text: str) -> str:
        return text.replace(self._server.api_key, HIDDEN)


def _document(request: Request) -> object:
    try:
        return json.loads(request.body if isinstance(request.body, bytes) else b"")
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: no JSON: {error.msg}") from error

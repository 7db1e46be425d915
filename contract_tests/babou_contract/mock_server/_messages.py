"""A request and an answer as plain values, and how an answer misbehaves on the wire.

Nothing here does I/O. A rewrite hook alters an answer with `attrs.evolve` and the methods of
`Response`; the three rules to know:

- `Content-Length` is counted when the headers don't name one; one that they do name is sent as it
  is, true or not.
- A body that is a part of a file is streamed. So is one that is a function returning pieces,
  chunked unless the headers name a length.
- HEAD is answered like GET, and the wire leaves the body out.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any, Literal
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from ._files import FilePart

Headers = tuple[tuple[str, str], ...]
Body = bytes | FilePart | Callable[[], Iterable[bytes]]

HIDDEN = "***"
EMPTY_SHA256 = hashlib.sha256().hexdigest()


def _hide_key(headers: Headers) -> str:
    shown = ((n, HIDDEN if n.lower() == "authorization" else v) for n, v in headers)
    return repr(tuple(shown))


def _find(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def to_json(value: object) -> bytes:
    """Write JSON as a server does: UTF-8, and lone surrogates escaped."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


@frozen
class Request:
    """A request as it arrived.

    `time` is what the server's clock said then, in seconds; `connection` counts the connections.
    """

    method: str
    target: str
    headers: Headers = field(default=(), repr=_hide_key)
    time: float = 0.0
    connection: int = 0
    body: bytes | FilePart | None = field(default=b"", repr=False)
    """What was sent; None where it was too much to be read, empty where nobody wants it."""
    body_size: int = 0
    """The bytes of the body that were read."""
    body_sha256: str = EMPTY_SHA256
    """Their hash, in hexadecimal digits."""
    operation_id: str | None = None
    """The operation that the request is for, by its `operationId`."""

    @property
    def path(self) -> str:
        """The target without its query, still percent-encoded."""
        if self.target.startswith("/"):
            return self.target.partition("?")[0]
        return urlsplit(self.target).path

    def header(self, name: str) -> str | None:
        """Return the first value of a header, in any case of letters."""
        return _find(self.headers, name)


@frozen
class Wire:
    """How an answer is put on the wire; the default is to behave. Durations are seconds."""

    latency: float = 0.0
    """Wait before the first byte."""
    start: Literal["answer", "close", "reset", "stall"] = "answer"
    """What happens instead of the first byte; `stall` keeps the connection open and silent."""
    head_interval: float | None = None
    """Send the head a byte at a time, this far apart."""
    body_interval: float | None = None
    """Send the body in pieces of `piece` bytes, this far apart."""
    piece: int = 1
    chunked: bool = False
    """Send the body chunked, without a counted Content-Length."""
    stop_after: int | None = None
    """Stop after so many bytes of the body, even where that is all of it."""
    stop: Literal["close", "reset", "stall"] = "close"
    """What stopping means."""
    close: bool = False
    """Close the connection after the answer."""
    raw: bytes | None = None
    """Send exactly these bytes in place of head and body, and close."""


@frozen
class Response:
    """An answer: status, headers, body, and how the wire behaves."""

    status: int = 200
    headers: Headers = ()
    body: Body = b""
    wire: Wire = Wire()
    reason: str | None = None

    def header(self, name: str) -> str | None:
        """Return the first value of a header, in any case of letters."""
        return _find(self.headers, name)

    def with_header(self, name: str, value: str | None) -> "Response":
        """Return the answer with this one header set, or removed (None)."""
        kept = tuple((n, v) for n, v in self.headers if n.lower() != name.lower())
        return evolve(self, headers=kept if value is None else (*kept, (name, value)))

    def with_body(self, body: Body, content_type: str | None = None) -> "Response":
        """Return the answer with another body, and the type of it where given."""
        changed = evolve(self, body=body)
        return changed.with_header("Content-Type", content_type) if content_type else changed

    def with_wire(self, **behaviour: Any) -> "Response":  # noqa: ANN401  the fields of Wire
        """Return the answer with some of the wire's behaviour changed."""
        return evolve(self, wire=evolve(self.wire, **behaviour))

    def chunks(self) -> Iterable[bytes]:
        """Return the body in its pieces, which is one unless it is streamed."""
        return (self.body,) if isinstance(self.body, bytes) else self.body()

    def bytes(self) -> bytes:
        """Return the whole body, a streamed one included."""
        return b"".join(self.chunks())

    def json(self) -> Any:  # noqa: ANN401  what json.loads returns
        """Return the body as parsed JSON."""
        return json.loads(self.bytes())

    def with_json(self, value: object) -> "Response":
        """Return the answer with this JSON as its body."""
        return self.with_body(to_json(value), "application/json")


Rewrite = Callable[[Request, Response], Response]


@frozen
class RecordedRequest:
    """A request that the server got, and the status that it answered (None: no answer at all)."""

    method: str
    target: str
    headers: Headers = field(repr=_hide_key)
    status: int | None
    time: float
    connection: int
    """The number of the connection that it came on, from 1."""
    operation_id: str | None = None
    """The operation that it was for, by its `operationId`; None for the storage and other paths."""
    body_size: int = 0
    """The bytes of its body that were read."""
    body_sha256: str = EMPTY_SHA256
    """Their hash, in hexadecimal digits."""

    @property
    def path(self) -> str:
        """The target without its query, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def has_key(self) -> bool:
        """Whether an Authorization header arrived."""
        return self.header("authorization") is not None

    def header(self, name: str) -> str | None:
        """Return the first value of a header, in any case of letters."""
        return _find(self.headers, name)

"""Faults and variants in the bytes of an answer, from a byte order mark to a gzip bomb."""

import zlib
from collections.abc import Iterator

from ._faults import Stage, fault
from ._messages import Request, Response, Rewrite

_GZIP = 31  # what zlib calls a gzip wrapper with the largest window
_BLOCK = b" " * (1 << 20)


def _replaced(body: bytes) -> Rewrite:
    return lambda _request, response: response.with_body(body)


def _padding(size: int) -> Iterator[bytes]:
    for start in range(0, size, len(_BLOCK)):
        yield _BLOCK[: size - start]


@fault(Stage.BODY)
def empty_body() -> Rewrite:
    """Send the right status and headers with no body."""
    return _replaced(b"")


@fault(Stage.BODY)
def not_json() -> Rewrite:
    """Send text that is called JSON and isn't."""
    return _replaced(b"{'id': ast_abc, oops")


@fault(Stage.BODY)
def json_list() -> Rewrite:
    """Send the JSON body inside a list."""
    return lambda _request, response: response.with_body(b"[" + response.bytes() + b"]")


@fault(Stage.BODY)
def trailing_garbage(*, text: str = "\n<!-- served by cache-7 -->") -> Rewrite:
    """Send some text after the JSON."""
    return lambda _request, response: response.with_body(response.bytes() + text.encode())


@fault(Stage.BODY)
def not_utf8() -> Rewrite:
    """Put a byte that no UTF-8 has into the first text of the body."""
    return lambda _request, response: response.with_body(
        response.bytes().replace(b': "', b': "\xff', 1)
    )


@fault(Stage.BODY)
def utf8_bom() -> Rewrite:
    """Put a byte order mark before the body."""
    return lambda _request, response: response.with_body(b"\xef\xbb\xbf" + response.bytes())


@fault(Stage.BODY)
def wrong_content_type(*, content_type: str = "text/plain") -> Rewrite:
    """Call the right JSON something else."""
    return lambda _request, response: response.with_header("Content-Type", content_type)


@fault(Stage.BODY)
def huge_body(*, size: int = 1 << 30) -> Rewrite:
    """Stream the right JSON with so many bytes of blanks before it, chunked."""

    def rewrite(_request: Request, response: Response) -> Response:
        body = response.bytes()

        def pieces() -> Iterator[bytes]:
            yield from _padding(size)
            yield body

        return response.with_body(pieces)

    return rewrite


@fault(Stage.BODY)
def gzip_bomb(*, size: int = 1 << 30) -> Rewrite:
    """Send gzip that expands to so many bytes of blanks and then the right JSON."""

    def rewrite(_request: Request, response: Response) -> Response:
        body = response.bytes()

        def pieces() -> Iterator[bytes]:
            packer = zlib.compressobj(9, wbits=_GZIP)
            for block in _padding(size):
                # Packing stays far ahead of memory: a thousandth of each block is left.
                yield packer.compress(block)
            yield packer.compress(body)
            yield packer.flush()

        return response.with_body(pieces).with_header("Content-Encoding", "gzip")

    return rewrite


@fault(Stage.BODY)
def gzip() -> Rewrite:
    """Send a right answer, compressed where it is accepted: a variant, not a fault."""

    def rewrite(request: Request, response: Response) -> Response:
        if "gzip" not in (request.header("accept-encoding") or "gzip"):
            return response
        packer = zlib.compressobj(wbits=_GZIP)
        body = packer.compress(response.bytes()) + packer.flush()
        return response.with_body(body).with_header("Content-Encoding", "gzip")

    return rewrite

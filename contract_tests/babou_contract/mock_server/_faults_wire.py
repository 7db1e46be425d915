"""Faults and variants in how a right answer is put on the wire."""

from ._faults import Stage, fault
from ._messages import Request, Response, Rewrite


def _half(response: Response) -> int:
    return len(response.bytes()) // 2


@fault(Stage.WIRE)
def latency(*, seconds: float = 0.5) -> Rewrite:
    """Wait before the first byte."""
    return lambda _request, response: response.with_wire(latency=seconds)


@fault(Stage.WIRE)
def slow_headers(*, interval: float = 0.05) -> Rewrite:
    """Send the head a byte at a time, each after an interval."""
    return lambda _request, response: response.with_wire(head_interval=interval)


@fault(Stage.WIRE)
def slow_body(*, interval: float = 0.05, piece: int = 1) -> Rewrite:
    """Send the body a byte (or piece) at a time, each after an interval."""
    return lambda _request, response: response.with_wire(
        body_interval=interval, piece=max(1, piece)
    )


@fault(Stage.WIRE)
def stalled_body(*, after: int = 10) -> Rewrite:
    """Send so many bytes of the body, and then stay silent with the connection open."""
    return lambda _request, response: response.with_wire(stop_after=after, stop="stall")


@fault(Stage.WIRE)
def truncated_body() -> Rewrite:
    """Promise the whole body in Content-Length, and close after half of it."""

    def rewrite(_request: Request, response: Response) -> Response:
        return response.with_wire(stop_after=_half(response))

    return rewrite


@fault(Stage.WIRE)
def truncated_chunked() -> Rewrite:
    """Send half of a chunked body, and close without the last chunk."""

    def rewrite(_request: Request, response: Response) -> Response:
        return response.with_wire(chunked=True, stop_after=_half(response))

    return rewrite


@fault(Stage.WIRE)
def answer_lost() -> Rewrite:
    """Do what was asked, an upload included, and close before any byte of the answer."""
    return lambda _request, response: response.with_wire(start="close")


@fault(Stage.WIRE)
def chunked() -> Rewrite:
    """Send a right answer in chunks: a variant, not a fault."""
    return lambda _request, response: response.with_wire(chunked=True)


@fault(Stage.WIRE)
def wrong_content_length(*, length: int = 5) -> Rewrite:
    """Name a Content-Length that isn't the body's, and close after the body."""
    return lambda _request, response: response.with_header("Content-Length", str(length))


@fault(Stage.WIRE)
def close() -> Rewrite:
    """Close the connection after a right answer: a variant, not a fault."""
    return lambda _request, response: response.with_wire(close=True)

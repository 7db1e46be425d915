"""Faults that put another answer in the place of the asset, or no answer at all."""

import math
from email.utils import formatdate

from ._documented import error_to
from ._faults import Stage, fault
from ._messages import Request, Response, Rewrite

_PAGE = """<!DOCTYPE html>
<html><head><title>{title}</title></head>
<body><center><h1>{title}</h1></center><hr><center>{server}</center></body></html>
"""


def _page(status: int, title: str, server: str) -> Response:
    text = _PAGE.format(title=title, server=server)
    return Response(status).with_body(text.encode(), "text/html; charset=utf-8")


def _instead(answer: Response) -> Rewrite:
    return lambda _request, _response: answer


def _error(status: int, code: str | None = None) -> Rewrite:
    return lambda request, _response: error_to(request, status, code)


def _later(status: int, seconds: float | str | None, *, http_date: bool) -> Rewrite:
    def rewrite(request: Request, _response: Response) -> Response:
        answer = error_to(request, status)
        if seconds is None or isinstance(seconds, str):
            return answer.with_header("Retry-After", seconds)
        if not http_date:
            return answer.with_header("Retry-After", f"{seconds:g}")
        return answer.with_header(
            "Retry-After", formatdate(math.ceil(request.time + seconds), usegmt=True)
        )

    return rewrite


@fault(Stage.ANSWER)
def rate_limited(
    *,
    retry_after: float | str | None = 1,
    retry_after_ms: float | None = None,
    http_date: bool = False,
) -> Rewrite:
    """Answer 429; Retry-After in seconds, as an HTTP date, as any text, or (None) left out."""
    later = _later(429, retry_after, http_date=http_date)
    if retry_after_ms is None:
        return later
    text = f"{retry_after_ms:g}"
    return lambda request, answer: later(request, answer).with_header("retry-after-ms", text)


@fault(Stage.ANSWER)
def unavailable(
    *, status: int = 503, retry_after: float | str | None = None, http_date: bool = False
) -> Rewrite:
    """Answer 503 with an error body, and Retry-After where it is given."""
    return _later(status, retry_after, http_date=http_date)


@fault(Stage.ANSWER)
def validation_error() -> Rewrite:
    """Answer 400 VALIDATION_ERROR."""
    return _error(400, "VALIDATION_ERROR")


@fault(Stage.ANSWER)
def unauthorized(*, code: str = "UNAUTHORIZED") -> Rewrite:
    """Answer 401, whatever the key."""
    return _error(401, code)


@fault(Stage.ANSWER)
def expired_key() -> Rewrite:
    """Answer 401 API_KEY_EXPIRED, whatever the key."""
    return _error(401, "API_KEY_EXPIRED")


@fault(Stage.ANSWER)
def forbidden() -> Rewrite:
    """Answer 403, which the documentation doesn't list."""
    return _error(403)


@fault(Stage.ANSWER)
def not_found() -> Rewrite:
    """Answer 404, as if the asset were not there."""
    return _error(404)


@fault(Stage.ANSWER)
def request_timeout() -> Rewrite:
    """Answer 408 and close the connection."""
    return lambda request, _response: error_to(request, 408).with_wire(close=True)


@fault(Stage.ANSWER)
def conflict() -> Rewrite:
    """Answer 409 CONFLICT."""
    return _error(409)


@fault(Stage.ANSWER)
def server_error() -> Rewrite:
    """Answer 500 with the documented body."""
    return _error(500)


@fault(Stage.ANSWER)
def error_status(*, status: int, code: str | None = None) -> Rewrite:
    """Answer with any status, and an error body."""
    return _error(status, code)


@fault(Stage.ANSWER)
def bad_gateway_html() -> Rewrite:
    """Answer 502 with a proxy's page."""
    return _instead(_page(502, "502 Bad Gateway", "nginx"))


@fault(Stage.ANSWER)
def gateway_timeout_html() -> Rewrite:
    """Answer 504 with a proxy's page."""
    return _instead(_page(504, "504 Gateway Time-out", "nginx"))


@fault(Stage.ANSWER)
def cdn_520_html() -> Rewrite:
    """Answer 520 with a CDN's page, a status that no registry has."""
    return _instead(_page(520, "520: Web server is returning an unknown error", "cloudflare"))


@fault(Stage.ANSWER)
def html_200() -> Rewrite:
    """Answer 200 with a page, as a captive portal does."""
    return _instead(_page(200, "Welcome, please sign in", "portal"))


@fault(Stage.ANSWER)
def redirect(*, to: str = "/login", status: int = 302) -> Rewrite:
    """Answer with a redirect to a login page, or to any URL."""
    return _instead(_page(status, "Found", "portal").with_header("Location", to))


@fault(Stage.ANSWER)
def drop_connection() -> Rewrite:
    """Close the connection before any byte of an answer."""
    return _instead(Response().with_wire(start="close"))


@fault(Stage.ANSWER)
def reset() -> Rewrite:
    """Reset the connection (TCP RST) before any byte of an answer."""
    return _instead(Response().with_wire(start="reset"))


@fault(Stage.ANSWER)
def never_answers() -> Rewrite:
    """Take the request, and stay silent with the connection open."""
    return _instead(Response().with_wire(start="stall"))

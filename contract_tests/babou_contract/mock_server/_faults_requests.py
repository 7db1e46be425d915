"""Faults in how a request is taken: its body is read badly, or a parameter of it is not heeded."""

from urllib.parse import parse_qsl, urlencode

from attrs import evolve

from ._documented import error_to
from ._faults import Change, Stage, fault
from ._messages import Request, Response, Rewrite


def _read(**how: object) -> Change:
    return Change(lambda intake: evolve(intake, **how))


def with_query(request: Request, **changes: object) -> Request:
    """Return a request with parameters of its query set, or left out (None)."""
    path, _, query = request.target.partition("?")
    given = dict(parse_qsl(query, keep_blank_values=True)) | changes
    kept = {name: value for name, value in given.items() if value is not None}
    return evolve(request, target=f"{path}?{urlencode(kept)}" if kept else path)


def parameter(request: Request, name: str) -> str | None:
    """Return what the query of a request has for a parameter."""
    return dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True)).get(name)


@fault(Stage.INTAKE)
def upload_limit(*, size: int = 1000) -> Change:
    """Read so many bytes of the request's body at most; answer 413 at once where it has more."""
    return _read(limit=size)


@fault(Stage.INTAKE)
def upload_slow(*, interval: float = 0.05, piece: int = 65536) -> Change:
    """Read the request's body in pieces, each after an interval."""
    return _read(interval=interval, piece=max(1, piece))


@fault(Stage.INTAKE)
def upload_cut(*, after: int = 1000) -> Change:
    """Close the connection after so many bytes of the request's body."""
    return _read(stop_after=after, stop="close")


@fault(Stage.INTAKE)
def upload_reset(*, after: int = 1000) -> Change:
    """Reset the connection (TCP RST) after so many bytes of the request's body."""
    return _read(stop_after=after, stop="reset")


@fault(Stage.INTAKE)
def upload_stalled(*, after: int = 1000) -> Change:
    """Stop reading after so many bytes of the request's body, with the connection open."""
    return _read(stop_after=after, stop="stall")


@fault(Stage.REQUEST)
def ignores_parameter(*, name: str = "state") -> Change:
    """Answer as if a parameter of the query were not there."""
    return Change(lambda request: with_query(request, **{name: None}))


@fault(Stage.BODY)
def refuses_parameter(*, name: str = "state") -> Rewrite:
    """Answer 400 where a parameter of the query is given."""

    def rewrite(request: Request, response: Response) -> Response:
        if parameter(request, name) is None:
            return response
        return error_to(request, 400, "VALIDATION_ERROR")

    return rewrite

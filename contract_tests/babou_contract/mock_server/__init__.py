"""A mock of the asset API: a real HTTP server on loopback, with faults to order.

It shares no code with the client that is tested against it: it knows the spec, and HTTP.
"""

from . import (  # noqa: F401  each registers its faults
    _faults_answers,
    _faults_bodies,
    _faults_members,
    _faults_pages,
    _faults_requests,
    _faults_storage,
    _faults_wire,
)
from ._faults import FAULTS, Fault, Stage
from ._lifecycle import Lifecycle, by_reads, by_time
from ._messages import RecordedRequest, Request, Response, Rewrite, Wire
from ._server import MockServer

__all__ = [
    "FAULTS",
    "Fault",
    "Lifecycle",
    "MockServer",
    "RecordedRequest",
    "Request",
    "Response",
    "Rewrite",
    "Stage",
    "Wire",
    "by_reads",
    "by_time",
]

"""What gives an operation sense: a handler, registered by the operation's id.

An operation without one is answered with its documented success. Each handler is a module in
`handlers`, which finds it there; nothing else knows its name.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from babou_contract.specification.operations import Operation

from ._assets import Entry
from ._bodies import Body
from ._documented import error, success
from ._messages import Request, Response
from ._store import Store


@frozen
class Call:
    """A request that is as its operation documents it.

    Attributes:
        arguments: By the parameters' names, with the defaults of those that were left out.
        show: Returns the members of an asset as they are now, which counts as a read of it.
    """

    operation: Operation
    request: Request
    arguments: Mapping[str, Any]
    body: Body
    store: Store
    show: Callable[[Entry], dict[str, Any]]
    subject: str
    """The last parameter in the path: what the call is about."""

    def success(self, value: object, *, prefer: int | None = None) -> Response:
        """Answer with this value, and `prefer` among the documented statuses of success."""
        return success(self.operation, value, prefer=prefer)

    def error(self, status: int, code: str | None = None) -> Response:
        """Answer with the documented body of an error."""
        return error(status, code, operation=self.operation)


Handler = Callable[[Call], Response]

HANDLERS: dict[str, Handler] = {}


def handles(operation_id: str) -> Callable[[Handler], Handler]:
    """Register a function as the handler of an operation."""

    def register(handler: Handler) -> Handler:
        HANDLERS[operation_id] = handler
        return handler

    return register

"""How each exposed operation is used: a module for each, found by being here.

A driver knows the client's public methods for its operation. Whatever compares, fuzzes or counts
stands once, in the checks, and asks the drivers; what holds for one operation only are the `CHECKS`
of its module. An operation without a module here is held by its generated code alone.
"""

import pkgutil
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from babou_contract.checks.judging import where_asked
from babou_contract.checks.registry import Check
from babou_contract.specification import exposed, spec
from babou_contract.specification.operations import Operation

if TYPE_CHECKING:
    from hypothesis import strategies as st

    import babou
    from babou_contract.probing.observations import Observations

Json = Any
Arguments = dict[str, Any]
Path = tuple[str | int, ...]


class Driver(ABC):
    """One operation, as users of the client have it."""

    operation_id: ClassVar[str]

    @property
    def operation(self) -> Operation:
        """The operation in the specification."""
        return spec.operation(self.operation_id)

    def fitted(self, document: Json) -> Json:
        """Return an allowed document as it can be the answer to a call."""
        return document

    @abstractmethod
    def arguments(self, document: Json) -> Arguments:
        """Return the arguments of a call to which a document is the answer."""

    @abstractmethod
    def answers(
        self, client: "babou.Client", arguments: Arguments
    ) -> Generator[Sequence[Any], None, None]:
        """Call, and yield for each answer the models that are made of it."""

    @abstractmethod
    def async_answers(
        self, client: "babou.AsyncClient", arguments: Arguments
    ) -> AsyncGenerator[Sequence[Any], None]:
        """Do the same with the asynchronous client."""

    def parts(
        self,
        documents: Sequence[Json],
        arguments: Arguments,  # noqa: ARG002  of some
    ) -> list[tuple[int, Path, Json]]:
        """Return what the models are made of: the answer's number, a place in it, what is there."""
        return [(number, (), document) for number, document in enumerate(documents)]

    def is_answer(self, documents: Sequence[Json], arguments: Arguments) -> bool:  # noqa: ARG002  of some
        """Say whether allowed documents can be the answers to a call."""
        return True

    @abstractmethod
    def drawn(self) -> "st.SearchStrategy[Arguments]":
        """Return arguments of all sorts."""

    @abstractmethod
    def can_be_sent(self, arguments: Arguments) -> bool:
        """Say whether the specification has a request for these arguments."""

    def replies(self, arguments: Arguments) -> list[Json]:  # noqa: ARG002  of some
        """Return what a call is answered with, request by request, to see all that it sends."""
        return [{}]

    @abstractmethod
    def sent(self, arguments: Arguments) -> list[dict[str, str]]:
        """Return the parameters of each request of a call with these replies."""

    def body(self, arguments: Arguments) -> tuple[str, bytes] | None:  # noqa: ARG002  of some
        """Return media type and bytes of the request's body, None where it has none."""
        return None

    @abstractmethod
    def refused(self) -> list[tuple[Arguments, type[Exception]]]:
        """Return arguments that are refused before anything is sent, and the errors for them."""

    @abstractmethod
    def known(self, observations: "Observations") -> list[Arguments]:
        """Return arguments with which the server is asked."""

    def failing(self, observations: "Observations") -> list[Arguments]:  # noqa: ARG002  of some
        """Return arguments that the client sends and the server refuses."""
        return []


@cache
def _modules() -> list[Any]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__, f"{__name__}."))
    return list(map(import_module, names))


@cache
def _drivers() -> dict[str, Driver]:
    found = [module.DRIVER for module in _modules()]
    return {driver.operation_id: driver for driver in found}


def checks_of_drivers() -> Iterator[Check]:
    """Yield the rules that modules here have of their own operation, where that is asked."""
    for module in _modules():
        for check in getattr(module, "CHECKS", ()):
            yield where_asked(module.DRIVER.operation_id, check)


def drivers() -> list[Driver]:
    """Return the drivers of the operations that the specification has and the client exposes."""
    methods = exposed.load().methods
    known = [_drivers().get(operation.id) for operation in spec.operations()]
    return [driver for driver in known if driver is not None and driver.operation_id in methods]


def driver_of(operation: Operation) -> Driver | None:
    """Return the driver of an operation; None where the client has no method or no one knows it."""
    return next((one for one in drivers() if one.operation_id == operation.id), None)

"""What a module of meaning says of an operation that no specification can say."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from babou_contract.probing.asks import Ask
from babou_contract.settings import Settings

if TYPE_CHECKING:
    from babou_contract.probing.observations import Observations


def nothing(_observations: "Observations") -> Iterator[Ask]:
    """Ask nothing."""
    return iter(())


def no_arguments(_settings: Settings) -> Iterator[Mapping[str, Any]]:
    """Know no arguments."""
    return iter(())


@frozen
class Meaning:
    """The meaning of one operation.

    Attributes:
        operation: Its id.
        known: Arguments with which it has to succeed, made of what the run was told.
        needs: What to do where it knows none, in a sentence.
        probes: What is asked beside the generic probes.
        again: What is asked once more after a while, several times.
        checks: Its rules, each a `registry.Check`.
        questions: Which reading of which decision the server follows, each a `findings.Question`.
    """

    operation: str
    known: Callable[[Settings], Iterator[Mapping[str, Any]]] = no_arguments
    needs: str = ""
    probes: Callable[["Observations"], Iterator[Ask]] = nothing
    again: Callable[["Observations"], Iterator[Ask]] = nothing
    checks: tuple[Any, ...] = ()
    questions: tuple[Any, ...] = ()

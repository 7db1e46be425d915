"""Whether a specification can be used: looked at before it is served, or a server held against it.

A reference that leads nowhere, or a pattern that cannot be read, would show itself at the first
value that is held against it, in the middle of a run or of an answer.
"""

from collections.abc import Iterator

from babou_contract.specification import patterns, places
from babou_contract.specification.references import (
    Document,
    NoSuchReferenceError,
    Place,
    UnusableError,
    nodes,
    target,
)

_SUPPORTED = "3.1"


def unsupported(document: Document) -> Iterator[tuple[Place, str]]:
    """Yield the place of a version of OpenAPI in which the same words mean something else."""
    version = document.get("openapi", "missing")
    if not str(version).startswith(f"{_SUPPORTED}."):
        wanted = f"only OpenAPI {_SUPPORTED} is supported, such as {_SUPPORTED}.0"
        yield ("openapi",), f"openapi is {version}: {wanted}"


def dangling(document: Document) -> Iterator[tuple[Place, NoSuchReferenceError]]:
    """Yield the place of each reference that leads nowhere within the document."""
    for place, node in nodes(document):
        reference = node.get("$ref")
        if isinstance(reference, str):
            try:
                target(document, reference)
            except NoSuchReferenceError as error:
                yield place, error


def problem(document: Document) -> UnusableError | None:
    """Return the error that says why the specification cannot be used; None where it can."""
    found = (unsupported, dangling, patterns.unreadable)
    for place, error in (each for find in found for each in find(document)):
        return UnusableError(f"line {places.at(*place)['spec_line']}: {error}")
    return None

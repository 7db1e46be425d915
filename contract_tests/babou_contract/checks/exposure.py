"""Boundary 2, continued: each operation is a method of the client, or listed with its reason."""

import operator

import babou
from babou_contract.checks.examples import BASE, KEY
from babou_contract.checks.registry import Tally
from babou_contract.checks.sending import check
from babou_contract.settings import Settings
from babou_contract.specification import exposed, places, spec
from babou_contract.specification.operations import operations

__all__ = ["check"]  # the last of this boundary's modules takes it from here


@check("Each operation is a method of both clients, or listed as unexposed with its reason.")
def operations_are_exposed_or_listed(_run: Settings, tally: Tally) -> None:
    """Look for each operation in openapi/exposed.yaml, and for each method in the clients."""
    lists = exposed.load()
    known = operations(spec.load())
    tally.case(len(known))
    for place, text in exposed.unmatched(known, lists):
        tally.disagree(
            text, expected="a method, or a reason", received="neither", **places.at(*place)
        )
    clients = (babou.Client(KEY, base_url=BASE), babou.AsyncClient(KEY, base_url=BASE))
    for name, method in lists.methods.items():
        for client in clients:
            tally.case()
            if not _has(client, method):
                tally.disagree(
                    f"{type(client).__name__} has no method {method}, which is to send {name}",
                    expected=f"{type(client).__name__}.{method}",
                    received="no such method",
                )


def _has(client: object, method: str) -> bool:
    try:
        return callable(operator.attrgetter(method)(client))
    except AttributeError:
        return False

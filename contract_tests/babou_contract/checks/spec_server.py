"""Boundary 3: the rules about a server's answers, in the order in which they are told."""

from babou_contract.checks import (
    exercised,
    fuzzing,
    meaning,
    rules_answers,
    rules_key,
    rules_service,
)
from babou_contract.checks.registry import Check

CHECKS: tuple[Check, ...] = (
    *rules_answers.check,
    *rules_service.check,
    *rules_key.check,
    *(check for known in meaning.found().values() for check in known.checks),
    *fuzzing.check,
    *exercised.check,
)

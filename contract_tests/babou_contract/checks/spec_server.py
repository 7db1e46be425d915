"""Boundary 3: the rules about a server's answers, in the order in which they are told."""

from babou_contract.checks import (
    fuzzing,
    rules_answers,
    rules_key,
    rules_lookup,
    rules_service,
    rules_time,
)
from babou_contract.checks.registry import Check

CHECKS: tuple[Check, ...] = (
    *rules_answers.check,
    *rules_service.check,
    *rules_lookup.check,
    *rules_key.check,
    *rules_time.check,
    *fuzzing.check,
)

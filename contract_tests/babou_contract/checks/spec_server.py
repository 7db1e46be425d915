"""Boundary 3: the rules about a server's answers, in the order in which they are told."""

from babou_contract.checks import (
    exercised,
    fuzzing,
    meaning,
    rules_answers,
    rules_key,
    rules_requests,
    rules_service,
)
from babou_contract.checks.judging import where_asked
from babou_contract.checks.registry import Check

CHECKS: tuple[Check, ...] = (
    *rules_requests.check,
    *rules_answers.check,
    *rules_service.check,
    *rules_key.check,
    *(
        where_asked(known.operation, check)
        for known in meaning.found().values()
        for check in known.checks
    ),
    *fuzzing.check,
    *exercised.check,
)

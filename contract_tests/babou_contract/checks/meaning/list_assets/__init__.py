"""Meaning of listAssets: the arithmetic of pages, filters, and assets that are what get says."""

from babou_contract.checks.meaning.list_assets import pages, questions, rules
from babou_contract.probing.observations import Meaning

MEANING = Meaning(
    pages.ID,
    needs="name arguments that it takes, --argument listAssets.limit=20",
    probes=pages.probes,
    checks=tuple(rules.check),
    questions=tuple(questions.QUESTIONS),
)

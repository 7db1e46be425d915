"""Meaning of uploadAsset: what is uploaded is there, with its type and its size."""

from babou_contract.checks.meaning.upload_asset import questions, rules, uploads
from babou_contract.probing.observations import Meaning

MEANING = Meaning(
    uploads.ID,
    probes=uploads.probes,
    checks=tuple(rules.check),
    questions=tuple(questions.QUESTIONS),
)

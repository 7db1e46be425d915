"""Which reading of each open question about uploads a server follows."""

from babou_contract.checks.findings import Question, Told, listed, question
from babou_contract.checks.meaning.list_assets import pages
from babou_contract.checks.meaning.upload_asset.uploads import (
    ID,
    LISTED,
    TOO_LARGE,
    UPLOAD,
    made,
    missing,
)
from babou_contract.probing.asks import BODY
from babou_contract.probing.observations import Observations

QUESTIONS: list[Question] = []
_ask = question(QUESTIONS)


@_ask("D21", "Is an upload answered with 201 or 200?")
def _status(observations: Observations) -> Told:
    asked = observations.answered(UPLOAD, operation=ID)
    return (listed(seen.answer.status for seen in asked), "") if asked else None


@_ask("D22", "Is a file of more than 100 MB refused by its announced length?")
def _size(observations: Observations) -> Told:
    asked = observations.answered(TOO_LARGE, operation=ID)
    return (listed(seen.answer.status for seen in asked), "100: it asks for it") if asked else None


@_ask("D23", "What is an upload called?")
def _name(observations: Observations) -> Told:
    names = [str(document.get("name")) for document, _ in made(observations)]
    return (listed(names), "") if names else None


@_ask("D24", "What comes of another type, of none, and of a body without a byte?")
def _refusals(observations: Observations) -> Told:
    wanted = ("not documented", "without a media type", "empty")
    asked = observations.answered(BODY, operation=ID)
    told = [s for s in asked if any(text in s.ask.about for text in wanted)]
    return ("; ".join(f"{s.ask.about}: {s.answer.status}" for s in told), "") if told else None


@_ask("D26", "Is an upload in the list at once?")
def _listed(observations: Observations) -> Told:
    looks = pages.pages(observations, LISTED)
    if not looks or not made(observations):
        return None
    found = "not in" if missing(observations) else "seen in"
    return f"{found} {len(looks)} {'look' if len(looks) == 1 else 'looks'}", ""

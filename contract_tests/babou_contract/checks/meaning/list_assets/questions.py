"""Which reading of each open question about the list a server follows."""

from babou_contract.checks.findings import Question, Told, listed, question
from babou_contract.checks.meaning.list_assets.pages import FILTERED, ID, PAST, pages
from babou_contract.probing.asks import VALUE
from babou_contract.probing.observations import Observations
from babou_contract.specification.assets import asset_schema

QUESTIONS: list[Question] = []
_ask = question(QUESTIONS)


@_ask("D18", "What comes of a limit of 0, of 101, and of one that is no number?")
def _limits(observations: Observations) -> Told:
    told = [
        f"{seen.ask.call.arguments['limit']}: {seen.answer.status}"
        for seen in observations.answered(VALUE, operation=ID)
        if seen.ask.call.arguments.get("limit") in [0, 101, "x"]
    ]
    return ("; ".join(told), "") if told else None


@_ask("D19", "Is a page past the end empty?")
def _past_the_end(observations: Observations) -> Told:
    asked = observations.answered(PAST, operation=ID)
    shown = [f"{len(page.assets)} assets" for page in pages(observations, PAST)]
    return (f"{asked[0].answer.status}, {listed(shown) or 'no page'}", "") if asked else None


@_ask("D20", "Which spellings of state does the filter take?")
def _spellings(observations: Observations) -> Told:
    asked = [
        (str(seen.ask.call.arguments["state"]), seen.answer.status)
        for seen in observations.answered(FILTERED, operation=ID)
        if "state" in seen.ask.call.arguments
    ]
    return ("; ".join(f"{state}: {status}" for state, status in asked), "") if asked else None


@_ask("D25", "Has an asset in the list all members?")
def _members(observations: Observations) -> Told:
    found = [asset for page in pages(observations) for asset in page.assets]
    required = set(asset_schema().get("required", ()))
    missing = {name for asset in found for name in required - asset.keys()}
    return (
        (f"without {listed(missing)}" if missing else "all of them, always", "") if found else None
    )

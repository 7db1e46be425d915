"""Boundary 4: what the client makes of the server's answers, seen by whoever uses the client."""

import babou
from babou_contract.checks.comparing import differences
from babou_contract.checks.meaning.get_asset import reads
from babou_contract.checks.recorder import strangers
from babou_contract.checks.registry import Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.answers import Answer
from babou_contract.probing.observations import OK, Observations, document_in
from babou_contract.specification import places, spec
from babou_contract.specification.schema import fits

check = Register(Boundary.client_server)


@check("What `get` returns equals the answer's JSON, member by member, for each known asset.")
def get_equals_the_json(observations: Observations, tally: Tally) -> None:
    """Compare `to_dict` with the document, and each attribute with its member."""
    stranger = strangers(observations)
    for asset_id in reads.shown(observations):
        asset, error, answer = stranger.asked(asset_id)
        if stranger.hides_in(answer):
            continue
        document = document_in(answer)
        lawful = document is not None and fits(spec.asset_schema(), document)
        if document is None or not lawful or document.get("id") != asset_id:
            if answer.status == OK:
                _refused(asset, error, answer, tally)
            else:
                observations.lack(f"the client read {asset_id!r}: {answer.excerpt}")
            continue
        tally.case()
        if asset is None:
            tally.disagree(
                f"the client refused the answer for {asset_id!r}, which obeys the schema",
                expected="the asset",
                received=f"{type(error).__name__}: {error}",
                exchange=answer.exchange,
                **places.at(*places.asset()),
            )
            continue
        if asset.to_dict() != document:
            tally.disagree(
                "to_dict() is not the document that the server sent",
                expected=answer.excerpt,
                received=repr(asset.to_dict()),
                exchange=answer.exchange,
            )
        for name, expected, received in differences(asset, document, spec.asset_schema()):
            tally.case()
            tally.disagree(
                f"the attribute {name} is not what the member says",
                expected=expected,
                received=received,
                exchange=answer.exchange,
                **places.at(*places.asset(name)),
            )


def _refused(
    asset: babou.Asset | None,
    error: babou.BabouError | None,
    answer: Answer,
    tally: Tally,
) -> None:
    """Tell where the client took an answer for an asset that the spec does not allow."""
    tally.case()
    if asset is not None:
        tally.disagree(
            "the client accepted an answer that the spec does not allow",
            expected="APIResponseValidationError",
            received=answer.excerpt,
            exchange=answer.exchange,
        )
    elif not isinstance(error, (babou.APIResponseValidationError, babou.APIConnectionError)):
        tally.disagree(
            "an answer that the spec does not allow arrived as another error",
            expected="APIResponseValidationError",
            received=f"{type(error).__name__}: {error}",
            exchange=answer.exchange,
        )

"""Rules about requests: what is lawful is taken, what is not is refused."""

from babou_contract.checks.judging import refused
from babou_contract.checks.registry import NotExercisedError, Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.asks import BODY, READ, UNLAWFUL, VALUE, successes
from babou_contract.probing.observations import Observations
from babou_contract.specification import places

check = Register(Boundary.spec_server)

_CONTENT = ("requestBody", "content")


@check("A request that succeeds is answered with success whenever it is made.")
def known_calls_succeed(observations: Observations, tally: Tally) -> None:
    """Hold each known call against the successes; one that fails is one too many."""
    tally.case(len(observations.of(READ)))
    for seen in refused(observations):
        if seen.ask.kind in {VALUE, BODY}:
            continue  # `lawful_values_are_taken` and `documented_bodies_are_taken` tell
        wanted = " or ".join(map(str, sorted(seen.ask.expects)))
        about = f" of {seen.ask.subject!r}" if seen.ask.subject else ""
        asked = "" if seen.ask.kind == READ else f" ({seen.ask.about})"
        tally.disagree(
            f"the known call {seen.operation.id}{about}{asked} was not answered with {wanted}",
            expected=f"{wanted} and what is documented for it",
            received=seen.answer.excerpt,
            exchange=seen.answer.exchange,
            **places.at(*places.answer_of(seen.operation, seen.operation.successes[0])),
        )


@check("A value that the specification allows for a parameter is not refused.")
def lawful_values_are_taken(observations: Observations, tally: Tally) -> None:
    """Try examples and limits; whatever else is allowed a server need not know."""
    tally.case(sum(bool(seen.ask.expects) for seen in observations.answered(VALUE)))
    for seen in refused(observations, VALUE):
        name = seen.ask.about.partition(" ")[0]
        tally.disagree(
            f"{seen.operation.id} refuses {seen.ask.about}",
            expected="a success: the specification allows this value",
            received=seen.answer.excerpt,
            exchange=seen.answer.exchange,
            **places.at(*places.of(seen.operation, "parameters", name)),
        )


@check("A body of each media type that the specification has is taken.")
def documented_bodies_are_taken(observations: Observations, tally: Tally) -> None:
    """Send an example, or a whole file; a type of which neither is known is named."""
    sent = {
        (seen.operation.id, seen.ask.call.media_type)
        for seen in observations.answered(READ, BODY)
        if seen.ask.expects and not seen.ask.key
    }
    asked = [one for one in observations.operations if observations.reached(one)]
    tally.case(sum((one.id, media) in sent for one in asked for media in one.bodies))
    for seen in refused(observations, BODY):
        tally.disagree(
            f"{seen.operation.id} refuses {seen.ask.about}",
            expected="a success: the specification has this media type",
            received=seen.answer.excerpt,
            exchange=seen.answer.exchange,
            **places.at(*places.of(seen.operation, *_CONTENT, seen.ask.call.media_type)),
        )
    for one in asked:
        lacking = [media for media in one.bodies if (one.id, media) not in sent]
        if lacking:
            what = "neither an example nor a sample file of it is known"
            raise NotExercisedError(f"{one.id} was sent no body of {', '.join(lacking)}: {what}")


@check("A body that the specification does not allow is refused.")
def unlawful_bodies_are_refused(observations: Observations, tally: Tally) -> None:
    """Send other media types, nothing, and JSON that is broken or lacks what is required."""
    for seen in observations.answered(BODY):
        if not seen.ask.marks & UNLAWFUL:
            continue
        tally.case()
        if seen.answer.status in successes(seen.operation):
            tally.disagree(
                f"{seen.operation.id} takes {seen.ask.about}",
                expected="a documented refusal, such as 400",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.of(seen.operation, "requestBody")),
            )

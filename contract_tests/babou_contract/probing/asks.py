"""What can be asked of a server: a request for an operation, what it is for, what came of it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal
from urllib.parse import urlencode

from attrs import evolve, field, frozen

from babou_contract.probing.answers import Answer, Credential
from babou_contract.probing.samples import BINARY, SAMPLES
from babou_contract.specification import spec
from babou_contract.specification.operations import Operation
from babou_contract.specification.styles import pairs

# An answer that is wrong one time in six is missed by n reads with a probability of (5/6)^n:
# 26 is the first n for which that is below 1 %. Each known call that changes nothing is made so
# often.
READS = 26
READ, KEY, STRANGER, METHOD = "known", "key", "stranger", "method"
VALUE, MADE_UP, BODY, IN_QUERY = "value", "made up", "body", "key in the query"
UNLAWFUL = frozenset({"unlawful"})  # the mark of a body that has to be refused
REFUSED = frozenset({401})


@frozen
class Call:
    """A request of an operation: arguments by name, more of the query, and a body.

    Attributes:
        known: Whether the server is known to have what the arguments name.
        subject: What it is about, in one word; a module of meaning tells its requests apart by it.
    """

    operation: Operation
    arguments: Mapping[str, Any] = field(factory=dict)
    more: tuple[tuple[str, str], ...] = ()
    media_type: str = ""
    content: bytes = b""
    known: bool = True
    subject: str = ""

    def but(self, **changed: Any) -> "Call":  # noqa: ANN401  values of parameters
        """Return the call with other arguments; None leaves one out."""
        made = {**self.arguments, **changed}
        return evolve(self, arguments={k: v for k, v in made.items() if v is not None})

    @property
    def target(self) -> str:
        """Path and query."""
        path = self.operation.path_for(dict(self._placed("path")))
        pairs = [*self._placed("query"), *self.more]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The parameters among the headers and the cookies, and the media type of the body."""
        cookies = "; ".join(f"{name}={text}" for name, text in self._placed("cookie"))
        more = (("Cookie", cookies), ("Content-Type", self.media_type))
        return (*self._placed("header"), *((name, text) for name, text in more if text))

    def _placed(self, place: str) -> list[tuple[str, str]]:
        return [
            pair
            for parameter in self.operation.parameters
            if parameter.place == place and parameter.name in self.arguments
            for pair in pairs(parameter, self.arguments[parameter.name])
        ]


@frozen
class KeyProbe:
    """A credential that has to be refused, and the codes that would not be true of it."""

    name: Literal["missing", "form", "wrong"]
    about: str
    credential: Credential
    untrue: frozenset[str] = frozenset()
    sent: str = field(default="", repr=False)


@frozen
class Ask:
    """A question to the server.

    Attributes:
        kind: What it is for; a module of meaning has kinds of its own.
        expects: The statuses of which a rule of its own tells where another comes; empty for any.
        odd: Whether a proxy in front of the server may refuse the request with a page of its own.
        key: Which key it is asked with; None is the right one.
        other_method: Sent in place of the operation's own.
        headers: More headers, Accept-Encoding among them; without any it is gzip.
        announced: The length of a body that is announced and not sent.
        marks: `UNLAWFUL`, or what a module of meaning has to say of it.
    """

    kind: str
    call: Call
    about: str
    expects: frozenset[int] = frozenset()
    odd: bool = False
    key: KeyProbe | None = None
    other_method: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    announced: int = 0
    marks: frozenset[str] = frozenset()

    @property
    def operation(self) -> Operation:
        """The operation that is asked."""
        return self.call.operation

    @property
    def subject(self) -> str:
        """What is asked about."""
        return self.call.subject

    @property
    def method(self) -> str:
        """The method that is sent."""
        return self.other_method or self.operation.method.upper()

    @property
    def is_optional(self) -> bool:
        """Whether the specification does not say that there is an answer."""
        return self.odd or self.kind == METHOD or bool(self.announced)


@frozen
class Seen:
    """A question with what came of it."""

    ask: Ask
    answer: Answer

    @property
    def operation(self) -> Operation:
        """The operation that was asked."""
        return self.ask.operation


def successes(operation: Operation) -> frozenset[int]:
    """Return the documented statuses of success."""
    exact = {int(status) for status in operation.successes if status.isdecimal()}
    return frozenset(exact | (set(range(200, 300)) if "2XX" in operation.successes else set()))


def read(call: Call, about: str = "", **more: Any) -> Ask:  # noqa: ANN401  members of Ask
    """Ask for a success, where the server is known to have what the call names."""
    expects = successes(call.operation) if call.known else frozenset()
    named = repr(call.subject) if call.subject else "as in the specification's example"
    return Ask(READ, call, about or f"{call.operation.id}, {named}", expects, **more)


def calls(operation: Operation, known: Iterable[Mapping[str, Any]], *, own: bool) -> Iterator[Call]:
    """Yield a call for each set of known arguments, or one of the specification's examples.

    Those examples are known where the server is our own, or where nothing is looked up by them.
    """
    media, content = body_of(operation)
    given = False
    for arguments in known:
        given = True
        filled = {**_examples(operation), **arguments}
        subject = next((str(filled[parameter.name]) for parameter in operation.in_path), "")
        yield Call(operation, filled, (), media, content, subject=subject)
    if not given:
        known_here = own or not operation.in_path
        yield Call(operation, _examples(operation), (), media, content, known=known_here)


def _examples(operation: Operation) -> dict[str, Any]:
    """Return values for what has to be sent."""
    return {p.name: example_of(p.examples, p.schema) for p in operation.parameters if p.required}


def example_of(examples: tuple[Any, ...], schema: Mapping[str, Any]) -> Any:  # noqa: ANN401  a value
    """Return an example, made of the schema where there is none."""
    return examples[0] if examples else spec.sample(dict(schema))


def body_of(operation: Operation, media_type: str = "") -> tuple[str, bytes]:
    """Return media type and bytes of an example of a body; nothing where none is documented."""
    if not operation.bodies:
        return "", b""
    media = media_type or next((one for one in SAMPLES if one in operation.bodies), "")
    media = media or next(iter(operation.bodies))
    content = operation.bodies[media]
    if content.examples:
        return media, encoded(media, next(iter(content.examples.values())))
    schema = spec.merged(content.schema)
    if schema.get("format") == "binary" or not ("json" in media or media.startswith("text/")):
        return media, SAMPLES.get(media, BINARY)
    return media, encoded(media, made(schema))


def made(schema: Mapping[str, Any]) -> Any:  # noqa: ANN401  a value
    """Return a value of a schema, its required members included."""
    whole = spec.merged(dict(schema))
    if whole.get("type") == "object" and not whole.get("examples"):
        members = whole.get("properties", {})
        return {name: made(members.get(name, {})) for name in whole.get("required", ())}
    return spec.sample(whole)


def encoded(media_type: str, value: object) -> bytes:
    """Return a value as a body of its media type."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str) and "json" not in media_type:
        return value.encode()
    return json.dumps(value).encode()

"""What came of a request."""

import re

from attrs import field, frozen

from babou_contract.model import Exchange
from babou_contract.probing.failures import Failure
from babou_contract.probing.raw import Raw

RATE_LIMITED = 429
PASSING = frozenset({502, 503, 504, *range(520, 528)})  # what a proxy says for a moment
_SHOWN = 300


@frozen
class Credential:
    """What is sent for a key, how it is shown, and where it goes; None sends nothing.

    Attributes:
        place: `header`, `query` or `cookie`.
    """

    value: str | None = field(repr=False)
    shown: str | None
    place: str = "header"
    name: str = "Authorization"


@frozen
class Answer:
    """What came of one request: `raw` with everything in it, `exchange` fit to be shown."""

    exchange: Exchange
    raw: Raw | None
    failure: Failure | None = None

    @property
    def status(self) -> int | None:
        """The status, None where no answer came."""
        return self.exchange.status

    @property
    def is_json(self) -> bool:
        """Whether the answer calls itself JSON."""
        return bool(re.match(r"application/([\w.-]+\+)?json\b", self.media_type))

    @property
    def is_outage(self) -> bool:
        """Whether nothing came, or what a proxy or a limit says in the server's place."""
        return self.raw is None or self.status == RATE_LIMITED or self.status in PASSING

    @property
    def excerpt(self) -> str:
        """The beginning of the answer for a person; why there is none; where it leads."""
        if self.raw is None:
            return self.exchange.error or "no answer"
        kind = self.exchange.header("content-type") or "no Content-Type"
        to = self.exchange.header("location")
        body = self.exchange.text.strip()
        shown = body if len(body) <= _SHOWN else f"{body[:_SHOWN]}…"
        return f"{self.status} {f'to {to}, ' if to else ''}{kind}: {shown or 'no body'}"

    @property
    def media_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.exchange.media_type

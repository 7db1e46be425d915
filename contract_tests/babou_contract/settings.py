"""What a run was told: which server, with which key and assets, how long, how hard."""

from attrs import field, frozen
from attrs.converters import optional

from babou_contract.model import Boundary
from babou_contract.specification import spec

DEFAULT_MAX_EXAMPLES = 60
DEFAULT_SEED = 20251202  # any number will do; a fixed one makes two runs ask the same


@frozen(kw_only=True)
class Settings:
    """What a run was told.

    Attributes:
        base_url: The server, with or without `/api/v1`; None starts the mock server.
        api_key: The key that is right.
        assets: Ids that this server is known to have.
        max_examples: How many bodies, and how many requests, are made by chance.
        time_limit: Seconds for the whole run.
        rate_limit: Requests a second, at most.
        timeout: Seconds for one answer.
        only: The boundaries to check.
        allow_unsafe_methods: Whether methods that change something may be sent.
    """

    base_url: str | None = field(default=None, converter=optional(spec.server_url))
    api_key: str = field(default="", repr=False)
    assets: tuple[str, ...] = ()
    seed: int = DEFAULT_SEED
    max_examples: int = DEFAULT_MAX_EXAMPLES
    time_limit: float | None = None
    rate_limit: float | None = None
    timeout: float = 10.0
    only: frozenset[Boundary] = frozenset(Boundary)
    allow_unsafe_methods: bool = False


def parse_rate(text: str) -> float:
    """Read a rate such as `10/s` or `90/m`, and return it in requests a second.

    Raises:
        ValueError: It is none.
    """
    number, _, unit = text.partition("/")
    seconds = {"": 1, "s": 1, "m": 60, "h": 3600}.get(unit.strip())
    try:
        rate = float(number)
    except ValueError:
        rate = 0.0
    if seconds is None or not 0 < rate < float("inf"):
        raise ValueError(f"{text!r} is no rate; write 10/s, 90/m or 1000/h")
    return rate / seconds

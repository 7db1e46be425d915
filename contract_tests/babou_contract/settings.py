"""What a run was told: which server, with which key and assets, how long, how hard."""

from attrs import field, frozen
from attrs.converters import optional

from babou_contract.model import Boundary
from babou_contract.specification import spec
from babou_contract.specification.operations import NoOperationError

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
        arguments: Known arguments: for each the operation's id, the parameter's name and its value.
        waived: The ids of the operations that are not asked, and need not be judged.
        own_server: Whether the server is one that this run started.
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
    arguments: tuple[tuple[str, str, str], ...] = ()
    waived: tuple[str, ...] = ()
    own_server: bool = False

    def arguments_of(self, operation: str) -> list[dict[str, str]]:
        """Return the sets of arguments that were given for an operation.

        A parameter that was given several values has one in each set, the last one where others
        were given more.
        """
        values: dict[str, list[str]] = {}
        for id, name, value in self.arguments:
            if id == operation:
                values.setdefault(name, []).append(value)
        count = max(map(len, values.values()), default=0)
        return [
            {name: given[min(number, len(given) - 1)] for name, given in values.items()}
            for number in range(count)
        ]


def parse_argument(text: str) -> tuple[str, str, str]:
    """Read a known argument such as `listAssets.state=ready`.

    Raises:
        ValueError: It is none, or there is no such operation or parameter.
    """
    name, equals, value = text.partition("=")
    id, dot, parameter = name.rpartition(".")
    if not (equals and dot):
        raise ValueError(f"{text!r} is no argument; write OPERATION.PARAMETER=VALUE")
    try:
        operation = spec.operation(id)
    except NoOperationError as error:
        raise ValueError(str(error)) from error
    known = [one.name for one in operation.parameters]
    if parameter not in known:
        told = ", ".join(known) or "none"
        raise ValueError(f"{id} has no parameter {parameter!r}; it has {told}")
    return id, parameter, value


def parse_waived(text: str) -> str:
    """Return the id of an operation.

    Raises:
        ValueError: There is none; the text lists those that there are.
    """
    try:
        return spec.operation(text).id
    except NoOperationError as error:
        raise ValueError(str(error)) from error


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

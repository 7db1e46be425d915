"""A key in the query, where logs and histories keep it: does the server read one there?

The key itself is sent so to a server on this machine only, whose logs are here. Of another one, the
refusals tell: that of a wrong key differs from that of none, or comes in spite of the right key.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from attrs import evolve

from babou_contract.probing import keys
from babou_contract.probing.asks import IN_QUERY, Ask, Call
from babou_contract.probing.keys import OTHER_KEY
from babou_contract.probing.observations import Observations

# RFC 6750, section 2.3, has `access_token`; the others are what servers call it.
NAMES = ("access_token", "api_key", "apikey", "apiKey", "key", "token")
_HERE = {"127.0.0.1", "::1", "localhost"}


def asks(observations: Observations, base: Call) -> Iterator[Ask]:
    """Yield questions with keys under all names that are no parameters of the operation."""
    operation = base.operation
    if keys.scheme_of(operation).get("in") == "query":
        return  # there it belongs
    taken = {parameter.name for parameter in operation.parameters}
    names = [name for name in NAMES if name not in taken]

    def with_key(key: str) -> Call:
        more = (*base.more, *((name, key) for name in names))
        return evolve(base, more=more, known=False)

    probes = observations.keys(operation)
    missing = probes[0]
    other = next(key.sent for key in probes if key.about == OTHER_KEY)
    yield Ask(IN_QUERY, with_key("wrong"), "a word for a key in the query", key=missing, odd=True)
    if operation.is_safe:
        yield Ask(IN_QUERY, with_key(other), "another key in the query", odd=True)
    if urlsplit(observations.session.base_url).hostname in _HERE:
        right = observations.settings.api_key
        yield Ask(IN_QUERY, with_key(right), "the key in the query alone", key=missing, odd=True)

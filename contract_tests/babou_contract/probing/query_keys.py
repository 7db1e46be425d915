"""A key in the query, where logs and histories keep it: does the server read one there?

The key itself is sent so to a server on this machine only, whose logs are here. Of another one, the
refusals tell: that of a wrong key differs from that of none, or comes in spite of the right key.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from attrs import evolve

from babou_contract.probing import keys
from babou_contract.probing.asks import IN_QUERY, Ask, Call, KeyProbe
from babou_contract.probing.keys import OTHER_KEY
from babou_contract.probing.observations import Observations

# RFC 6750, section 2.3, has `access_token`; the others are what servers call it.
NAMES = ("access_token", "api_key", "apikey", "apiKey", "key", "token")
_HERE = {"127.0.0.1", "::1", "localhost"}


def asks(observations: Observations, base: Call) -> Iterator[Ask]:
    """Yield questions with keys under each name that is no parameter of the operation.

    One name at a time: a server may refuse names that it does not know, and two keys at once.
    """
    operation = base.operation
    if keys.scheme_of(operation).get("in") == "query":
        return  # there it belongs
    schemes = [scheme for asked in operation.security for scheme in asked.values()]
    in_query = [str(scheme.get("name")) for scheme in schemes if scheme.get("in") == "query"]
    documented = [*in_query, *(parameter.name for parameter in operation.parameters)]
    taken = {name.lower() for name in documented}  # a server need not tell letters' case apart
    probes = observations.keys(operation)
    missing = probes[0]
    other = next(key.sent for key in probes if key.about == OTHER_KEY)
    is_here = urlsplit(observations.session.base_url).hostname in _HERE

    def ask(name: str, key: str, about: str, sent: KeyProbe | None = None) -> Ask:
        call = evolve(base, more=(*base.more, (name, key)), known=False)
        return Ask(IN_QUERY, call, about, key=sent, odd=True)

    for name in (name for name in NAMES if name.lower() not in taken):
        yield ask(name, "wrong", "a word for a key in the query", missing)
        if operation.is_safe:
            yield ask(name, other, "another key in the query")
        if is_here:
            right = observations.settings.api_key
            yield ask(name, right, "the key in the query alone", missing)

"""Share out the requests of an API key among all processes that use the key, through Redis."""

from __future__ import annotations

import hashlib
import math
import time
from typing import TYPE_CHECKING

from babou._core.config import (
    Secret,
    check_key,
    check_number,
    check_rate,
    check_seconds,
    key_source,
)
from babou._errors import BudgetError, ConfigurationError
from babou._http.budget import RateBudget

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis.commands.core import Script

_ASK_AGAIN = 1.0
"""Seconds in which a Redis that did not answer is not asked again."""

# Why a script of our own: limits 5.8 counts windows; it says when one ends, and reserves nothing.
# pyrate-limiter 4.5 has this algorithm (GCRA), but by the clock of each client; a client that is
# refused reserves nothing and has to ask again, and there is no hold. This script takes the slot at
# the first question, by the clock of Redis, and a hold moves it.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local known = redis.call('HMGET', KEYS[1], 'next', 'held')
local next, held = tonumber(known[1]) or 0, tonumber(known[2]) or 0
local interval, within, hold = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local slot = math.max(now, next, held)
if hold > 0 then
  held = math.max(held, now + hold)
elseif within >= 0 and slot - now <= within then
  next = slot + interval
end
local last = math.max(next, held)
if last > now then
  redis.call('HSET', KEYS[1], 'next', string.format('%.0f', next),
             'held', string.format('%.0f', held))
  redis.call('PEXPIRE', KEYS[1], math.ceil((last - now) / 1000) + 1000)
end
return {string.format('%.0f', slot - now), string.format('%.0f', math.max(0, held - now))}
"""
"""Arguments in microseconds: interval, how far away a slot may be (below 0: no slot), hold."""

_NONE = -1.0


class RedisBudget:
    """A number of requests a second for all processes, on all machines, that use the same API key.

    Needs the extra `redis`. Each question is one round trip; a request that has to wait for its
    slot makes two. Times are those of Redis's clock: the clocks of the machines do not matter.
    If a process ends before its slot, that slot stays unused, and nobody waits for it.

    A Redis that has lost its data starts again: while earlier requests still wait for their slots,
    up to twice the rate is sent.

    Args:
        url: `redis://…`, `rediss://…` or `unix://…`, as redis-py reads it.
        per_second: Requests a second, of all processes together. Less than 1 is allowed.
        api_key: The key whose requests are counted, or a function that returns it, as for
            `Client`. Redis is told a hash of it and never the key. By default the environment
            variable BABOU_API_KEY.
        local_share: What to do while Redis does not answer. With a number, each process goes on
            alone at this share of the rate, such as 0.1 for ten processes. With None, requests
            raise `BudgetError`; waits go on after it until their time is up. Redis is asked again
            each second.
        timeout: Seconds after which a Redis that does not answer counts as away.

    Raises:
        ConfigurationError: An argument can't be used, or the extra isn't installed.
    """

    def __init__(
        self,
        url: str,
        per_second: float,
        *,
        api_key: str | Callable[[], str] | None = None,
        local_share: float | None = None,
        timeout: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = 1.0 / check_rate(per_second, "per_second")
        self._key = key_source(api_key)
        self._local = None
        if local_share is not None:
            share = check_number(local_share, "local_share")
            if not 0 < share <= 1:
                raise ConfigurationError(
                    f"local_share must be more than 0 and at most 1, not {local_share!r}."
                )
            self._local = RateBudget(per_second * share, clock=clock)
        self._script, self._away = _connect(url, check_seconds(timeout, "timeout"))
        self._clock = clock
        self._ask_from = -math.inf

    def take(self, within: float = math.inf) -> float:
        """Take the next slot unless it is more than `within` seconds away; return the seconds."""
        answer = self._ask(within=max(0.0, within))
        if answer is not None:
            return answer[0]
        if self._local is not None:
            return self._local.take(within)
        raise BudgetError(
            "Nothing was sent: Redis, which keeps the budget, does not answer. Start it, or let "
            "RedisBudget go on at a share of the rate: local_share=0.1.",
            retry_after=_ASK_AGAIN,
        )

    def hold(self, seconds: float) -> None:
        """Give no slot in the next `seconds`, to any client with the key."""
        self._ask(hold=check_number(seconds, "seconds"))
        if self._local is not None:
            self._local.hold(seconds)

    def held(self) -> float:
        """Return the seconds for which no request may be sent, 0 for none."""
        answer = self._ask()
        if answer is not None:
            return answer[1]
        return self._local.held() if self._local is not None else 0.0

    def _ask(self, *, within: float = _NONE, hold: float = 0.0) -> tuple[float, float] | None:
        """Return the seconds until the slot, and of the hold; None if Redis does not answer."""
        if self._clock() < self._ask_from:
            return None
        key = self._key if isinstance(self._key, Secret) else check_key(self._key())
        name = hashlib.sha256(f"babou budget {key.reveal()}".encode()).hexdigest()
        times = [min(seconds, 1e9) * 1e6 for seconds in (self._interval, within, hold)]
        try:
            slot, held = self._script(keys=[f"babou:budget:{name}"], args=times)
        except self._away:
            self._ask_from = self._clock() + _ASK_AGAIN
            return None
        return int(slot) / 1e6, int(held) / 1e6


def _connect(url: str, timeout: float) -> tuple[Script, type[Exception]]:
    """Return the script, bound to connections that are made when it is called, and its error."""
    try:
        from redis import Redis, RedisError  # noqa: PLC0415 (an extra)
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "RedisBudget needs redis-py: pip install 'babou[redis]'."
        ) from error
    try:
        redis = Redis.from_url(
            url,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 1),  # once, for a connection that Redis closed meanwhile
        )
    except (ValueError, TypeError, AttributeError) as error:
        # The URL may contain a password, so no message shows it; redis-py's own does not either.
        raise ConfigurationError(
            f"url must be such as redis://localhost:6379/0 or rediss://…, not {type(url).__name__} "
            "that redis-py can't read."
        ) from error
    return redis.register_script(_SCRIPT), RedisError

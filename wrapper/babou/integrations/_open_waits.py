"""Record in Redis which waits are under way, so that none is lost if its message is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import frozen
from redis import Redis

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT_ONCE = 1000
"""The most waits that are sent again at a time."""


@frozen
class Message:
    """The current message of a wait: the number of its turn, and the task's arguments."""

    turn: int
    args: list[Any]
    kwargs: dict[str, Any]


class OpenWaits:
    """The waits of one task. Each is recorded before a message is sent for it."""

    def __init__(self, url: str, name: str) -> None:
        self._redis: Any = Redis.from_url(url, decode_responses=True)
        self._messages, self._expected = f"babou:waits:{name}", f"babou:waits:{name}:expected"
        self._lock = f"babou:waits:{name}:lock"

    def note(self, task_id: str, message: Message, expected: float) -> None:
        """Record the message that is about to be sent, and when its turn is expected."""
        text = json.dumps([message.turn, message.args, message.kwargs])
        with self._redis.pipeline() as both:
            both.hset(self._messages, task_id, text).zadd(self._expected, {task_id: expected})
            both.execute()

    def is_stale(self, task_id: str, turn: int) -> bool:
        """Tell whether there is a later message for the wait."""
        text = self._redis.hget(self._messages, task_id)
        return text is not None and turn < json.loads(text)[0]

    def end(self, task_id: str) -> None:
        """Record that the wait has ended."""
        with self._redis.pipeline() as both:
            both.hdel(self._messages, task_id).zrem(self._expected, task_id)
            both.execute()

    def lost(self, before: float, period: float) -> Iterator[tuple[str, Message]]:
        """Yield the waits whose turns were expected before a time, for one worker per period."""
        if not self._redis.set(self._lock, 1, nx=True, px=max(1, int(period * 1000))):
            return
        late = self._redis.zrangebyscore(self._expected, 0, before, start=0, num=_AT_ONCE)
        for task_id in late:
            text = self._redis.hget(self._messages, task_id)
            if text is not None:
                yield task_id, Message(*json.loads(text))

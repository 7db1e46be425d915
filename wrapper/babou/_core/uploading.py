"""Upload a file: what is asked, what may be repeated, and what an error leaves open. Pure.

Each upload makes another asset. So a request is repeated only where the server has surely taken
nothing: not a byte of the file was given to the transport, or the answer is 429.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from babou._core.calls import upload_call
from babou._core.flows import ask, explained
from babou._core.retry import is_retryable, is_transient
from babou._errors import APIStatusError, BabouError, BudgetError, RateLimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from babou._core.flows import Answer
    from babou._core.messages import Step
    from babou._core.operations import Asset

_REFUSED = range(400, 500)
_HOW_TO_LOOK = (
    "The asset may exist all the same: look for it with client.assets.list() before you upload the "
    "file again"
)


class Content(Protocol):
    """What is uploaded, as far as the flow knows it."""

    @property
    def subject(self) -> str:
        """How errors name it."""

    @property
    def size(self) -> int:
        """How many bytes it has."""

    @property
    def content_type(self) -> str:
        """Its MIME type."""

    @property
    def begun(self) -> bool:
        """Whether the transport has taken any of it."""


def upload(
    content: Content, *, now: float, timeout: float, max_retries: int, random: Callable[[], float]
) -> Generator[Step, Answer, Asset]:
    """Upload a file, within `timeout` seconds.

    Raises:
        BabouError: As `ask` says. Where the asset may exist, the text tells how to look.
    """

    def may_repeat(error: BabouError) -> bool:
        return is_transient(error) and (not content.begun or isinstance(error, RateLimitError))

    call = upload_call(content.subject, size=content.size, content_type=content.content_type)
    try:
        asset, _ = yield from ask(
            call,
            now=now,
            timeout=timeout,
            max_retries=max_retries,
            random=random,
            may_repeat=may_repeat,
        )
    except BabouError as error:
        if content.begun and not _is_refusal(error):
            raise explained(error, _HOW_TO_LOOK) from error.__cause__
        raise
    return asset


def _is_refusal(error: BabouError) -> bool:
    """Tell whether the server has surely made no asset."""
    if isinstance(error, (RateLimitError, BudgetError)):
        return True
    return (
        isinstance(error, APIStatusError)
        and error.status_code in _REFUSED
        and not is_retryable(error.status_code)
    )

"""The synchronous client. `_async_client` is its sibling: the same methods in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from babou._core.config import (
    DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT,
    check_base_url,
    key_source,
    user_agent,
)
from babou._core.polling import Options, PollPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from babou._assets import Assets
    from babou._http.budget import Budget
    from babou._http.transport import Transport


class Client:
    """Babou's asset API, for synchronous code. Safe to share between threads.

    Args:
        api_key: The key, or a function that is asked for it before each request, so that keys can
            be rotated. By default the environment variable BABOU_API_KEY.
        base_url: Scheme and host, and the path before `/api/v1` if there is one; `/api/v1` itself
            may be given or left out. By default the environment variable BABOU_BASE_URL, or else
            https://api.babou.ai.
        timeout: Seconds that one call may take in all: connection, reading, retries and the pauses
            between them. A wait has its own timeout; each of its polls takes at most this.
        max_retries: Further attempts after one that failed for a passing reason.
        poll: How long a wait pauses between polls.
        budget: Limits the rate of requests: each request to the API waits for a slot, and a 429
            stops all for a while. A call fails at once if its slot is after the deadline. By
            default there is no limit.
        user_agent_suffix: Your product, such as `my-service/1.4`.
        transport: Sends the requests: `HttpxTransport` over an httpx client of yours, or a
            `Transport` of your own. By default this client makes one, over httpcore.

    Attributes:
        assets: The operations on assets.

    Raises:
        ConfigurationError: An argument, or the environment, can't be used; the text says what to
            set.
    """

    assets: Assets

    def __init__(
        self,
        api_key: str | Callable[[], str] | None = None,
        *,
        base_url: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_MAX_RETRIES,
        poll: PollPolicy = PollPolicy(),  # noqa: B008 (a frozen value)
        budget: Budget | None = None,
        user_agent_suffix: str | None = None,
        transport: Transport | None = None,
    ) -> None:
        # The HTTP stack is loaded with the first client, not by `import babou`.
        from babou._assets import Assets  # noqa: PLC0415
        from babou._core.operations import server_url  # noqa: PLC0415
        from babou._http.budget import check_budget  # noqa: PLC0415
        from babou._http.runner import Head, Runner  # noqa: PLC0415
        from babou._http.sync import SyncTransport  # noqa: PLC0415
        from babou._http.transport import check_transport  # noqa: PLC0415

        key = key_source(api_key)
        self._options = Options(timeout, max_retries, poll)
        head = Head(server_url(check_base_url(base_url)), user_agent(user_agent_suffix))
        budget = check_budget(budget)
        self._owns_transport = transport is None
        if transport is None:
            transport = SyncTransport()
        else:
            check_transport(transport, is_async=False)
        self._runner = Runner(transport, key, head, budget=budget)
        self.assets = Assets(self._runner, self._options)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        poll: PollPolicy | None = None,
    ) -> Self:
        """Return a view of this client with other options, over the same connections.

        Closing the view leaves the connections open.
        """
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__, _owns_transport=False)
        view._options = self._options.changed(timeout, max_retries, poll)
        view.assets = type(self.assets)(self._runner, view._options)
        return view

    def close(self) -> None:
        """Close the connections, if this client opened them."""
        if self._owns_transport:
            self._runner.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<babou.Client {self._runner.head.base_url}>"

"""Everything that can go wrong, as one tree.

    BabouError
    ├── ConfigurationError            (also a ValueError) the client was set up wrongly
    │   └── InvalidAssetIdError       refused before anything was sent
    ├── ClientClosedError             used after close()
    ├── BudgetError                   the client's budget has no slot in time; nothing was sent
    ├── APIConnectionError            no whole answer arrived
    │   └── APITimeoutError           …in time
    ├── APIStatusError                an answer that is not a success; the class goes by HTTP status
    │   ├── BadRequestError           400
    │   ├── AuthenticationError       401
    │   ├── PermissionDeniedError     403
    │   ├── NotFoundError             404
    │   ├── ConflictError             409
    │   ├── FileTooLargeError         413
    │   ├── RateLimitError            429
    │   └── InternalServerError       5xx, the CDN's 52x among them
    ├── APIResponseValidationError    a success whose body is not what the specification promises
    ├── WaitError                     a wait that ended without a ready asset
    │   ├── AssetFailedError          …because the asset failed
    │   ├── WaitTimeoutError          (also a TimeoutError) …because its time was up
    │   └── WaitCancelledError        …because it was told to stop
    ├── DownloadError                 the bytes could not be fetched or stored
    └── UploadError                   the file can't be uploaded

All of them can be pickled and copied. None of them ever holds the API key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from babou._core.operations import Asset


class BabouError(Exception):
    """Base class of everything this package raises on purpose."""

    def __bool__(self) -> Literal[True]:
        return True  # so type checkers know that `if result.error` misses no error

    def __reduce__(self) -> tuple[Any, ...]:
        # Python unpickles an exception by calling its class with `args`; that would lose the
        # keyword-only arguments.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[BabouError], args: tuple[Any, ...], state: dict[str, Any]) -> BabouError:
    error = cls.__new__(cls)
    error.args = args  # assigned, because TimeoutError.__new__ ignores what it is given
    error.__dict__.update(state)
    return error


class ConfigurationError(BabouError, ValueError):
    """An argument or environment variable is wrong or missing, so no request can be made.

    A mistake in the code of a transport that was given to the client is one, too.
    """


class InvalidAssetIdError(ConfigurationError):
    """The identifier would reach another endpoint, or none (D1); nothing was sent.

    Attributes:
        asset_id: What was given.
    """

    def __init__(self, message: str, *, asset_id: object) -> None:
        super().__init__(message)
        self.asset_id = asset_id


class ClientClosedError(BabouError):
    """The client was used after it had been closed."""


class BudgetError(BabouError):
    """The client's budget had no slot before the deadline, or couldn't be asked; nothing was sent.

    Attributes:
        retry_after: Seconds after which it is worth trying again.
    """

    def __init__(self, text: str, *, retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class APIConnectionError(BabouError):
    """No whole answer arrived: name look-up, connection, TLS or transfer failed."""


class APITimeoutError(APIConnectionError):
    """The time given for the call was used up."""


class APIStatusError(BabouError):
    """An answer with a status other than success.

    Attributes:
        status_code: HTTP status, 100 to 999.
        code: The server's identifier of the kind of error (`NOT_FOUND`, …), if it gave one.
        message: The server's words, or ours if the body was not the documented one.
        hint: What to try next, if the server said.
        request_id: The answer's `x-request-id`, for a support request.
        retry_after: Seconds the server asks to wait, if it said.
        retryable: Whether the same call can succeed later.
        body: The answer's body as it came.
        headers: The answer's headers, names in lower case.
    """

    def __init__(
        self,
        text: str,
        *,
        status_code: int,
        code: str | None = None,
        message: str,
        hint: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        retryable: bool = False,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.status_code = status_code
        self.code = code
        self.message = message
        self.hint = hint
        self.request_id = request_id
        self.retry_after = retry_after
        self.retryable = retryable
        self.body = body
        self.headers = dict(headers or {})


class BadRequestError(APIStatusError):
    """400: the identifier is not acceptable."""


class AuthenticationError(APIStatusError):
    """401: the key is missing, malformed, wrong or expired; `code` tells which."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this, or a firewall in front of the API refused."""


class NotFoundError(APIStatusError):
    """404: there is no such asset, or it belongs to another account."""


class ConflictError(APIStatusError):
    """409: the asset is being changed by somebody else."""


class FileTooLargeError(APIStatusError):
    """413: the file is larger than an upload may be (D22).

    A file that is surely too large is refused with the same error before a byte is sent.
    """


class RateLimitError(APIStatusError):
    """429: too many requests with this key; `retry_after` tells how long to wait, if known."""


class InternalServerError(APIStatusError):
    """5xx: the server, or a proxy in front of it, cannot answer now."""


STATUS_CLASSES: Mapping[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: FileTooLargeError,
    429: RateLimitError,
}


def class_for(status: int) -> type[APIStatusError]:
    """Return the class of error that a status is raised as."""
    if status >= 500:  # noqa: PLR2004
        return InternalServerError
    return STATUS_CLASSES.get(status, APIStatusError)


class APIResponseValidationError(BabouError):
    """A success whose body is not what the specification promises.

    Attributes:
        member: Path of the offending member (`size`), or None where the body as a whole is wrong.
        expected: What the specification promises, in words.
        received: What came instead.
        body: The raw body.
    """

    def __init__(
        self, text: str, *, member: str | None, expected: str, received: object, body: bytes = b""
    ) -> None:
        super().__init__(text)
        self.member = member
        self.expected = expected
        self.received = received
        self.body = body


class WaitError(BabouError):
    """A wait that ended without a ready asset.

    Attributes:
        asset_id: What was waited for.
        asset: The asset as last seen, or None if it was never seen.
        elapsed: Seconds since the wait began.
        polls: Requests made.
        last_error: The last error of a poll, if the asset was not seen after it.
    """

    def __init__(
        self,
        text: str,
        *,
        asset_id: str,
        asset: Asset | None = None,
        elapsed: float = 0.0,
        polls: int = 0,
        last_error: BabouError | None = None,
    ) -> None:
        super().__init__(text)
        self.asset_id = asset_id
        self.asset = asset
        self.elapsed = elapsed
        self.polls = polls
        self.last_error = last_error


class AssetFailedError(WaitError):
    """The asset reached `error` or `failed` (D2) and will never be ready."""


class WaitTimeoutError(WaitError, TimeoutError):
    """The time given for the wait was used up; the asset may still become ready."""


class WaitCancelledError(WaitError):
    """The wait was told to stop by its `cancel` event."""


class DownloadError(BabouError):
    """The bytes could not be fetched, or could not be stored.

    Attributes:
        asset_id: Which asset.
        url: From where, without its query (a presigned URL is a credential).
        status_code: HTTP status of the storage's answer, if there was one.
    """

    def __init__(
        self,
        text: str,
        *,
        asset_id: str | None = None,
        url: str | None = None,
        status_code: int | None = None,
    ) -> None:
        super().__init__(text)
        self.asset_id = asset_id
        self.url = url
        self.status_code = status_code


class UploadError(BabouError):
    """The file could not be read to its end, is empty, or its type is not known."""

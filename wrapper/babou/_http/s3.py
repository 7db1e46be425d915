"""Fetch `s3://bucket/key` with boto3, in the form in which a transport streams an answer.

boto3 finds its own credentials (environment, profile, role); Babou's key is not used.
"""

from __future__ import annotations

import contextlib
import functools
import math
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

from babou._core.messages import join_headers
from babou._errors import APIConnectionError, APITimeoutError, DownloadError
from babou._http.transport import Limit, ResponseStream, in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from babou._core.messages import Request

_PIECE = 1 << 18


@contextlib.contextmanager
def stream(
    asset_id: str, request: Request, *, stall: float, timeout: float
) -> Iterator[ResponseStream]:
    """Open an object: no pause is longer than `stall`, and all of it takes at most `timeout`.

    Raises:
        DownloadError: boto3 is not installed, or finds no credentials.
        APIConnectionError: The transfer broke off.
    """
    within = _Time(timeout).within
    answer = within(functools.partial(_open, asset_id, request, min(stall, timeout)))
    with contextlib.closing(answer):
        yield ResponseStream(answer.status, answer.headers, iter(lambda: within(answer.read), b""))


@contextlib.asynccontextmanager
async def astream(
    asset_id: str, request: Request, *, stall: float, timeout: float
) -> AsyncIterator[ResponseStream]:
    """Open an object without blocking the event loop: boto3 works in a thread."""
    from anyio import to_thread  # noqa: PLC0415 (the synchronous client does not need it)

    time_left = _Time(timeout)

    async def within(action: Callable[[], Any]) -> Any:  # noqa: ANN401 (whatever it returns)
        return await to_thread.run_sync(time_left.within, action, abandon_on_cancel=True)

    async def chunks() -> AsyncIterator[bytes]:
        while chunk := await within(answer.read):
            yield chunk

    answer = await within(functools.partial(_open, asset_id, request, min(stall, timeout)))
    with contextlib.closing(answer):
        yield ResponseStream(answer.status, answer.headers, chunks())


class _Time:
    """The time in which a transfer has to end; boto3 itself limits only each read."""

    def __init__(self, timeout: float) -> None:
        self._end = time.monotonic() + timeout

    def within(self, action: Callable[[], Any]) -> Any:  # noqa: ANN401 (whatever it returns)
        """Return the result of an action, or abandon the action when the time is up."""
        if self._end == math.inf:
            return action()
        try:
            return in_thread(action, Limit(self._end))
        except TimeoutError:
            raise APITimeoutError("S3 did not send all of it in time") from None


class _Answer:
    def __init__(self, meta: dict[str, Any], body: Any = None, errors: Any = None) -> None:  # noqa: ANN401
        self.status: int = meta.get("HTTPStatusCode", 0)
        self.headers = join_headers(meta.get("HTTPHeaders", {}).items(), status=self.status)
        self._body, self._errors = body, errors
        self._is_reading = False

    def read(self) -> bytes:
        """Return the next piece, or none at the end."""
        self._is_reading = True
        try:
            piece: bytes = self._body.read(_PIECE)
        except (self._errors.BotoCoreError, OSError) as error:
            raise APIConnectionError(f"The transfer from S3 broke off: {error}") from error
        self._is_reading = False
        return piece

    def close(self) -> None:
        """Close the connection; if it is still being read, that happens when it is collected."""
        if self._body is not None and not self._is_reading:
            self._body.close()


def _open(asset_id: str, request: Request, stall: float) -> _Answer:
    # This is not a URL in the sense of RFC 3986: the key is literal, with any characters.
    bucket, _, key = request.url.partition("://")[2].partition("/")
    try:
        boto3 = import_module("boto3")
        exceptions = import_module("botocore.exceptions")
        config = import_module("botocore.config").Config(
            connect_timeout=stall, read_timeout=stall, retries={"total_max_attempts": 1}
        )
    except ImportError as error:
        raise DownloadError(
            f"Asset {asset_id!r}: its bytes are in the S3 bucket {bucket!r}, which needs boto3: "
            "pip install 'babou[s3]'.",
            asset_id=asset_id,
            url=request.url,
        ) from error
    arguments = {"Bucket": bucket, "Key": key}
    if "range" in request.headers:
        # S3 knows no If-Range on GetObject; If-Match answers 412 where the object has changed.
        arguments |= {"Range": request.headers["range"], "IfMatch": request.headers["if-range"]}
    try:
        found = boto3.client("s3", config=config).get_object(**arguments)
    except exceptions.ClientError as error:
        return _Answer(error.response.get("ResponseMetadata", {}))
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise DownloadError(
            f"Asset {asset_id!r}: its bytes are in the S3 bucket {bucket!r}, and boto3 found no "
            "credentials for it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
            asset_id=asset_id,
            url=request.url,
        ) from error
    except exceptions.BotoCoreError as error:
        raise APIConnectionError(
            f"The S3 bucket {bucket!r} could not be reached: {error}"
        ) from error
    return _Answer(found["ResponseMetadata"], found["Body"], exceptions)

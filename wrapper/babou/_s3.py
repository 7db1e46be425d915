"""Fetch `s3://bucket/key` with boto3, in the words of `_engine`: a head and a body in pieces.

boto3 finds its own credentials (environment, profile, role); Babou's key is not among them.
"""

from __future__ import annotations

import contextlib
from importlib import import_module
from typing import TYPE_CHECKING, Any

from babou._engine import Stream
from babou._errors import APIConnectionError, DownloadError
from babou._headers import join_headers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from babou._messages import Request

_PIECE = 1 << 18
_PRECONDITION_FAILED = 412


@contextlib.contextmanager
def stream(asset_id: str, request: Request, *, stall: float) -> Iterator[Stream]:
    """Open an object of a bucket; each piece has to arrive within `stall` seconds.

    Raises:
        DownloadError: boto3 is not installed, or finds no credentials.
        APIConnectionError: The transfer broke off.
    """
    answer, boto_errors = _open(asset_id, request, stall)
    try:
        yield Stream(answer.status, answer.headers, _pieces(answer, boto_errors))
    finally:
        answer.close()


@contextlib.asynccontextmanager
async def astream(asset_id: str, request: Request, *, stall: float) -> AsyncIterator[Stream]:
    """Open an object of a bucket without blocking the event loop: boto3 works in a thread."""
    import asyncio  # noqa: PLC0415 (slow to import, and the synchronous door has no use for it)

    answer, boto_errors = await asyncio.to_thread(_open, asset_id, request, stall)
    pieces = _pieces(answer, boto_errors)

    async def in_thread() -> AsyncIterator[bytes]:
        while chunk := await asyncio.to_thread(next, pieces, b""):
            yield chunk

    try:
        yield Stream(answer.status, answer.headers, in_thread())
    finally:
        await asyncio.to_thread(answer.close)


class _Answer:
    def __init__(self, meta: dict[str, Any], body: Any) -> None:  # noqa: ANN401 (botocore's)
        self.status, self.body = meta.get("HTTPStatusCode", 0), body
        self.headers = join_headers(meta.get("HTTPHeaders", {}).items(), status=self.status)

    def close(self) -> None:
        if self.body is not None:
            self.body.close()


def _open(asset_id: str, request: Request, stall: float) -> tuple[_Answer, Any]:
    # Not a URL in the sense of RFC 3986: the key is literal, whatever characters it has.
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
        meta = error.response.get("ResponseMetadata", {})
        return _Answer(meta, None), exceptions
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
    meta = found["ResponseMetadata"]
    return _Answer(meta, found["Body"]), exceptions


def _pieces(answer: _Answer, boto_errors: Any) -> Iterator[bytes]:  # noqa: ANN401 (a module)
    try:
        while chunk := answer.body.read(_PIECE):
            yield chunk
    except (boto_errors.BotoCoreError, OSError) as error:
        raise APIConnectionError(f"The transfer from S3 broke off: {error}") from error

"""Plan a download: what to ask the storage for, and what its answers mean. Pure.

| rule | source |
|---|---|
| the request is bare: no key, no cookie, no compression asked for | D17 |
| a broken transfer is continued if the ETag is strong: `Range`, `If-Range` | 9110, 13.1.5, 14.2 |
| a 206 may be shorter than requested: then the next range is requested | RFC 9110, 15.3.7 |
| an answer that does not continue (another 206, 412, 416, a 200) restarts the download | 13.1.5 |
| an attempt that stores nothing beyond the furthest byte so far is a failure | |
| more than `max_retries` failures in a row end the download | |
| whole means all that the storage announced, and the asset's `size` if it is known | |
| gzip that nobody asked for is decoded, and then nothing can be continued | RFC 9110, 8.4 |
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from attrs import define, field

from babou._core.content import (
    Gunzip,
    content_coding,
    content_length,
    content_range,
    is_web_address,
    scheme,
    shown_url,
    strong_etag,
    unsatisfied_total,
)
from babou._core.messages import Request
from babou._core.retry import backoff, is_retryable, retry_after
from babou._errors import APIConnectionError, APITimeoutError, DownloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from babou._errors import APIResponseValidationError

MAX_REDIRECTS = 5
_MOMENT = 0.01  # seconds by which two clocks may differ
_WHOLE, _PART, _PRECONDITION_FAILED, _UNSATISFIABLE = 200, 206, 412, 416
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GZIP = frozenset({"gzip", "x-gzip"})


@define(kw_only=True)
class Plan:
    """One download under way.

    Attributes:
        longest_pause: Seconds that the storage may ask to wait before it is tried again.
        offset: Bytes that are stored already.
        validator: Strong ETag with which they can be continued.
        total: Bytes of the whole, if known.
        delay: Seconds to wait before the next request.
        is_whole: Whether nothing is missing.
    """

    asset_id: str
    url: str
    size: int | None
    max_retries: int
    longest_pause: float
    random: Callable[[], float]
    offset: int = field(init=False, default=0)
    validator: str | None = field(init=False, default=None)
    total: int | None = field(init=False)
    delay: float = field(init=False, default=0.0)
    is_whole: bool = field(init=False, default=False)
    _place: str = field(init=False)  # where redirects have led
    _redirects: int = field(init=False, default=0)
    _failures: int = field(init=False, default=0)
    _furthest: int = field(init=False, default=0)
    _trouble: str = field(init=False, default="")  # the last failure since new bytes were stored
    _has_gained: bool = field(init=False, default=False)
    _left: int | None = field(init=False, default=None)  # bytes that are still to come in this body
    _is_part: bool = field(init=False, default=False)
    _gunzip: Gunzip | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self.total, self._place = self.size, self.url

    @property
    def is_s3(self) -> bool:
        """Tell whether the bytes are fetched from S3's own API."""
        return scheme(self._place) == "s3"

    @property
    def is_resumable(self) -> bool:
        """Tell whether another call can continue what is stored."""
        return self.validator is not None and self._is_beginning(self.offset)

    def resume(self, offset: int, validator: str) -> bool:
        """Continue what an earlier call stored, and tell whether that is possible."""
        if self.offset or not self._is_beginning(offset) or not strong_etag({"etag": validator}):
            return False
        self.offset, self.validator = offset, validator
        return True

    def _is_beginning(self, offset: int) -> bool:
        return offset > 0 and (self.size is None or offset < self.size)

    def restart(self) -> None:
        """Begin again with nothing stored."""
        self.offset, self.validator, self.total = 0, None, self.size
        self._is_part, self._gunzip = False, None

    def request(self) -> Request:
        """Return the next request, to be sent after `delay` seconds."""
        self._has_gained = False
        headers = {"accept": "*/*", "accept-encoding": "identity"}
        if self.offset and self.validator is not None:
            headers |= {"range": f"bytes={self.offset}-", "if-range": self.validator}
        return Request("GET", self._place, headers)

    def accept(self, status: int, headers: Mapping[str, str], received_at: float) -> bool:
        """Read the head of an answer; tell whether its body is to be stored from `offset` on.

        Raises:
            DownloadError: The storage refuses for good, or has something else than the asset.
        """
        self.delay = 0.0
        if status in _REDIRECTS:
            self._redirect(status, headers)
            return False
        self._redirects = 0
        if status == _WHOLE:
            self._begin(headers)
            return True
        if status == _PART and self._continues(headers):
            return True
        if status == _UNSATISFIABLE and self.offset and self._has_all(headers):
            self.is_whole = True
            return False
        if status in {_PART, _PRECONDITION_FAILED, _UNSATISFIABLE} and self.offset:
            self.restart()  # no failure: the next request has no range, so this can't happen again
            return False
        refusal = _REFUSALS.get(status, "the storage refused")
        if not is_retryable(status):
            raise self._error(refusal, status)
        asked = retry_after(headers, received_at) or 0.0
        if asked > self.longest_pause:
            raise self._error(f"the storage asks to wait {asked:g} s", status)
        self._count_failure(refusal, status)
        self.delay = max(asked, self.delay)
        return False

    def _begin(self, headers: Mapping[str, str]) -> None:
        """Read the head of a 200."""
        self.restart()
        self._left = content_length(headers)
        if coding := self._coding(headers, self._left):
            if coding not in _GZIP:
                raise self._error(f"the storage sends it coded as {coding!r}; only gzip is undone")
            self._gunzip = Gunzip()
            return
        self.validator = strong_etag(headers)
        if self._left is not None:
            self._expect(self._left)

    def _continues(self, headers: Mapping[str, str]) -> bool:
        """Read the head of a 206; tell whether it brings the next bytes."""
        found = content_range(headers)
        if found is None or found.first != self.offset or not self._is_same(headers):
            return False
        if found.total is not None and self.total not in {None, found.total}:
            return False
        if self._coding(headers, found.total):
            return False
        self.total = self.total if found.total is None else found.total
        self.validator = self.validator or strong_etag(headers)
        self._left, self._is_part, self._gunzip = found.length, True, None
        return True

    def _has_all(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a 416 says that all bytes are stored."""
        if unsatisfied_total(headers) != self.offset or not self._is_same(headers):
            return False
        self._expect(self.offset)
        return True

    def _coding(self, headers: Mapping[str, str], total: int | None) -> str:
        """Return the coding to undo; none if the asset's size is the size of the coded bytes."""
        is_sized_as_coded = self.size is not None and self.size == total
        return "" if is_sized_as_coded else content_coding(headers)

    def _is_same(self, headers: Mapping[str, str]) -> bool:
        return "etag" not in headers or self.validator in {None, strong_etag(headers)}

    def _expect(self, total: int) -> None:
        if self.size is not None and total != self.size:
            self.restart()
            raise self._error(f"the storage has {total} bytes, but the asset's size is {self.size}")
        self.total = total

    def _redirect(self, status: int, headers: Mapping[str, str]) -> None:
        self._redirects += 1
        try:
            target = urljoin(self._place, headers.get("location", ""))
        except ValueError as error:
            raise self._error("a redirect to nowhere", status) from error
        downgrade = scheme(self._place) == "https" and scheme(target) == "http"
        if self._redirects > MAX_REDIRECTS:
            raise self._error(f"more than {MAX_REDIRECTS} redirects", status)
        if not is_web_address(target) or downgrade:
            raise self._error(f"a redirect to {shown_url(target)!r} is not followed", status)
        self._place = target

    def pieces(self, chunk: bytes | memoryview) -> Iterator[bytes | memoryview]:
        """Yield what is to be stored for the next bytes of a body.

        Raises:
            APIConnectionError: There are more bytes than announced, or they can't be decoded.
        """
        if self._left is not None:
            if len(chunk) > self._left:
                self.restart()
                raise APIConnectionError("more bytes came than the storage had announced")
            self._left -= len(chunk)
        if self._gunzip is None:
            yield chunk
            return
        try:
            yield from self._gunzip.pieces(chunk)
        except zlib.error as error:
            raise APIConnectionError(f"the gzip coding is broken: {error}") from error

    def stored(self, count: int) -> None:
        """Record that more bytes are stored."""
        self.offset += count
        if self.offset > self._furthest:
            self._furthest, self._failures, self._has_gained = self.offset, 0, True
            self._trouble = ""
        if self.size is not None and self.offset > self.size:
            self.restart()
            raise self._error(f"more bytes came than the asset's size, {self.size}")

    def body_ended(self) -> None:
        """Record the end of an answer: the whole is there, or the next range is due.

        Raises:
            APIConnectionError: Something is missing; call `failed`.
            DownloadError: There is no attempt left.
        """
        if self._left:
            raise APIConnectionError(f"the body ended {self._left} bytes too early")
        if self._gunzip is not None and not self._gunzip.is_at_end:
            raise APIConnectionError("the gzip coding is cut off")
        if self.offset == self.total or (self.total is None and not self._is_part):
            self.is_whole = True
        elif not self._is_part:
            raise APIConnectionError(
                f"{self.offset} bytes came, but the asset's size is {self.size}"
            )
        else:
            reached = self.offset
            if self.validator is None:
                self.restart()
            if not self._has_gained:
                self._count_failure(f"the storage sends nothing beyond byte {reached}")

    def failed(self, error: APIConnectionError, *, left: float) -> None:
        """Record that the transfer broke off; set `delay` for the next attempt, or raise.

        Args:
            error: The reason.
            left: Seconds that the whole download still has.

        Raises:
            DownloadError: There is no attempt left, or no time.
        """
        if isinstance(error, APITimeoutError) and left < _MOMENT:
            raise self.out_of_time() from error
        reached = self.offset
        if self.validator is None or reached == self.total:  # all is there, but wrong
            self.restart()
        what = f"the transfer broke off at byte {reached}: {str(error).rstrip('.')}"
        self._count_failure(what, cause=error)

    def _count_failure(
        self, what: str, status: int | None = None, cause: APIConnectionError | None = None
    ) -> None:
        self._trouble = _with_status(what, status)
        self._failures += 1
        if self._failures > self.max_retries:
            raise self._error(what, status) from cause
        self._place, self._redirects = self.url, 0
        self.delay = backoff(self._failures, self.random)

    def unusable(self, error: APIResponseValidationError) -> DownloadError:
        """Return the error of a download whose transport gives what can't be used."""
        return self._error(str(error).rstrip("."))

    def out_of_time(self) -> DownloadError:
        """Return the error of a download whose time is up, with its last failure."""
        trouble = f" The last error: {self._trouble}." if self._trouble else ""
        return self._error(
            f"the time for all of it was up at byte {self.offset}.{trouble} Raise timeout="
        )

    def _error(self, what: str, status: int | None = None) -> DownloadError:
        shown, told = shown_url(self._place), _with_status(what, status)
        return DownloadError(
            f"Asset {self.asset_id!r} was not downloaded from {shown}: {told}.",
            asset_id=self.asset_id,
            url=shown,
            status_code=status,
        )


def _with_status(what: str, status: int | None) -> str:
    return f"{what} (HTTP {status})" if status else what


_REFUSALS: Mapping[int, str] = {
    206: "the storage sends a part that was not asked for",
    403: "the storage refused; the URL may have expired, then fetch the asset again",
    404: "the storage has no such file",
    410: "the storage no longer has the file",
    416: "the storage refuses the range",
}

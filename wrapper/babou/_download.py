"""Plan a download: what to ask the storage for, and what its answers mean. Pure.

The storage gets a bare request: no key, no cookie. A transfer that breaks off is taken up where it
stopped (`Range` with `If-Range`, RFC 9110, sections 13.1.5 and 14.2) if the storage names a strong
`ETag`, and begun again if it does not.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from attrs import define, field

from babou._errors import APIConnectionError, DownloadError
from babou._messages import Request
from babou._retry import backoff, is_retryable, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from babou._operations import Asset

MAX_REDIRECTS = 5
_WHOLE, _PART, _STALE = 200, 206, frozenset({412, 416})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)", re.ASCII)
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_LONGEST_NAME = 150  # bytes; leaves room for the temporary name's additions under 255


def source_url(asset: Asset) -> str:
    """Return where an asset's bytes are.

    Raises:
        DownloadError: It has no URL, or one that is neither http, https nor s3 (D3).
    """
    if asset.url is None:
        raise DownloadError(
            f"Asset {asset.id!r} has no URL: its state is {str(asset.state)!r}. "
            + ("Upload the file again." if asset.is_failed else "Wait until it is ready."),
            asset_id=asset.id,
        )
    if _scheme(asset.url) not in {"http", "https", "s3"}:
        raise DownloadError(
            f"Asset {asset.id!r} has the URL {shown_url(asset.url)!r}; only those with the scheme "
            "http, https or s3 are fetched.",
            asset_id=asset.id,
            url=shown_url(asset.url),
        )
    return asset.url


def shown_url(url: str) -> str:
    """Return a URL without user, query and fragment: a presigned query is a credential."""
    shown = re.split(r"[?#]", url)[0]
    return re.sub(r"//[^/]*@", "//", shown)


def _scheme(url: str) -> str:
    return url.partition(":")[0].lower()


def safe_name(name: str, *, fallback: str) -> str:
    """Return a file name made of the server's, which can't leave its directory or be hidden."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(
        character
        for character in unicodedata.normalize("NFC", last)
        if unicodedata.category(character)[0] != "C"
    )
    cleaned = re.sub(r'[<>:"|?*]', "_", printable).strip(" ").lstrip(".").rstrip(" .")
    if _RESERVED.fullmatch(cleaned):
        cleaned = f"_{cleaned}"
    stem, dot, extension = cleaned.rpartition(".")
    if len(cleaned.encode()) > _LONGEST_NAME:
        tail = (dot + extension).encode()[:30] if dot else b""
        head = (stem or cleaned).encode()[: _LONGEST_NAME - len(tail)]
        cleaned = (head + tail).decode("utf-8", "ignore")
    if cleaned:
        return cleaned
    return "asset" if fallback is name else safe_name(fallback, fallback=fallback)


@define(kw_only=True)
class Plan:
    """One download under way; `offset` bytes are stored already.

    Attributes:
        validator: Strong ETag that the stored bytes belong to.
        total: Bytes that the whole will have, as far as known.
    """

    asset_id: str
    url: str
    size: int | None
    max_retries: int
    random: Callable[[], float]
    offset: int = 0
    validator: str | None = None
    total: int | None = field(init=False, default=None)
    delay: float = field(init=False, default=0.0)
    _failures: int = field(init=False, default=0)
    _redirects: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self.total = self.size
        if self.validator is None or (self.size is not None and self.offset >= self.size):
            self.restart()

    @property
    def is_s3(self) -> bool:
        """Tell whether the bytes are fetched from S3's own API."""
        return _scheme(self.url) == "s3"

    def restart(self) -> None:
        """Begin again with nothing stored."""
        self.offset, self.validator = 0, None

    def request(self) -> Request:
        """Return the next request, to be sent after `delay` seconds."""
        headers = {"accept": "*/*", "accept-encoding": "identity"}
        if self.offset and self.validator is not None:
            headers |= {"range": f"bytes={self.offset}-", "if-range": self.validator}
        return Request("GET", self.url, headers)

    def accept(self, status: int, headers: Mapping[str, str], received_at: float) -> bool:
        """Take in the head of an answer; tell whether its body is to be stored from `offset` on.

        Where it is not, `request` gives what to send next.

        Raises:
            DownloadError: The storage refuses for good, or offers something else than the asset.
        """
        self.delay = 0.0
        if status in _REDIRECTS:
            self._redirect(status, headers)
            return False
        if status in _STALE and self.offset:
            self.restart()
            return False
        if status == _PART and self.offset and self._continues(headers):
            return True
        if status == _WHOLE:
            self.restart()
            self.validator = _strong(headers.get("etag"))
            self._expect_total(headers.get("content-length"), headers)
            return True
        if status == _PART and self.offset:
            self.restart()
            return False
        if is_retryable(status) and self._failures < self.max_retries:
            self._failures += 1
            asked = retry_after(headers, received_at) or 0.0
            self.delay = max(asked, backoff(self._failures, self.random))
            return False
        raise self._error(_REFUSALS.get(status, "the storage refused"), status)

    def _continues(self, headers: Mapping[str, str]) -> bool:
        match = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
        if match is None or int(match[1]) != self.offset:
            return False
        if match[3] != "*":
            self._expect_total(match[3], {})
        return _strong(headers.get("etag", self.validator)) == self.validator

    def _expect_total(self, length: str | None, headers: Mapping[str, str]) -> None:
        if length is None or not length.isdecimal() or "content-encoding" in headers:
            return
        self.total = int(length)
        if self.size is not None and self.total != self.size:
            raise self._error(
                f"the storage has {self.total} bytes, but the asset's size is {self.size}"
            )

    def _redirect(self, status: int, headers: Mapping[str, str]) -> None:
        self._redirects += 1
        try:
            target = urljoin(self.url, headers.get("location", ""))
        except ValueError as error:
            raise self._error("a redirect to nowhere", status) from error
        downgrade = _scheme(self.url) == "https" and _scheme(target) == "http"
        if self._redirects > MAX_REDIRECTS:
            raise self._error(f"more than {MAX_REDIRECTS} redirects", status)
        if _scheme(target) not in {"http", "https"} or downgrade:
            raise self._error(f"a redirect to {shown_url(target)!r} is not followed", status)
        self.url = target

    def stored(self, count: int) -> None:
        """Take note that so many more bytes are stored."""
        self.offset += count
        self._failures = 0
        if self.size is not None and self.offset > self.size:
            raise self._error(f"more bytes came than the asset's size, {self.size}")

    def failed(self, error: APIConnectionError) -> None:
        """Take in that the transfer broke off; set `delay` for the next attempt, or raise.

        Raises:
            DownloadError: The attempts are used up.
        """
        self._failures += 1
        if self._failures > self.max_retries:
            raise self._error(f"the transfer broke off at byte {self.offset}: {error}") from error
        if self.validator is None:
            self.restart()
        self.delay = backoff(self._failures, self.random)

    def finish(self) -> None:
        """Check that all of it is stored.

        Raises:
            DownloadError: It is shorter than the asset's size.
        """
        if self.size is not None and self.offset != self.size:
            raise self._error(f"{self.offset} bytes came, but the asset's size is {self.size}")

    def out_of_time(self) -> DownloadError:
        """Return the error of a download whose time is up."""
        return self._error(f"its time was up at byte {self.offset}")

    def _error(self, what: str, status: int | None = None) -> DownloadError:
        shown = shown_url(self.url)
        return DownloadError(
            f"Asset {self.asset_id!r} was not downloaded from {shown}: {what}"
            f"{f' (HTTP {status})' if status else ''}.",
            asset_id=self.asset_id,
            url=shown,
            status_code=status,
        )


def _strong(etag: str | None) -> str | None:
    """Return an ETag that proves bytes equal, or None for a weak one (RFC 9110, 8.8.3)."""
    return etag if etag and etag.startswith('"') else None


_REFUSALS: Mapping[int, str] = {
    403: "the storage refused; the URL may have expired, then fetch the asset again",
    404: "the storage has no such file",
    410: "the storage no longer has the file",
    416: "the storage refuses the range",
}

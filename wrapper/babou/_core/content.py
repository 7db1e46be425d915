"""Read where an asset's bytes are, a name for their file, and the headers of a storage. Pure.

None of it is trusted. The headers say which bytes come, of how many, of which version and in which
coding; a length or range that cannot be read counts as absent.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from attrs import frozen

from babou._errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from babou._core.operations import Asset

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_LONGEST_NAME = 150  # bytes, far below the 255 that file systems allow

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)
_UNSATISFIED = re.compile(r"bytes \*/(\d{1,18})", re.ASCII)
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_STRONG = re.compile(r'"[ !#-~]*"')  # anything else can't be sent back or be part of a file's name
_LONG = 64  # bytes: no part of a host's name has so many (RFC 1035, 2.3.4)
_PIECE = 1 << 18
_NO_CODING = frozenset({"", "identity", "aws-chunked"})
"""S3 keeps `aws-chunked` from the upload; the object's bytes are not coded by it."""


def source_url(asset: Asset) -> str:
    """Return where an asset's bytes are.

    Raises:
        DownloadError: It has no URL, or one that can't be fetched (D3).
    """
    if asset.url is None:
        advice = "Wait until it is ready."
        if asset.is_failed:
            advice = "Upload the file again."
        elif asset.is_ready:
            advice = "A ready asset should have one: report it to Babou, with the asset's id."
        raise DownloadError(
            f"Asset {asset.id!r} has no URL: its state is {str(asset.state)!r}. {advice}",
            asset_id=asset.id,
        )
    if scheme(asset.url) != "s3" and not is_web_address(asset.url):
        raise DownloadError(
            f"Asset {asset.id!r} has the URL {shown_url(asset.url)!r}, which can't be fetched: "
            "that needs the scheme http, https or s3, and a host and port that can exist.",
            asset_id=asset.id,
            url=shown_url(asset.url),
        )
    return asset.url


def shown_url(url: str) -> str:
    """Return a URL without user, query and fragment: a presigned query is a credential."""
    shown = re.split(r"[?#]", url)[0]
    return re.sub(r"//[^/]*@", "//", shown)


def scheme(url: str) -> str:
    """Return a URL's scheme in lower case."""
    return url.partition(":")[0].lower()


def is_web_address(url: str) -> bool:
    """Tell whether a URL has the scheme http or https, and a host and port that can exist."""
    try:
        parts = urlsplit(url)
        host, _port = host_name(parts.hostname or ""), parts.port  # one that is no number raises
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and all(
        len(label) < _LONG for label in host.split(b".")
    )


def host_name(name: str) -> bytes:
    """Return the name of a host as it is sent.

    Raises:
        UnicodeError: It is none.
    """
    host = name.encode("ascii" if name.isascii() else "idna")
    if not host or b"" in host.rstrip(b".").split(b"."):
        raise UnicodeError(f"{name!r} is not the name of a host")
    return host


def safe_name(name: str, *, fallback: str) -> str:
    """Return a file name, made from the server's, that stays in its directory and is not hidden."""
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


@frozen
class ContentRange:
    """Which bytes of the whole a 206 brings; `total` is None if the storage does not say."""

    first: int
    last: int
    total: int | None

    @property
    def length(self) -> int:
        """How many bytes these are."""
        return self.last - self.first + 1


def content_range(headers: Mapping[str, str]) -> ContentRange | None:
    """Return the one range of a 206, or None if there is no valid one (RFC 9110, 14.4)."""
    match = _RANGE.fullmatch(headers.get("content-range", "").strip())
    if match is None or headers.get("content-type", "").lower().startswith("multipart/byteranges"):
        return None
    total = None if match[3] == "*" else int(match[3])
    found = ContentRange(int(match[1]), int(match[2]), total)
    is_valid = found.first <= found.last and (total is None or found.last < total)
    return found if is_valid and content_length(headers) in {None, found.length} else None


def unsatisfied_total(headers: Mapping[str, str]) -> int | None:
    """Return the length of the whole from a 416, or None (RFC 9110, 15.5.17)."""
    match = _UNSATISFIED.fullmatch(headers.get("content-range", "").strip())
    return int(match[1]) if match else None


def content_length(headers: Mapping[str, str]) -> int | None:
    """Return the length of the body as it is sent, or None."""
    match = _LENGTH.fullmatch(headers.get("content-length", "").strip())
    return int(match[0]) if match else None


def strong_etag(headers: Mapping[str, str]) -> str | None:
    """Return the ETag if it proves bytes equal, None if it is weak or odd (RFC 9110, 8.8.3)."""
    etag = headers.get("etag", "").strip()
    return etag if _STRONG.fullmatch(etag) else None


def content_coding(headers: Mapping[str, str]) -> str:
    """Return the codings of the body, or an empty text (RFC 9110, 8.4)."""
    codings = headers.get("content-encoding", "").lower().split(",")
    return ", ".join(coding.strip() for coding in codings if coding.strip() not in _NO_CODING)


class Gunzip:
    """Undo the coding gzip, piece by piece, in bounded memory."""

    def __init__(self) -> None:
        self._member: Any = None

    @property
    def is_at_end(self) -> bool:
        """Tell whether the body may end here; a body without any byte may."""
        return self._member is None or bool(self._member.eof)

    def pieces(self, chunk: bytes | memoryview) -> Iterator[bytes]:
        """Decode the next bytes of the body.

        Raises:
            zlib.error: They are not gzip, or a checksum is wrong.
        """
        coded, is_more = bytes(chunk), False
        while coded or is_more:
            if coded and self.is_at_end:  # a body may be several files of gzip, one after another
                self._member = zlib.decompressobj(wbits=31)
            piece = self._member.decompress(coded, _PIECE)
            yield piece
            is_more = len(piece) == _PIECE
            coded = self._member.unconsumed_tail or self._member.unused_data

"""Read where an asset's bytes are and what its file is to be called: both are untrusted. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from babou._errors import DownloadError

if TYPE_CHECKING:
    from babou._core.operations import Asset

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_LONGEST_NAME = 150  # bytes, far below the 255 that file systems allow


def source_url(asset: Asset) -> str:
    """Return where an asset's bytes are.

    Raises:
        DownloadError: It has no URL, or one that is neither http, https nor s3 (D3).
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
    if scheme(asset.url) not in {"http", "https", "s3"}:
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


def scheme(url: str) -> str:
    """Return a URL's scheme in lower case."""
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

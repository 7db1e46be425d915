"""Tell a file's MIME type by its first bytes, or else by its name. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

HEAD = 4096
"""First bytes that are looked at."""

_MARKS: tuple[tuple[str, str], ...] = (  # a regular expression of the first bytes → the type
    (r"\x89PNG\r\n\x1a\n", "image/png"),
    (r"\xff\xd8\xff", "image/jpeg"),
    (r"GIF8[79]a", "image/gif"),
    (r"RIFF....WEBP", "image/webp"),
    (r"RIFF....WAVE", "audio/wav"),
    (r"RIFF....AVI ", "video/x-msvideo"),
    (r"....ftypqt  ", "video/quicktime"),
    (r"....ftyp(iso|mp4|avc1|M4V|dash|MSNV|F4V)", "video/mp4"),
    (r"....(moov|mdat|wide)", "video/quicktime"),  # as it was before there was `ftyp`
    (r"\x1aE\xdf\xa3.{0,60}webm", "video/webm"),
    (r"OggS(?!.*theora)", "audio/ogg"),
    (r"\xff[\xf0\xf1\xf8\xf9]", "audio/aac"),  # ADTS: a layer of 0, which MP3 does not have
    (r"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", "audio/mpeg"),  # layer 3
    (
        r"(\xef\xbb\xbf)?(\s|<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE svg[^>]*>)*<svg[\s>/]",
        "image/svg+xml",
    ),
)
_KNOWN = [(re.compile(mark.encode("latin-1"), re.DOTALL), kind) for mark, kind in _MARKS]
_ENDINGS = {
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "qt": "video/quicktime",
    "avi": "video/x-msvideo",
    "webm": "video/webm",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "aac": "audio/aac",
}


def media_type(name: str, head: bytes, known: Collection[str]) -> str | None:
    """Return one of the known MIME types, or None where it can't be told.

    Args:
        name: The file's name, or an empty text.
        head: Its first `HEAD` bytes, or all.
        known: The types that the specification lists.
    """
    found = next((kind for mark, kind in _KNOWN if mark.match(head)), None)
    found = found or _ENDINGS.get(name.rpartition(".")[2].lower() if "." in name else "")
    return found if found in known else None

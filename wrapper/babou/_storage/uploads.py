"""Read what is uploaded: bytes, a file by its path, or a file that the caller opened.

A pipe, which can't be read twice, is first copied to a temporary file. So its size is known before
a byte is sent, and a refused upload can be repeated.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from attrs import define, field

from babou._core.operations import largest_file, uploaded_types
from babou._errors import BabouError, ConfigurationError, FileTooLargeError, UploadError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator

PIECE = 1 << 14
"""Bytes that the transport gets at once: few, so that a slow connection still makes progress."""

_COPIED = 1 << 18
_IN_USE = dict[int, object]()
"""The callers' files that are being uploaded, by `id`: an upload moves a file's position."""
_HEAD = 4096
"""First bytes of a file that are looked at for its type."""

_MARKS: tuple[tuple[str, str], ...] = (  # a regular expression of the first bytes → the type
    (r"\x89PNG\r\n\x1a\n", "image/png"),
    (r"\xff\xd8\xff", "image/jpeg"),
    (r"GIF8[79]a", "image/gif"),
    (r"RIFF....WEBP", "image/webp"),
    (r"RIFF....WAVE", "audio/wav"),
    (r"RIFF....AVI ", "video/x-msvideo"),
    (r"....ftypqt  ", "video/quicktime"),
    (r"....ftyp(iso|mp4|avc1|M4V|dash|MSNV|F4V)", "video/mp4"),
    (r"....(moov|mdat|wide)", "video/quicktime"),  # older files, without `ftyp`
    (r"\x1aE\xdf\xa3.{0,60}webm", "video/webm"),
    (r"OggS(?!.*theora)", "audio/ogg"),
    (r"\xff[\xf0\xf1\xf8\xf9]", "audio/aac"),  # ADTS: layer 0, which MP3 does not have
    (r"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", "audio/mpeg"),  # layer 3
    (
        r"(\xef\xbb\xbf)?(\s|<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE svg[^>]*>)*<svg[\s>/]",
        "image/svg+xml",
    ),
)
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


@define
class Content:
    """A file to be uploaded: the beginning of its errors, its bytes, size and type.

    Attributes:
        start: Where in the file its bytes begin.
        begun: Whether the transport has taken any of it.
        error: The error of reading it or of `on_progress`; a transport may raise another one.
    """

    subject: str
    file: BinaryIO
    is_ours: bool
    start: int = 0
    size: int = 0
    content_type: str = ""
    begun: bool = field(init=False, default=False)
    error: BaseException | None = field(init=False, default=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        """Close it; raise its own error, if that is why the upload failed."""
        self.close()
        if self.error is not None and isinstance(error, BabouError):
            raise self.error from None

    def pieces(self, on_piece: Callable[[int, int], object]) -> Generator[bytes, None, None]:
        """Yield the bytes from the beginning; call `on_piece` with those taken, and the total."""
        self.begun, self.error = True, None
        sent = 0
        try:
            self.rewind()
            while sent < self.size:
                count = min(PIECE, self.size - sent)
                yield self._next(count, is_last=sent + count == self.size)
                sent += count
                on_piece(sent, self.size)
        except GeneratorExit:
            raise
        except BaseException as error:
            self.error = error
            raise

    def _next(self, count: int, *, is_last: bool) -> bytes:
        piece = self.read(count + is_last)
        if len(piece) == count:
            return piece
        raise UploadError(
            f"{self.subject}: the file was changed while it was read; it had {self.size} bytes. No "
            "asset was made of it: upload it again."
        )

    def rewind(self) -> None:
        """Go to the first byte."""
        with _translated(self.subject):
            self.file.seek(self.start)

    def read(self, count: int) -> bytes:
        """Return the next bytes, fewer only at the end."""
        found = bytearray()
        while len(found) < count:
            with _translated(self.subject):
                piece: Any = self.file.read(count - len(found))
            if not isinstance(piece, (bytes, bytearray, memoryview)):
                raise ConfigurationError(
                    f"{self.subject}: the file gives {type(piece).__name__} in the place of bytes. "
                    "Open it for reading, as binary, and not without blocking."
                )
            if not piece:
                break
            found += piece
        return bytes(found)

    def close(self) -> None:
        """Close the file; one that the caller opened is put back to where it stood."""
        if self.is_ours:
            self.file.close()
            return
        if self.size:
            with contextlib.suppress(OSError, ValueError):
                self.file.seek(self.start)
        del _IN_USE[id(self.file)]


def content_of(file: object, content_type: str | None) -> Content:
    """Open what is to be uploaded, and find its size and type; read a pipe to its end.

    Raises:
        ConfigurationError: It is neither bytes, path nor binary file.
        UploadError: It can't be read, is empty, or its type is not known.
        FileTooLargeError: It is larger than an upload may be (D22).
    """
    given, name = _opened(file)
    with contextlib.ExitStack() as leaving:
        leaving.callback(given.close)
        content = given if _measured(given) else _copied(given)
        if content is not given:
            leaving.callback(content.close)
        if content.size > largest_file():
            raise _too_large(content.subject)
        if not content.size:
            raise _empty(given)
        content.content_type = content_type or _type_of(content, name)
        leaving.pop_all()
    if content is not given:
        given.close()
    return content


def _opened(file: object) -> tuple[Content, str]:
    """Return the content, without size and type, and the file's name."""
    if isinstance(file, (bytes, bytearray, memoryview)):
        return Content("The upload", io.BytesIO(file), is_ours=True), ""
    if isinstance(file, (str, os.PathLike)):
        name = os.fsdecode(file)
        subject = f"The upload of {name!r}"
        with _translated(subject):
            return Content(subject, Path(name).open("rb"), is_ours=True), name
    if not callable(getattr(file, "read", None)):
        raise ConfigurationError(
            f"upload takes a path, bytes or a file opened for binary reading, not "
            f"{type(file).__name__}."
        )
    name = getattr(file, "name", "")
    name = os.fsdecode(name) if isinstance(name, (str, bytes)) else ""
    subject = f"The upload of {name!r}" if name else "The upload"
    opened: Any = file
    content = Content(subject, opened, is_ours=False)
    if _IN_USE.setdefault(id(file), content) is not content:  # one step, which needs no lock
        raise ConfigurationError(
            f"{subject}: the same file object is being uploaded already, and has one position "
            "only. Open the file once for each upload."
        )
    return content, name


def _measured(content: Content) -> bool:
    """Find where the file begins and ends; return False if it has to be read for that."""
    try:
        content.start = content.file.tell()
        content.size = max(0, content.file.seek(0, os.SEEK_END) - content.start)
        content.file.seek(content.start)
    except (OSError, AttributeError, ValueError):  # a pipe; an object without these methods
        return False
    return content.size > 0  # a device has no size, and bytes all the same


def _copied(content: Content) -> Content:
    """Return a copy of a file; do not read more than an upload may have."""
    with contextlib.ExitStack() as leaving:
        with _translated(content.subject):
            file: Any = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the copy)
        copy = Content(content.subject, file, is_ours=True)
        leaving.callback(copy.close)
        while piece := content.read(_COPIED):
            copy.size += len(piece)
            if copy.size > largest_file():
                raise _too_large(content.subject)
            with _translated(content.subject):
                file.write(piece)
        leaving.pop_all()
    return copy


def _type_of(content: Content, name: str) -> str:
    content.rewind()
    known = uploaded_types()
    if found := media_type(name, content.read(_HEAD), known):
        return found
    raise UploadError(
        f"{content.subject}: neither its first bytes nor its name tell a type that can be "
        f"uploaded: {', '.join(known)}. Name it with content_type=."
    )


def media_type(name: str, head: bytes, known: Collection[str]) -> str | None:
    """Return one of the known MIME types, or None.

    Args:
        name: The file's name, or an empty text.
        head: Its first `_HEAD` bytes, or all.
        known: The types that the specification lists.
    """
    marked = (kind for mark, kind in _MARKS if re.match(mark.encode("latin-1"), head, re.DOTALL))
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    found = next(marked, _ENDINGS.get(ending))
    return found if found in known else None


def _empty(content: Content) -> UploadError:
    if content.start:
        return UploadError(
            f"{content.subject}: nothing is left to upload: the file stands at byte "
            f"{content.start}, and is read from there. Call its seek(0) first."
        )
    return UploadError(f"{content.subject}: the file is empty. There is nothing to upload.")


def _too_large(subject: str) -> FileTooLargeError:
    message = f"the file is larger than {largest_file()} bytes"
    return FileTooLargeError(
        f"{subject}: {message}, and was not sent. Make it smaller.",
        status_code=413,
        code="FILE_TOO_LARGE",
        message=message,
    )


@contextlib.contextmanager
def _translated(subject: str) -> Iterator[None]:
    """Raise `UploadError` in place of the system's errors."""
    try:
        yield
    except (OSError, ValueError) as error:  # a ValueError: closed, or a null character in a name
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UploadError(f"{subject}: the file can't be read: {reason}.") from error

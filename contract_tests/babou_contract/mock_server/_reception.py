"""How the body of a request is taken in: to disk, into memory, or to be counted only."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any, Literal, Self

from attrs import frozen

from ._files import FilePart

_UNWANTED = 1 << 20  # bytes that are read and thrown away so that the connection can go on


@frozen
class Intake:
    """What is to become of a body, and how the reading of it misbehaves."""

    wanted: bool = False
    """Whether anybody looks at it; the answer does not wait for one that nobody does."""
    limit: int = _UNWANTED
    """Bytes from which on it is read no further: the answer comes at once, and then the end."""
    folder: Path | None = None
    """Where a wanted body is written to; it is kept in memory where this is None."""
    interval: float = 0.0
    """Seconds to wait before each read."""
    piece: int = 1 << 16
    """Bytes of one read."""
    stop_after: int | None = None
    """Stop after so many bytes, without an answer."""
    stop: Literal["close", "reset", "stall"] = "close"
    """What stopping means."""


class Reception:
    """Takes in one body; the file of it is gone at the end of the `with`, unless linked."""

    def __init__(self, intake: Intake) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._wanted = intake.wanted
        self._parts: list[bytes] = []
        self._file: Any = None
        if intake.wanted and intake.folder is not None:
            self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115  closed by __exit__
                dir=intake.folder, prefix="body-", delete=False
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        if self._file:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)

    def add(self, data: bytes) -> None:
        """Take in some bytes."""
        self.size += len(data)
        self._hash.update(data)
        if self._file:
            self._file.write(data)
        elif self._wanted:
            self._parts.append(data)

    @property
    def sha256(self) -> str:
        """The hash of what came, in hexadecimal digits."""
        return self._hash.hexdigest()

    def content(self) -> bytes | FilePart:
        """Return the bytes; empty where they were not wanted."""
        if not self._file:
            return b"".join(self._parts)
        self._file.flush()
        return FilePart(Path(self._file.name), 0, self.size)


def keep(content: bytes | FilePart) -> bytes | FilePart:
    """Return the same bytes, for longer than the request lasts."""
    if isinstance(content, bytes):
        return content
    folder = content.path.parent
    kept = Path(tempfile.mktemp(dir=folder, prefix="asset-"))  # noqa: S306  the folder is ours alone
    os.link(content.path, kept)
    return FilePart(kept, content.start, content.stop)

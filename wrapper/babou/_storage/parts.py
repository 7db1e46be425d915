"""The hidden files that downloads write to until they are whole.

A part is named `.NAME.KEY.RANDOM.VALIDATOR.part` and lies beside the target: NAME is the beginning
of the target's name, KEY is a hash of target and asset, VALIDATOR is the ETag of its bytes, in
base64. A part without VALIDATOR in its name cannot be continued.

A process that writes to a part holds a lock on it, which the system releases when the process ends,
in whatever way. So if a part can be locked, nobody writes to it any more.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
import stat
import sys
from typing import TYPE_CHECKING, BinaryIO

from attrs import frozen

if sys.platform == "win32":  # pragma: no cover (the tests run on POSIX)
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LONGEST_NAME = 255
_SHOWN_NAME = 50
_SUFFIX = ".part"


@frozen
class Part:
    """A part that only this call writes to."""

    path: Path
    file: BinaryIO
    validator: str | None

    def size(self) -> int:
        """Return how many bytes it has."""
        return os.fstat(self.file.fileno()).st_size

    def close(self) -> None:
        """Leave the part where it is, for another call."""
        with contextlib.suppress(OSError):
            self.file.close()

    def flush(self) -> None:
        """Prepare the part to be renamed."""
        self.file.flush()
        if sys.platform == "win32":  # pragma: no cover (it renames no open file)
            self.file.close()

    def remove(self) -> None:
        """Remove the part while it is locked, so that no other call can take it."""
        if sys.platform == "win32":  # pragma: no cover (it removes no open file)
            self.close()
        with contextlib.suppress(OSError):
            self.path.unlink()
        self.close()


@frozen
class Parts:
    """The parts of one asset's downloads to one target."""

    directory: Path
    stem: str

    @classmethod
    def of(cls, target: Path, asset_id: str) -> Parts:
        """Return the parts beside the target.

        Raises:
            UnicodeEncodeError: The target's name cannot be stored.
        """
        name = os.fsencode(target.name)
        key = hashlib.sha256(name + b"/" + asset_id.encode("utf-8", "surrogatepass")).hexdigest()
        shown = name[:_SHOWN_NAME].decode(sys.getfilesystemencoding(), "ignore")
        return cls(target.parent, f".{shown}.{key[:12]}.")

    def create(self, validator: str | None) -> Part:
        """Return a new, empty part.

        Raises:
            OSError: It can't be created.
        """
        while True:
            unique = f"{self.stem}{secrets.token_hex(4)}"
            name = f"{unique}.{_encode(validator)}{_SUFFIX}" if validator else unique + _SUFFIX
            if len(os.fsencode(name)) > _LONGEST_NAME:
                validator, name = None, unique + _SUFFIX
            path = self.directory / name
            file = path.open("xb")
            is_locked = _lock(file)
            if is_locked is None or (is_locked and _is_at(path, file)):
                return Part(path, file, validator)
            file.close()  # before it was locked, another call removed it

    def abandoned(self) -> Iterator[Part]:
        """Lock and yield each part that nobody writes to any more."""
        try:
            paths = sorted(self.directory.iterdir())
        except OSError:  # a directory that can be written to, but not read
            return
        for path in paths:
            name = path.name
            if not (name.startswith(self.stem) and name.endswith(_SUFFIX)):
                continue
            try:
                file = path.open("r+b")
            except OSError:  # removed just now, or somebody else's
                continue
            if not (_lock(file) and _is_at(path, file)):
                file.close()
                continue
            encoded = name[len(self.stem) : -len(_SUFFIX)].partition(".")[2]
            # A part with a second name may already be the target, so it must not be written to.
            is_ours = os.fstat(file.fileno()).st_nlink == 1
            yield Part(path, file, _decode(encoded) if is_ours else None)


def _lock(file: BinaryIO) -> bool | None:
    """Lock a file unless another call has; return None if the file system has no locks."""
    try:
        if sys.platform == "win32":  # pragma: no cover
            os.lseek(file.fileno(), (1 << 31) - 2, os.SEEK_SET)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            os.lseek(file.fileno(), 0, os.SEEK_SET)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return None
    return True


def _is_at(path: Path, file: BinaryIO) -> bool:
    """Tell whether the path is still this very file, not a link to it."""
    try:
        named, opened = os.lstat(path), os.fstat(file.fileno())
    except OSError:
        return False
    return stat.S_ISREG(opened.st_mode) and os.path.samestat(named, opened)


def _encode(validator: str) -> str:
    return base64.urlsafe_b64encode(validator.encode()).decode()


def _decode(encoded: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(encoded).decode() or None
    except ValueError:
        return None

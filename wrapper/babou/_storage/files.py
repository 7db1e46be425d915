"""Store a download: a file gets its name in one step, when all bytes are there.

Until then the bytes are in a part, a hidden file beside it. A device or FIFO, and a file that the
caller opened, are written to directly.

A part is named `.NAME.KEY.RANDOM.VALIDATOR.part`: NAME is the beginning of the target's name, KEY
is a hash of target and asset, VALIDATOR is the ETag of its bytes, in base64. A part without
VALIDATOR in its name cannot be continued.

A process that writes to a part holds a lock on it, which the system releases when the process ends,
in whatever way. So if a part can be locked, nobody writes to it any more.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import os
import secrets
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from attrs import frozen

from babou._core.content import safe_name
from babou._errors import ConfigurationError, DownloadError

if sys.platform == "win32":  # pragma: no cover (the tests run on POSIX)
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from babou._core.download import Plan
    from babou._core.operations import Asset

_LONGEST_NAME = 255
_SHOWN_NAME = 50
_SUFFIX = ".part"
_ADVICE = {
    errno.ENOSPC: " Make room, and try again.",
    errno.EDQUOT: " Make room, and try again.",
    errno.ENXIO: " Nothing reads from it: start the reader first.",  # a FIFO, or a socket
}


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


def sink_for(
    destination: str | os.PathLike[str] | BinaryIO, asset: Asset, plan: Plan, *, overwrite: bool
) -> FileSink | StreamSink:
    """Return the sink for the bytes: for an opened file, a path, or a file in a directory."""
    if not isinstance(destination, (str, os.PathLike)):
        return StreamSink(destination, plan)
    with _translated(repr(os.fspath(destination)), asset.id):
        path = _path(destination, asset)
        # A link is followed, even if its target does not exist yet.
        target = Path(os.path.realpath(path)) if path.is_symlink() else path
        if target.exists() and not (target.is_file() or target.is_dir()):
            return SpecialFileSink(path, plan)
        return FileSink(path, target, plan, overwrite=overwrite)


def _path(destination: str | os.PathLike[str], asset: Asset) -> Path:
    """Return the final path: the destination, or the asset's name in it if it is a directory."""
    path = Path(destination)
    if path.is_dir():
        return path / _storable(safe_name(asset.name, fallback=asset.id))
    if not path.parent.is_dir() or str(destination).endswith(("/", os.sep)):
        raise DownloadError(
            f"Asset {asset.id!r}: there is no directory {str(path.parent)!r} to store it in."
            if not path.parent.is_dir()
            else f"Asset {asset.id!r}: {str(destination)!r} is not a directory.",
            asset_id=asset.id,
        )
    return path


def _storable(name: str) -> str:
    """Return a safe name without characters that the file system's encoding lacks."""
    encoding = sys.getfilesystemencoding()
    return name.encode(encoding, "replace").decode(encoding).replace("?", "_")


class FileSink:
    """Write to a part; as a context manager, keep the part at the end if it can be continued."""

    def __init__(self, path: Path, target: Path, plan: Plan, *, overwrite: bool) -> None:
        self._path, self._target, self._plan, self._overwrite = path, target, plan, overwrite
        if not overwrite and os.path.lexists(target):
            raise self._exists()
        self._parts = Parts.of(target, plan.asset_id)
        self._part: Part | None = None
        for part in sorted(self._parts.abandoned(), key=Part.size, reverse=True):
            validator = part.validator
            if self._part is None and validator and plan.resume(part.size(), validator):
                self._part = part
            else:
                part.remove()

    def begin(self) -> None:
        """Prepare to write at the plan's offset."""
        plan = self._plan
        with self._translated():
            if not plan.offset and self._part and self._part.validator != plan.validator:
                self._part.remove()
                self._part = None
            self._part = self._part or self._parts.create(plan.validator)
            self._part.file.seek(plan.offset)
            self._part.file.truncate()

    def write(self, chunk: bytes | memoryview) -> None:
        """Write the next bytes."""
        with self._translated():
            self._open_part.file.write(chunk)

    def commit(self) -> Path:
        """Give the file its final name; replace an existing file only if `overwrite` is set."""
        part = self._open_part
        try:
            with self._translated():
                part.flush()
                if self._overwrite:
                    part.path.replace(self._target)
                else:
                    self._link(part)
        except FileExistsError:
            part.remove()
            raise self._exists() from None
        part.close()
        for other in self._parts.abandoned():  # left by other calls for the same target
            other.remove()
        return self._path

    def _link(self, part: Part) -> None:
        try:
            self._target.hardlink_to(part.path)  # fails if the name exists by now
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if os.path.lexists(self._target):
                raise FileExistsError from None
            part.path.rename(self._target)
        else:
            part.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Keep what is stored for the next call if it can be continued, else discard it."""
        if self._part is None:
            return
        if self._is_kept:
            self._part.close()
        else:
            self._part.remove()

    @property
    def _open_part(self) -> Part:
        assert self._part is not None  # noqa: S101 (`begin` comes first)
        return self._part

    @property
    def _is_kept(self) -> bool:
        """Tell whether another call can find what is stored, and continue it."""
        return (
            self._part is not None
            and self._plan.is_resumable
            and self._part.validator == self._plan.validator
        )

    def _translated(self) -> contextlib.AbstractContextManager[None]:
        return _translated(repr(str(self._path)), self._plan.asset_id, self._what_is_kept)

    def _what_is_kept(self) -> str:
        if not self._is_kept:
            return ""
        part = self._open_part
        return (
            f" The first {part.size()} bytes are kept in {str(part.path)!r}, and the same download "
            "goes on from there."
        )

    def _exists(self) -> DownloadError:
        return DownloadError(
            f"Asset {self._plan.asset_id!r} was not stored: {str(self._path)!r} exists. "
            "Choose another name, or pass overwrite=True.",
            asset_id=self._plan.asset_id,
        )


class StreamSink:
    """Write to a binary file that the caller opened, from its current position.

    If a download fails, what it wrote is cut off again where the file can be rewound.

    Raises:
        ConfigurationError: It is no such file.
    """

    def __init__(self, file: BinaryIO, plan: Plan, name: str = "the file that was given") -> None:
        if not callable(getattr(file, "write", None)):
            raise _no_binary_file(file)
        self._file, self._plan, self._name = file, plan, name
        self._written = 0
        with self._problems():
            self._origin = file.tell() if getattr(file, "seekable", bool)() else None

    def _problems(self) -> contextlib.AbstractContextManager[None]:
        return _translated(self._name, self._plan.asset_id)

    def begin(self) -> None:
        """Prepare to write at the plan's offset."""
        if self._written == self._plan.offset:
            return
        if self._origin is None:
            raise DownloadError(
                f"Asset {self._plan.asset_id!r}: the transfer broke off and has to begin again, "
                "but the file given can't be rewound. Download to a path instead.",
                asset_id=self._plan.asset_id,
            )
        with self._problems():
            self._cut(self._origin + self._plan.offset)
        self._written = self._plan.offset

    def _cut(self, end: int) -> None:
        self._file.seek(end)
        self._file.truncate()

    def write(self, chunk: bytes | memoryview) -> None:
        """Write the next bytes."""
        rest = bytes(chunk)  # a copy, because the caller's file may keep it
        self._written += len(rest)
        with self._problems():
            while rest:
                try:
                    count = self._file.write(rest)
                except TypeError as error:  # it takes text
                    raise _no_binary_file(self._file) from error
                if not count:  # a file class of the caller's may return None
                    return
                rest = rest[count:]  # an unbuffered file may take only a part

    def commit(self) -> Path | None:
        """Leave the file open, flushed."""
        with self._problems():
            getattr(self._file, "flush", bool)()
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        """Leave the file to the caller."""
        if error is not None and self._written and self._origin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._cut(self._origin)


class SpecialFileSink(StreamSink):
    """Write into a device or FIFO at a path."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self._path = path
        super().__init__(os.fdopen(_open_existing(path), "wb", buffering=0), plan, repr(str(path)))
        self._origin = None  # a device may claim that it can be rewound, but can't be truncated

    def commit(self) -> Path:
        """Return the path."""
        return self._path

    def __exit__(self, *_: object) -> None:
        """Close what was opened."""
        with contextlib.suppress(OSError):
            self._file.close()


def _no_binary_file(file: object) -> ConfigurationError:
    return ConfigurationError(
        f"download takes a path, or a file opened for binary writing, not {type(file).__name__}."
    )


def _open_existing(path: Path) -> int:
    """Open what is there without waiting for a reader of a FIFO; only writing waits for it."""
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(descriptor, True)
    return descriptor


@contextlib.contextmanager
def _translated(file: str, asset_id: str, what_is_kept: Callable[[], str] = str) -> Iterator[None]:
    """Raise `DownloadError` in place of the system's errors."""
    try:
        yield
    except (FileExistsError, ConfigurationError):  # the latter is a ValueError as well
        raise
    except (OSError, ValueError) as error:
        number = getattr(error, "errno", None) or 0
        reason = getattr(error, "strerror", None) or str(error)
        if isinstance(error, UnicodeEncodeError):
            reason = f"the file system's encoding, {error.encoding}, does not have its characters"
        raise DownloadError(
            f"Asset {asset_id!r} could not be stored as {file}: {reason}."
            f"{_ADVICE.get(number, '')}{what_is_kept()}",
            asset_id=asset_id,
        ) from error

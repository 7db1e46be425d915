"""Store a download: under a temporary name beside the target until it is whole.

| name | what it is |
|---|---|
| `logo.png` | the whole file; appears at once, when all bytes are there |
| `.logo.png.<asset>.<random>.tmp` | being written by one call |
| `.logo.png.<asset>.<ETag>.part` | left by a call that broke off, taken up by the next one |

A call takes up a part by renaming it, so two calls never write to the same file.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from babou._download import safe_name
from babou._errors import DownloadError

if TYPE_CHECKING:
    from types import TracebackType

    from babou._download import Plan
    from babou._operations import Asset

_LONGEST_PART_NAME = 250


def sink_for(
    destination: str | os.PathLike[str] | BinaryIO, asset: Asset, plan: Plan, *, overwrite: bool
) -> FileSink | StreamSink:
    """Return where the bytes go: a file that the caller opened, or a path, or into a directory."""
    if not isinstance(destination, (str, os.PathLike)):
        return StreamSink(destination, plan)
    name = safe_name(asset.name, fallback=asset.id)
    return FileSink(_target_path(destination, name, asset.id), plan, overwrite=overwrite)


class FileSink:
    """Write to a temporary file; as a context manager, keep or discard it in the end."""

    def __init__(self, target: Path, plan: Plan, *, overwrite: bool) -> None:
        self._target, self._plan, self._overwrite = target, plan, overwrite
        if not overwrite and os.path.lexists(target):
            raise self._exists()
        tag = hashlib.sha256(plan.asset_id.encode()).hexdigest()[:12]
        self._stem = f".{target.name[:100]}.{tag}."
        self._working = target.with_name(f"{self._stem}{secrets.token_hex(6)}.tmp")
        try:
            self._claim_part()
            self._file = self._working.open("r+b" if self._working.exists() else "xb")
        except OSError as error:
            raise self._cannot_store(error) from error

    def _claim_part(self) -> None:
        for part in sorted(self._target.parent.iterdir()):
            if not (part.name.startswith(self._stem) and part.suffix == ".part"):
                continue
            with contextlib.suppress(ValueError, binascii.Error):
                encoded = part.name[len(self._stem) : -len(".part")]
                self._plan.validator = base64.urlsafe_b64decode(encoded).decode("latin-1")
            with contextlib.suppress(FileNotFoundError):  # another call was quicker
                part.rename(self._working)
                self._plan.offset = self._working.stat().st_size
                self._plan.__attrs_post_init__()
                return

    def begin(self) -> None:
        """Make ready to write at the plan's offset."""
        self._file.seek(self._plan.offset)
        self._file.truncate()

    def write(self, chunk: bytes | memoryview) -> None:
        """Write the next bytes."""
        try:
            self._file.write(chunk)
        except OSError as error:
            raise self._cannot_store(error) from error

    def commit(self) -> Path:
        """Give the file its final name; never replaces one unless told to."""
        try:
            self._file.close()
            if self._overwrite:
                self._working.replace(self._target)
                return self._target
            try:
                self._target.hardlink_to(self._working)  # fails if the name is taken by now
            except FileExistsError:
                raise
            except OSError:  # a file system without hard links
                if os.path.lexists(self._target):
                    raise FileExistsError from None
                self._working.rename(self._target)
            else:
                self._working.unlink()
        except FileExistsError:
            raise self._exists() from None
        except OSError as error:
            raise self._cannot_store(error) from error
        return self._target

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep what is stored for the next call if it can be taken up, else discard it."""
        with contextlib.suppress(OSError):
            self._file.close()
        if not self._working.exists():
            return
        validator, part = self._plan.validator, None
        if validator is not None and self._plan.offset:
            encoded = base64.urlsafe_b64encode(validator.encode("latin-1")).decode()
            part = self._working.with_name(f"{self._stem}{encoded}.part")
        if part is not None and len(part.name) <= _LONGEST_PART_NAME:
            self._working.replace(part)
        else:
            self._working.unlink()

    def _exists(self) -> DownloadError:
        return DownloadError(
            f"Asset {self._plan.asset_id!r} was not stored: {str(self._target)!r} exists. "
            "Choose another name, or allow overwriting.",
            asset_id=self._plan.asset_id,
        )

    def _cannot_store(self, error: OSError) -> DownloadError:
        return DownloadError(
            f"Asset {self._plan.asset_id!r} could not be stored as {str(self._target)!r}: "
            f"{error.strerror or error}.",
            asset_id=self._plan.asset_id,
        )


class StreamSink:
    """Write to a binary file that the caller opened, from where it stands."""

    def __init__(self, file: BinaryIO, plan: Plan) -> None:
        self._file, self._plan = file, plan
        self._written = 0
        self._origin = file.tell() if file.seekable() else None

    def begin(self) -> None:
        """Make ready to write at the plan's offset."""
        if self._written == self._plan.offset:
            return
        if self._origin is None:
            raise DownloadError(
                f"Asset {self._plan.asset_id!r}: the transfer broke off and has to begin again, "
                "but the file given can't be rewound. Download to a path instead.",
                asset_id=self._plan.asset_id,
            )
        self._file.seek(self._origin + self._plan.offset)
        self._file.truncate()
        self._written = self._plan.offset

    def write(self, chunk: bytes | memoryview) -> None:
        """Write the next bytes."""
        self._file.write(bytes(chunk))  # who knows how long the caller's file keeps it
        self._written += len(chunk)

    def commit(self) -> None:
        """Leave the file open, flushed."""
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the file to the caller."""


def _target_path(destination: str | os.PathLike[str], name: str, asset_id: str) -> Path:
    """Return the final path: the destination, or the asset's name in it if it is a directory."""
    path = Path(destination)
    if path.is_dir():
        return path / name
    if not path.parent.is_dir() or str(destination).endswith(("/", os.sep)):
        raise DownloadError(
            f"Asset {asset_id!r}: there is no directory {str(path.parent)!r} to store it in."
            if not path.parent.is_dir()
            else f"Asset {asset_id!r}: {str(destination)!r} is not a directory.",
            asset_id=asset_id,
        )
    return path

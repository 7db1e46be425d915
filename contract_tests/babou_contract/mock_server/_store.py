"""The assets that the server has, in the order in which they came."""

import itertools
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

from ._assets import Asset, Entry
from ._files import FilePart
from ._lifecycle import Lifecycle


class Store:
    """Assets by id and by the key of their bytes; the caller guards it against other threads."""

    def __init__(self, uploads: Lifecycle) -> None:
        self.uploads = uploads  # the life of what is uploaded
        self.entries: dict[str, Entry] = {}
        self._stored: dict[str, Entry] = {}
        self._numbers = itertools.count(1)
        self._folder: Path | None = None

    def put(self, asset: Asset) -> Entry:
        """Take in an asset as the newest, or in the place of the one that has its id."""
        entry = self.entries[asset.id] = self._stored[asset.storage_key] = Entry(asset)
        return entry

    def stored(self, key: str) -> Entry | None:
        """Return the asset whose bytes have this key."""
        return self._stored.get(key)

    def new_id(self) -> str:
        """Return an id that no asset has had."""
        return f"ast_mock{next(self._numbers):014d}"

    def newest_first(self) -> Iterator[Entry]:
        """Yield the assets from the one that came last to the one that came first."""
        return reversed(self.entries.values())

    @property
    def folder(self) -> Path:
        """Where uploads are kept; it is made when the first one comes."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="babou-mock-"))
            # At the end of the program, too, if nobody closes the server.
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def forget_uploads(self) -> None:
        """Remove the assets whose bytes are files, and the files."""
        kept = [e for e in self.entries.values() if not isinstance(e.asset.content, FilePart)]
        self.entries = {entry.asset.id: entry for entry in kept}
        self._stored = {entry.asset.storage_key: entry for entry in kept}
        folder, self._folder = self._folder, None
        if folder:
            shutil.rmtree(folder, ignore_errors=True)

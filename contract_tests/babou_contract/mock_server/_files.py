"""A part of a file, which is read only as it is sent."""

from collections.abc import Iterator
from pathlib import Path

from attrs import evolve, frozen

_BLOCK = 1 << 18


@frozen
class FilePart:
    """Some bytes of a file on disk; calling it yields them in blocks."""

    path: Path
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, part: slice) -> "FilePart":
        start, stop, _ = part.indices(len(self))
        return evolve(self, start=self.start + start, stop=self.start + max(start, stop))

    def __call__(self) -> Iterator[bytes]:
        """Yield the bytes, block by block."""
        left = len(self)
        with self.path.open("rb") as file:
            file.seek(self.start)
            while left and (block := file.read(min(left, _BLOCK))):
                left -= len(block)
                yield block


def whole(content: bytes | FilePart) -> bytes:
    """Return the bytes, all at once."""
    return content if isinstance(content, bytes) else b"".join(content())

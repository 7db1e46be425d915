"""What an asset is, and what the API says of it in each of its states."""

import hashlib
import re
from functools import cache, cached_property
from typing import Any
from urllib.parse import quote

from attrs import define, frozen

from babou_contract.specification import spec
from babou_contract.specification.assets import asset_examples, asset_schema

from . import _media
from ._files import FilePart
from ._known import check_members, check_states
from ._lifecycle import Lifecycle, by_reads

TRANSFERRED = frozenset({"url", "size"})  # known as soon as the bytes are there
FAILED = frozenset({"error", "failed"})


@cache
def nullable_members() -> frozenset[str]:
    """Name the members that can be null, which are those not known from the start."""
    properties = asset_schema()["properties"]
    return frozenset(name for name, schema in properties.items() if spec.is_nullable(schema))


@frozen
class Asset:
    """An asset: its members once it is ready, its bytes (None: not on this server), its life."""

    id: str
    members: dict[str, Any]
    content: bytes | FilePart | None
    lifecycle: Lifecycle

    @cached_property
    def storage_key(self) -> str:
        """The segment that names the bytes in the storage, safe in any URL."""
        if re.fullmatch(r"[\w-]+", self.id, re.ASCII):
            return self.id
        return hashlib.sha256(self.id.encode("utf-8", "surrogatepass")).hexdigest()[:24]

    @cached_property
    def storage_path(self) -> str:
        """The path of the bytes, with a query like that of a presigned URL."""
        name = str(self.members.get("name"))
        safe = "file" if name in ("", ".", "..") else quote(name, safe="", errors="replace")
        signature = hashlib.sha256(self.storage_key.encode()).hexdigest()[:16]
        query = f"X-Amz-Expires=3600&X-Amz-Signature={signature}"
        return f"/storage/{self.storage_key}/{safe}?{query}"

    def in_state(self, state: str, *, base_url: str) -> dict[str, Any]:
        """Return the members as the API shows them in this state."""
        members = self.members | {"state": state}
        if self.content is not None:
            members["url"] = base_url + self.storage_path
        hidden = nullable_members() - self._known(state)
        return members | {name: None for name in hidden if name in members}

    def _known(self, state: str) -> frozenset[str]:
        if state == "ready":
            return nullable_members()
        if state == "uploading":
            return frozenset()
        if state in FAILED:  # what was known when it went wrong
            before = self.lifecycle.before(state) or "uploading"
            return frozenset() if before in FAILED else self._known(before)
        return TRANSFERRED


@define(slots=False)
class Entry:
    """An asset in the server, with how often it was read, and when first."""

    asset: Asset
    reads: int = 0
    first_read: float | None = None

    @cached_property
    def etag(self) -> str:
        """A strong entity tag of the bytes."""
        return etag_of(self.asset.content or b"")

    def state(self, time: float) -> str:
        """Return the state at this time, without counting it as a read."""
        seconds = 0.0 if self.first_read is None else time - self.first_read
        return self.asset.lifecycle.state(reads=self.reads, seconds=seconds)

    def read(self, time: float) -> str:
        """Return the state at this time, and count the read."""
        if self.first_read is None:
            self.first_read = time
        state = self.state(time)
        self.reads += 1
        return state


def etag_of(content: bytes | FilePart) -> str:
    """Return a strong entity tag of some bytes."""
    digest = hashlib.sha256()
    for block in (content,) if isinstance(content, bytes) else content():
        digest.update(block)
    return f'"{digest.hexdigest()[:32]}"'


def make(
    id: str,
    *,
    kind: str = "image",
    content: bytes | FilePart | None = None,
    lifecycle: Lifecycle | None = None,
    allow_unknown: bool = False,
    **members: object,
) -> Asset:
    """Make an asset like the spec's example named `kind`, with these members changed.

    A `url` among the members means that the bytes are elsewhere; else they are on this server,
    made up where `content` is None.

    Raises:
        ValueError: There is no such kind, both `state` and `lifecycle` are given, or a member or a
            state is not documented, and not allowed either.
    """
    known = asset_examples()
    first = next(iter(known.values()))
    examples = {"image": first, "video": first} | known  # ours, whatever the examples are called
    if kind not in examples:
        raise ValueError(f"no kind {kind!r}; the spec has examples of {', '.join(examples)}")
    if lifecycle and "state" in members:
        raise ValueError("give either a state, which then stays, or a lifecycle")
    if not allow_unknown:
        check_members(members)
        given = [members["state"]] if "state" in members else []
        check_states(lifecycle.states if lifecycle else given)
    whole = dict(examples[kind])
    content_type = str(members.get("content_type", whole["content_type"]))
    if "url" in members:
        content = None
    elif content is None:
        content = _media.for_type(content_type)
        if content is _media.png():
            whole |= {"width": _media.IMAGE_WIDTH, "height": _media.IMAGE_HEIGHT}
    if content is not None:
        whole["size"] = len(content)
    whole |= members | {"id": id}
    return Asset(id, whole, content, lifecycle or by_reads(str(whole["state"])))

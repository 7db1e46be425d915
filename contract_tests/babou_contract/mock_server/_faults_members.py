"""Faults and variants in the members of an asset; they strike only where an asset is answered."""

import itertools
from collections.abc import Callable
from typing import Any

from ._faults import Member, Stage, fault
from ._messages import Rewrite

_SIZE, _CREATED_AT, _NAME, _DURATION = map(Member, ("size", "created_at", "name", "duration"))


def _change(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Rewrite:
    return lambda _request, response: response.with_json(change(response.json()))


def _put(member: str, value: object) -> Rewrite:
    return _change(lambda members: members | {member: value})


@fault(Stage.MEMBERS)
def unknown_state(*, state: str = "transcoding") -> Rewrite:
    """Name a state that the documentation doesn't know."""
    return _put("state", state)


@fault(Stage.MEMBERS)
def wrong_type(*, member: Member = _SIZE, value: object = "245678") -> Rewrite:
    """Give a member a value of a wrong type, or any value at all."""
    return _put(member, value)


@fault(Stage.MEMBERS)
def missing_member(*, member: Member = _CREATED_AT) -> Rewrite:
    """Leave a member out."""
    return _change(lambda members: {k: v for k, v in members.items() if k != member})


@fault(Stage.MEMBERS)
def extra_member(*, member: str = "checksum", value: object = "sha256:0") -> Rewrite:
    """Add a member that the documentation doesn't list, which a server may do: a variant."""
    return _put(member, value)


@fault(Stage.MEMBERS)
def null_member(*, member: Member = _NAME) -> Rewrite:
    """Make a member null."""
    return _put(member, None)


@fault(Stage.MEMBERS)
def other_id(*, id: str = "ast_of_somebody_else") -> Rewrite:
    """Answer with another asset than the one that was asked for."""
    return _put("id", id)


@fault(Stage.MEMBERS)
def naive_created_at(*, value: str = "2025-12-02T10:00:00") -> Rewrite:
    """Leave the offset out of the time."""
    return _put("created_at", value)


@fault(Stage.MEMBERS)
def float_size() -> Rewrite:
    """Write the size as a number with a fraction of zero, which JSON Schema allows: a variant."""

    def change(members: dict[str, Any]) -> dict[str, Any]:
        size = members.get("size")
        return members | {"size": float(size)} if isinstance(size, int) else members

    return _change(change)


@fault(Stage.MEMBERS)
def json_nan(*, member: Member = _DURATION) -> Rewrite:
    """Make a member NaN, which is no JSON."""
    return _put(member, float("nan"))


@fault(Stage.MEMBERS)
def fresh_url() -> Rewrite:
    """Sign the url anew on each read, as presigned URLs are: a variant."""
    counter = itertools.count(1)

    def change(members: dict[str, Any]) -> dict[str, Any]:
        url = members.get("url")
        if not isinstance(url, str):
            return members
        joint = "&" if "?" in url else "?"
        return members | {"url": f"{url}{joint}X-Amz-Date={next(counter)}"}

    return _change(change)

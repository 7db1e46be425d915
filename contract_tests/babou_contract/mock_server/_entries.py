"""Assets and faults as plain documents: the entries of a file, and what the admin API is sent.

An asset has the members of the API's assets, and beside them `kind`, `lifecycle`, `allow_unknown`
and its bytes. A fault has its name as `fault`, and beside it `asset_id`, `operation_id`, `times`,
`allow_unknown` and its own parameters.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._known import check_states
from ._lifecycle import Lifecycle, by_reads, by_time

if TYPE_CHECKING:
    from ._server import MockServer

_SHOWN = 40  # characters of a value that makes no sense


class EntryError(ValueError):
    """An entry makes no sense."""


def add_asset(server: "MockServer", entry: object, *, folder: Path | None = None) -> str:
    """Add the asset of an entry; return its id. Where a folder is given, its bytes can be a file's.

    Raises:
        ValueError: It makes no sense.
    """
    members = _mapping("an asset", entry)
    ways: dict[str, Callable[[str], bytes]] = {"content": str.encode, "content_base64": _decoded}
    if folder is not None:
        ways["content_file"] = lambda name: _read(folder / name)
    given = [name for name in ways if name in members]
    if len(given) > 1:
        raise EntryError(f"give only one of {' and '.join(given)}")
    content = None
    for name in given:
        content = ways[name](_text(name, members.pop(name)))
    lifecycle = members.pop("lifecycle", None)
    for name in ("id", "kind", "state"):
        if name in members:
            _text(name, members[name])
    _check_json(members)
    return server.add(
        members.pop("id", None),
        kind=members.pop("kind", "image"),
        content=content,
        lifecycle=None if lifecycle is None else _lifecycle(lifecycle),
        allow_unknown=_flag(members),
        **members,
    )


def add_fault(server: "MockServer", entry: object) -> None:
    """Switch on the fault of an entry.

    Raises:
        ValueError: It makes no sense.
    """
    parameters = _mapping("a fault", entry)
    if "fault" not in parameters:
        raise EntryError("a fault has its name as the member 'fault'")
    switch_on(server, _text("fault", parameters.pop("fault")), parameters)


def set_uploads(server: "MockServer", entry: object) -> None:
    """Give what is uploaded from now on the life of an entry.

    Raises:
        ValueError: It makes no sense.
    """
    lifecycle = _lifecycle(entry)
    check_states(lifecycle.states)
    server.uploads = lifecycle


def switch_on(server: "MockServer", fault: str, settings: Mapping[str, Any]) -> None:
    """Switch a fault on; its parameters are among other settings of it.

    Raises:
        ValueError: It makes no sense.
    """
    parameters = dict(settings)
    targets = {name: parameters.pop(name, None) for name in ("asset_id", "operation_id")}
    server.fault(
        fault,
        **{name: _text(name, value) for name, value in targets.items() if value is not None},
        times=parameters.pop("times", None),
        allow_unknown=_flag(parameters),
        **parameters,
    )


def _lifecycle(entry: object) -> Lifecycle:
    """Read `[state, …]`, `{states: […], reads: N}` or `{seconds: {state: N, …}, then: state}`."""
    if isinstance(entry, list):
        entry = {"states": entry}
    match entry:
        case {"states": [*states], **more} if more.keys() <= {"reads"}:
            reads = more.get("reads", 1)
            if not isinstance(reads, int) or isinstance(reads, bool):
                raise EntryError(f"reads is a whole number, not {reads!r}")
            return by_reads(*(_text("a state", state) for state in states), reads=reads)
        case {"seconds": {**seconds}, **more} if more.keys() <= {"then"} and "then" not in seconds:
            spans = _mapping("seconds", seconds)
            for state, span in spans.items():
                if not isinstance(span, int | float) or isinstance(span, bool):
                    raise EntryError(f"{state} lasts a number of seconds, not {span!r}")
            return by_time(then=_text("then", more.get("then", "ready")), **spans)
    raise EntryError(
        "a lifecycle is a list of states, or has the members states and reads, or seconds and then"
    )


def _mapping(what: str, entry: object) -> dict[str, Any]:
    if not isinstance(entry, Mapping) or not all(isinstance(name, str) for name in entry):
        raise EntryError(f"{what} is a mapping of names to values, not {_short(entry)}")
    return dict(entry)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise EntryError(f"{name} is text, not {_short(value)}: put it in quotation marks")
    return value


def _flag(entry: dict[str, Any]) -> bool:
    value = entry.pop("allow_unknown", False)
    if not isinstance(value, bool):
        raise EntryError(f"allow_unknown is true or false, not {_short(value)}")
    return value


def _check_json(members: dict[str, Any]) -> None:
    try:
        json.dumps(members)
    except (TypeError, ValueError) as error:
        raise EntryError(f"an asset's members are JSON: {error}") from error


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise EntryError(f"content_base64 is no base64: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EntryError(f"content_file {str(path)!r}: {error.strerror or error}") from error


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

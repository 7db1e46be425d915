"""A file of assets, uploads and faults, in YAML or JSON; an error names the line and the entry."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ._entries import EntryError, add_asset, add_fault, set_uploads

if TYPE_CHECKING:
    from ._server import MockServer


class _Loader(yaml.SafeLoader):
    """YAML with the types of JSON: a time is text."""


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return loader.construct_scalar(node)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _text)


def load(server: "MockServer", path: Path) -> list[str]:
    """Do what a file says of assets, uploads and faults; return the assets' ids.

    Raises:
        ValueError: The file can't be read, or something in it makes no sense.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no UTF-8: {error.reason}") from error
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror or error}") from error
    document, lines = _parsed(path, text)
    if not isinstance(document, dict):
        raise EntryError(f"{path} is no mapping with the members 'assets', 'uploads' and 'faults'")
    for name in document:
        if name not in {"assets", "uploads", "faults"}:
            told = "its members are assets, uploads and faults"
            raise EntryError(f"{path} has a member {name!r}; {told}")
    ids: list[str] = []

    def add(entry: object) -> None:
        id = add_asset(server, entry, folder=path.parent)
        if id in ids:
            raise ValueError(f"there is an asset {id!r} above")
        ids.append(id)

    if "uploads" in document:
        try:
            set_uploads(server, document["uploads"])
        except ValueError as error:
            raise ValueError(f"{path}: uploads: {error}") from error
    _each(path, document, lines, "assets", add)
    _each(path, document, lines, "faults", lambda entry: add_fault(server, entry))
    return ids


def _each(
    path: Path,
    document: dict[str, Any],
    lines: dict[tuple[str, int], int],
    section: str,
    add: Callable[[object], None],
) -> None:
    entries = document.get(section)
    if entries is None:
        return
    if not isinstance(entries, list):
        raise EntryError(f"{path}: {section} is no list")
    for number, entry in enumerate(entries):
        try:
            add(entry)
        except ValueError as error:
            line = lines.get((section, number))
            where = f"{path}, line {line}" if line else str(path)
            raise ValueError(f"{where}: {section}[{number}]: {error}") from error


def _parsed(path: Path, text: str) -> tuple[Any, dict[tuple[str, int], int]]:
    """Return the document, and for each entry of a section the line where it begins."""
    try:
        if path.suffix == ".json":
            return json.loads(text), {}
        return yaml.load(text, Loader=_Loader), dict(_lines(text))  # noqa: S506  a safe loader
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}, line {error.lineno}: no JSON: {error.msg}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ValueError(f"{path}, line {line}: no YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: no YAML: {error}") from error


def _lines(text: str) -> Iterator[tuple[tuple[str, int], int]]:
    root = yaml.compose(text, Loader=_Loader)
    if not isinstance(root, yaml.MappingNode):
        return
    for name, section in root.value:
        if isinstance(section, yaml.SequenceNode):
            for number, entry in enumerate(section.value):
                yield (name.value, number), entry.start_mark.line + 1

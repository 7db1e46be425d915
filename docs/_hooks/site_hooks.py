"""What the site does besides MkDocs: pages from elsewhere in the repository, and generated parts.

A page asks for a generated part with `<!-- insert: NAME -->`; `site_inserts` has them. Links are
written as they work on a forge, and are turned into links within the site by `site_links`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.utils import get_relative_url

from site_inserts import INSERTS
from site_links import PAGES, ROOT, decision_anchors, other_files, page_of, relink

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

_INSERT = re.compile(r"<!-- insert: ([\w-]+) -->")
_DECISION = re.compile(r"\((D\d+)\)")
_LANGUAGES = {".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand elsewhere in the repository, and the files that pages link to."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    written = {
        page.src_uri: inserted(page.content_string, page.src_uri)
        for page in files.documentation_pages()
    }
    for path in sorted({path for page in written.items() for path in other_files(*page)}):
        shown = File.generated(config, page_of(path), content=_source(path))
        shown.inclusion = InclusionLevel.NOT_IN_NAV
        files.append(shown)
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 (as MkDocs calls it)
    """Put in the generated parts, and turn links between files into links between pages."""
    return relink(inserted(markdown, page.file.src_uri), page.file.src_uri)


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 (as MkDocs calls it)
    """Link the decisions that the specification and the docstrings name: (D5)."""
    decisions = files.get_file_from_path(PAGES["openapi/DECISIONS.md"])
    if decisions is None or page.file.src_uri.startswith("source/"):
        return html
    anchors = decision_anchors()
    where = get_relative_url(decisions.url, page.url)
    return _DECISION.sub(
        lambda found: f'(<a href="{where}#{anchors[found[1]]}">{found[1]}</a>)', html
    )


def inserted(markdown: str, page: str) -> str:
    """Return a page's text with the generated parts that it asks for.

    Raises:
        PluginError: There is no such part.
    """

    def part(found: re.Match[str]) -> str:
        if found[1] not in INSERTS:
            raise PluginError(f"{page}: no insert {found[1]!r}; there are {', '.join(INSERTS)}")
        return INSERTS[found[1]]()

    return _INSERT.sub(part, markdown)


def _source(path: PurePosixPath) -> str:
    """Return a page that shows a file as it is; the search leaves it out."""
    text = (ROOT / path).read_text(encoding="utf-8")
    fence = "`" * 6  # longer than any in the file
    language = _LANGUAGES.get(path.suffix, "text")
    front = "---\nsearch:\n  exclude: true\nhide: [toc]\n---\n"
    return f"{front}\n# `{path}`\n\n{fence}{language}\n{text}\n{fence}\n"

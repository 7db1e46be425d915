"""The site: its pages as they are written, and as `mkdocs build` has made them."""

import html.parser
import importlib
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


class Page(html.parser.HTMLParser):
    """What a page links to, what it loads, and where in it one can arrive."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.anchors |= {told.get("id"), told.get("name")} - {None}
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        if told.get(LOADED.get(tag)) and told.get("rel") not in {"next", "prev", "canonical"}:
            self.loaded.append(told[LOADED[tag]])


@pytest.fixture(scope="session")
def site():
    """Return the folder of the built site."""
    built = Path(os.environ.get("BABOU_SITE", ROOT / "site"))
    assert (built / "index.html").is_file(), "there is no site: run `nox -s docs`"
    return built


@pytest.fixture(scope="session")
def pages(site):
    """Return the pages of the site by their addresses; that for addresses that are none apart."""
    found = {path.relative_to(site).as_posix(): path for path in sorted(site.rglob("*.html"))}
    return {name: Page(path.read_text(encoding="utf-8")) for name, path in found.items()}


@pytest.fixture
def hook(monkeypatch):
    """Return a function that imports one of the modules that make the site."""
    monkeypatch.syspath_prepend(ROOT / "docs" / "_hooks")
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if name.startswith("site_"):
            del sys.modules[name]

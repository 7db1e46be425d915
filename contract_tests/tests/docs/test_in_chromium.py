"""The built site in a real browser: on a phone and on a desk, in the light and in the dark."""

import base64
import functools
import http.server
import io
import json
import threading
from itertools import pairwise

import pytest

pytestmark = [pytest.mark.docs, pytest.mark.xdist_group("chromium")]

PHONE, DESK = (390, 844), (1440, 900)

# The contrast of each element that has text of its own, by WCAG 2's formula; colours that are half
# transparent are mixed with what is behind them.
CONTRAST = """
const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
const over = ([r, g, b, a = 1], back) => [r, g, b].map((v, i) => v * a + back[i] * (1 - a));
const known = new Map([[null, [255, 255, 255]]]);
const behind = e => {
  if (!known.has(e)) {
    known.set(e, over(parse(getComputedStyle(e).backgroundColor), behind(e.parentElement)));
  }
  return known.get(e);
};
const light = c => c.map(v => v / 255)
  .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const poor = {};
let seen = 0;
for (const e of document.querySelectorAll(':is(.md-container, .md-tabs) *')) {
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  const shown = e.checkVisibility({opacityProperty: true, visibilityProperty: true});
  if (!own || !shown || e.closest('svg, script, style')) continue;
  seen += 1;
  const back = behind(e);
  const pair = [over(parse(getComputedStyle(e).color), back), back].map(light);
  const ratio = (Math.max(...pair) + .05) / (Math.min(...pair) + .05);
  if (ratio < 4.5) poor[e.tagName + '.' + e.className] = [ratio, e.textContent.slice(0, 40)];
}
return [seen, poor];
"""


@pytest.fixture(scope="module")
def served(site):
    """Serve the site on loopback, and return its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def visit(browser, emulate, arrive):
    """Return a function that opens an address, with nothing of the page before it in the logs."""

    def go(url, **emulated):
        emulate(browser, **emulated)
        arrive(browser, "about:blank")
        browser.get_log("browser")
        browser.get_log("performance")
        arrive(browser, url)
        return browser

    yield go
    emulate(browser)


def network(browser):
    """Return the addresses that were asked for, and those that failed."""
    asked, failed = set(), set()
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        told = message["params"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(told["request"]["url"])
        if message["method"] == "Network.responseReceived" and told["response"]["status"] >= 400:
            failed.add(told["response"]["url"])
        if message["method"] == "Network.loadingFailed" and not told.get("canceled"):
            failed.add(told["errorText"])
    return asked, failed


def wait_for(browser, script):
    """Return what a script returns as soon as that is something."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, 20, poll_frequency=0.05).until(
        lambda driver: driver.execute_script(script)
    )


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_each_page_fits_and_asks_for_nothing_from_elsewhere(visit, served, pages, size):
    """No scrolling sideways, no complaint in the console, no request that leaves or fails."""
    for name in pages:
        page = visit(served + name, size=size)
        width, inner = page.execute_script(
            "return [document.scrollingElement.scrollWidth, innerWidth]"
        )
        assert width <= inner == size[0], name
        asked, failed = network(page)
        own = (served, "data:", "about:", "blob:")
        assert served + name in asked
        assert {url for url in asked if not url.startswith(own)} == set(), name
        assert failed == set(), name
        assert page.get_log("browser") == [], name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(visit, served, pages, scheme):
    """Contrast is 4.5 or more on every page, and its headings are in order, with one first."""
    poor = {}
    for name in pages:
        page = visit(served + name, size=DESK, scheme=scheme)
        seen, found = page.execute_script(CONTRAST)
        assert seen > 5, name
        levels = page.execute_script(
            "return [...document.querySelectorAll('article :is(h1,h2,h3,h4,h5,h6)')]"
            ".map(e => +e.tagName[1])"
        )
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after - before <= 1 for before, after in pairwise(levels)), name
        assert page.title.endswith("babou"), name
        poor |= {(name, element): told for element, told in found.items()}
        back = page.execute_script(
            "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
        )
        assert (sum(back[:3]) < 200) == (scheme == "dark")
    assert poor == {}


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("where", ["served", "from a disk"])
def test_the_search_finds(visit, served, site, size, where):
    """A header, a class and a fault; wherever the site is, also without a server."""
    start = served + "index.html" if where == "served" else (site / "index.html").as_uri()
    for words, expected in {
        "Retry-After": "guide/errors.html",
        "PollPolicy": "reference/waits.html",
        "rate_limited": "reference/mock-server.html",
    }.items():
        page = visit(start, size=size)
        page.execute_script("document.querySelector('label[for=__search]').click()")
        box = page.find_element("css selector", "input.md-search__input")
        box.send_keys(words)
        found = wait_for(
            page,
            "const all = [...document.querySelectorAll('.md-search-result__link')];"
            "return all.length ? all.map(e => e.href) : null",
        )
        assert any(expected in url for url in found), (words, found)
        asked, _ = network(page)
        own = (served, "file:", "data:", "about:", "blob:")
        assert {url for url in asked if not url.startswith(own)} == set()


def test_the_navigation_opens_every_page_on_a_phone(visit, served, pages):
    """The drawer leads to each page of the site."""
    page = visit(served + "index.html", size=PHONE)
    page.execute_script("document.querySelector('label[for=__drawer]').click()")
    links = page.execute_script(
        "return [...document.querySelectorAll('.md-nav--primary a.md-nav__link')].map(e => e.href)"
    )
    named = {url.removeprefix(served).partition("#")[0] for url in links}
    expected = {name for name in pages if not name.startswith("source/") and name != "404.html"}
    assert expected <= named


def test_the_colours_can_be_chosen(visit, arrive, served):
    """The system's first; a choice outlasts the page."""
    page = visit(served + "index.html", size=DESK, scheme="light")
    scheme = "return document.body.getAttribute('data-md-color-scheme')"
    assert page.execute_script(scheme) == "default"
    for _ in range(2):  # from the system's to light, from light to dark
        page.execute_script(
            "document.querySelector('form[data-md-component=palette] label:not([hidden])').click()"
        )
    assert page.execute_script(scheme) == "slate"
    arrive(page, served + "guide/waiting.html")
    assert page.execute_script(scheme) == "slate"
    page.execute_script("localStorage.clear()")


def test_the_http_api_prints_whole(visit, served):
    """To paper goes what is on the screen, every example and every schema."""
    from pypdf import PdfReader

    page = visit(served + "reference/http-api.html", media="print")
    printed = page.execute_cdp_cmd("Page.printToPDF", {})
    pdf = PdfReader(io.BytesIO(base64.b64decode(printed["data"])))
    text = "".join(sheet.extract_text() for sheet in pdf.pages)
    for part in ("An image that is ready", "RATE_LIMITED", "Retry-After", "created_at", "failed"):
        assert part in text

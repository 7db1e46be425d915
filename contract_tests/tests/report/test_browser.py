"""The page, in a real browser: on a phone, on a desk, in the dark, and printed."""

import base64
import io
import json
from itertools import pairwise

import pytest

from babou_contract.report import write_reports

pytestmark = pytest.mark.browser

SIZES = {"phone": (360, 800), "desk": (1280, 900)}

# The contrast of each element that has text of its own, by WCAG 2's formula.
CONTRAST = """
const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
const light = c => c.slice(0, 3).map(v => v / 255)
  .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const behind = e => {
  for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] === 1) return c;
    if (c[3] > 0) throw new Error("half transparent: " + e.className);
  }
  return [255, 255, 255];
};
const poor = [];
let seen = 0;
for (const e of document.body.querySelectorAll("*")) {
  if (e.closest("svg") && !e.matches("svg")) continue;
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  if (!own && !e.matches("svg")) continue;
  seen += 1;
  const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
  const ratio = (a + .05) / (b + .05);
  if (ratio < (e.matches("svg") ? 3 : 4.5)) poor.push([e.tagName, e.className, ratio]);
}
return [seen, poor];
"""


@pytest.fixture
def open_page(browser, emulate, arrive, tmp_path):
    """Return a function that writes a report and opens its page."""

    def open_it(report, **emulated):
        emulate(browser, **emulated)
        browser.get_log("browser")
        browser.get_log("performance")
        arrive(browser, write_reports(report, tmp_path)[2].as_uri())
        return browser

    yield open_it
    emulate(browser)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_nothing_is_wider_than_the_screen(open_page, any_report, size):
    """No scrolling sideways, on a phone or on a desk, whatever is in a body."""
    page = open_page(any_report, size=size)
    page.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")
    width, inner = page.execute_script("return [document.scrollingElement.scrollWidth, innerWidth]")
    assert width <= inner == size[0]
    out = page.execute_script(
        "return [...document.body.querySelectorAll('*')].filter(e => "
        "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 200))"
    )
    assert out == []


def test_nothing_is_asked_of_the_network_and_nothing_runs(open_page, any_report):
    """The page is one file: one request, for itself; no script of a body, and no complaint."""
    page = open_page(any_report, size=SIZES["desk"])
    assert page.execute_script("return performance.getEntriesByType('resource').length") == 0
    asked = [
        message["params"]["request"]["url"]
        for entry in page.get_log("performance")
        if (message := json.loads(entry["message"])["message"])["method"]
        == "Network.requestWillBeSent"
    ]
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
    assert len([url for url in asked if url.startswith("file")]) == 1
    assert page.get_log("browser") == []
    assert page.execute_script("return document.scripts.length + document.images.length") == 0


def test_the_policy_would_stop_what_escaping_let_through(open_page, reports):
    """Script and images are refused by the page itself, should one ever get in."""
    page = open_page(reports["agreeing"](), size=SIZES["desk"])
    page.execute_script(
        "document.body.insertAdjacentHTML('beforeend', "
        '\'<img src="http://127.0.0.1:9/x" onerror="window.ran = 1">\')'
    )
    assert "Content Security Policy" in str(page.get_log("browser"))
    assert page.execute_script("return window.ran") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(open_page, reports, scheme):
    """Contrast is 4.5 or more everywhere, and 3 for the bars, in light and in dark."""
    for kind in ("failing", "unjudged", "busy"):
        page = open_page(reports[kind](), size=SIZES["desk"], scheme=scheme)
        page.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")
        seen, poor = page.execute_script(CONTRAST)
        assert seen > 50
        assert poor == []
    red, green, blue = page.execute_script(
        "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    )
    assert (red + green + blue < 200) == (scheme == "dark")


def test_headings_and_failures_are_there_to_be_seen(open_page, reports):
    """One h1, no level left out, landmarks, and each failure with both its sides."""
    page = open_page(reports["failing"](), size=SIZES["phone"])
    levels = page.execute_script(
        "return [...document.querySelectorAll('h1,h2,h3,h4')].filter(e => e.checkVisibility() "
        "&& e.getBoundingClientRect().height > 0).map(e => +e.tagName[1])"
    )
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.find_elements("css selector", landmark)) == 1
    articles = page.find_elements("css selector", "article")
    assert len(articles) == 5
    for article in articles:
        assert article.is_displayed()
        assert "Expected" in article.text
        assert "Received" in article.text
    for table in page.find_elements("css selector", "table"):
        assert table.find_elements("css selector", "caption, thead th[scope=col]")
        assert page.execute_script("return arguments[0].rows[0].cells[0].scope", table) == "col"


@pytest.mark.parametrize(("size", "beside"), [("phone", False), ("desk", True)])
def test_request_and_answer_are_beside_each_other_where_there_is_room(
    open_page, reports, size, beside
):
    """And below each other on a phone."""
    page = open_page(reports["failing"](), size=SIZES[size])
    pairs = page.execute_script(
        "return [...document.querySelectorAll('.pair')].map(p => "
        "[...p.children].map(c => c.getBoundingClientRect().top))"
    )
    assert len(pairs) == 8
    assert all((left == right) == beside for left, right in pairs)


def test_outcomes_are_told_in_words_too(open_page, reports):
    """Without colour, and without a picture, each boundary still says how it ended."""
    page = open_page(reports["unjudged"](), size=SIZES["phone"])
    rows = [row.text for row in page.find_elements("css selector", "#boundaries tbody tr")]
    words = ["agree", "not exercised", "not judged", "not judged"]
    assert all(word in row for word, row in zip(words, rows, strict=True))


def test_it_prints(open_page, any_report):
    """To pages that hold the verdict and the failures; on white, though the screen is dark."""
    from pypdf import PdfReader

    page = open_page(any_report, scheme="dark", media="print")
    color = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert color == "rgb(255, 255, 255)"
    printed = page.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
    pdf = PdfReader(io.BytesIO(base64.b64decode(printed["data"])))
    assert 0 < len(pdf.pages) < 120
    assert any_report.verdict[:8] in pdf.pages[0].extract_text()
    text = "".join(each.extract_text() for each in pdf.pages)
    assert text.count("Expected") >= len(any_report.disagreements)

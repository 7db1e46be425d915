"""The files of a report, whatever the server put into them."""

import base64
import json
from html.parser import HTMLParser

import pytest
from attrs import evolve

from babou_contract.report import write_reports

VOID = {"meta", "link", "br", "rect"}


class Page(HTMLParser):
    """Collects a page's elements, and holds that each is closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.attributes, self.text = set(), [], [], ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_three_files_are_written_and_nothing_else(any_report, tmp_path):
    """A missing directory is made, and no temporary file stays."""
    paths = write_reports(any_report, tmp_path / "deep" / "er")
    assert [path.name for path in paths] == ["contract.json", "junit.xml", "report.html"]
    assert sorted(paths) == sorted((tmp_path / "deep" / "er").iterdir())
    for path in paths:
        path.read_text(encoding="utf-8")


def test_files_replace_those_of_the_last_run(reports, tmp_path):
    """The second report is the one that stays."""
    write_reports(reports["failing"](), tmp_path)
    paths = write_reports(reports["agreeing"](), tmp_path)
    assert json.loads(paths[0].read_text(encoding="utf-8"))["exit_code"] == 0
    assert "All agree" in paths[2].read_text(encoding="utf-8")


def test_json_is_the_whole_report(reports, tmp_path):
    """contract.json has what the report has."""
    report = reports["busy"]()
    told = json.loads(write_reports(report, tmp_path)[0].read_text(encoding="utf-8"))
    assert told["verdict"] == report.verdict
    assert len(told["exchanges"]) == len(report.exchanges)
    assert [result["check"] for result in told["results"]] == [
        result.check for result in report.results
    ]


def failed(build, *found):
    """Return the result of a failed check."""
    from babou_contract.model import Boundary, Outcome

    return build["result"](Boundary.spec_server, Outcome.failed, disagreements=found)


def test_a_directory_that_is_a_file_is_an_error(reports, tmp_path):
    """Its own error, and the file is left alone."""
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError):
        write_reports(reports["agreeing"](), tmp_path / "taken")
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


def test_the_page_is_one_closed_document_without_script(any_report, tmp_path):
    """Whatever a body holds, it is text: no script, no image, no handler, no address."""
    text = write_reports(any_report, tmp_path)[2].read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags.isdisjoint({"script", "img", "iframe", "object", "form", "input", "base"})
    for name, value in page.attributes:
        assert not name.startswith("on")
        if name in {"href", "src"}:
            assert value.startswith("#") or value == "data:,"
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    targets = {value[1:] for name, value in page.attributes if name == "href" and value[0] == "#"}
    assert targets <= set(ids)
    assert any_report.verdict[:20] in page.text


def test_hostile_text_is_shown_by_name(reports, tmp_path):
    """No control character, override or template of theirs does anything on the page."""
    text = write_reports(reports["hostile"](), tmp_path)[2].read_text(encoding="utf-8")
    assert not {"\x1b", "\x00", "\x07", "\u202e", "\ufffe"} & set(text)
    assert "⟨ESC⟩[31mred" in text
    assert "⟨U+202E⟩gnp.exe" in text
    assert "{{ 7 * 7 }}" in text
    assert "&lt;script&gt;alert(1)" in text
    assert len(text) < 1_000_000


def test_thousands_of_requests_stay_a_small_page(reports, tmp_path):
    """Bars and rows are bounded, and the page says what it leaves out."""
    text = write_reports(reports["busy"](), tmp_path)[2].read_text(encoding="utf-8")
    assert len(text) < 300_000
    assert "4,000 requests" in text
    assert "3,800 in the middle are left out" in text
    assert "no answer" in text
    assert "1,986 other purposes" in text


def test_more_failures_than_anybody_reads_are_counted(build, tmp_path):
    """The page shows a hundred, and says how many there are."""
    many = failed(build, *[build["disagreement"]()] * 130)
    report = build["report"](results=(many,), exit_code=1)
    text = write_reports(report, tmp_path)[2].read_text(encoding="utf-8")
    assert text.count("<article") == 100
    assert "Disagreements (130)" in text
    assert "30 more are in contract.json" in text


def test_each_failure_has_all_that_is_known_of_it(reports, tmp_path):
    """Expected, received, request, answer, the spec's line, the curl line and the seed."""
    page = Page(write_reports(reports["failing"](), tmp_path)[2].read_text(encoding="utf-8"))
    for told in (
        "the member id is 'ast_1'",
        "the member id is 'AST_1'",
        "babou.yaml line 187, /components/schemas/Asset/properties/id",
        'curl -sS -i --path-as-is https://api.example.test/api/v1/assets/ast_1 -H "Authorization',
        "--seed 20251202",
        '"size": 245678.0',
        "00  89 50 4e 47 0d 0a 1a 0a  .PNG....",
        "No answer: timed out after 10 s",
        "-size: int",
        "the server never limited the rate",
        "Is a failed asset in the state error or failed?",
    ):
        assert told in page.text


def test_a_run_with_nothing_in_it_is_written(build, tmp_path):
    """Such as one that was refused before its first check."""
    empty = evolve(
        build["report"](),
        results=(), coverage=(), findings=(), exchanges=(), versions={}, exit_code=3,
    )  # fmt: skip
    text = write_reports(empty, tmp_path)[2].read_text(encoding="utf-8")
    assert "No check of this boundary was run" in text
    assert "Nothing was sent" in text


def test_base64_in_the_json_is_the_body(build, tmp_path):
    """Bytes that are not text come back as they were."""
    body = bytes(range(256))
    report = build["report"](exchanges=(build["exchange"](body=body),))
    told = json.loads(write_reports(report, tmp_path)[0].read_text(encoding="utf-8"))
    assert base64.b64decode(told["exchanges"][0]["body"]["base64"]) == body

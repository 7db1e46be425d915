"""What boundaries 2 and 4 hold of each operation: bodies however deep, requests, results."""

import httpx
import pytest

import babou
from babou_contract.checks import exposure, sending
from babou_contract.checks.client import drivers
from babou_contract.checks.decoders import RefusedError, decoder_of
from babou_contract.checks.registry import perform
from babou_contract.model import Outcome
from babou_contract.settings import Settings
from babou_contract.specification import exposed, spec
from babou_contract.specification.bodies import json_bodies
from babou_contract.specification.exposed import Exposed, ExposedError
from babou_contract.specification.mutations import members, mutations

URL = "http://contract.invalid/api/v1/assets"
KEY = {"Authorization": "Bearer sk-bab-contract-check"}
IMAGE = {**KEY, "Content-Type": "image/png"}


def page():
    """Return the schema of a page of assets, and an example of one."""
    content = spec.operation("listAssets").answers["200", "application/json"]
    return content.schema, content.examples["page"]


def test_members_are_found_in_lists_and_nested_objects():
    """The first and the last item of a list, and what is in them."""
    names = {member.name for member in members(*page())}
    assert {"assets", "assets.0", "assets.0.size", "assets.1.state", "pagination.total"} <= names


def test_each_mutation_is_refused_by_the_generated_code_too():
    """An operation that no method sends is held by what is generated for it."""
    body = next(b for b in json_bodies(spec.operations()) if b.name == "AssetPage")
    decoder, (schema, example) = decoder_of(body, None), page()
    [made] = decoder.decoded(httpx.Request("POST", URL, json=example).content, example)
    assert made.model.assets[1].state.value == "uploading"
    known = list(mutations(schema, example))
    assert {mutation.member.name for mutation in known} >= {"assets.1.size", "pagination.offset"}
    for mutation in known[::7]:
        changed = httpx.Request("POST", URL, json=mutation.apply(example)).content
        with pytest.raises(RefusedError) as refused:
            decoder.decoded(changed, example)
        assert mutation.is_named_by(refused.value.member), (mutation, refused.value.member)


UNLAWFUL = {
    "too large a page": ("listAssets", "GET", f"{URL}?limit=101", KEY, b""),
    "no number": ("listAssets", "GET", f"{URL}?limit=x", KEY, b""),
    "a parameter of another name": ("listAssets", "GET", f"{URL}?type=image/png", KEY, b""),
    "a parameter twice": ("listAssets", "GET", f"{URL}?limit=1&limit=2", KEY, b""),
    "a state that is none": ("listAssets", "GET", f"{URL}?state=none", KEY, b""),
    "a body where there is none": ("listAssets", "GET", URL, IMAGE, b"x"),
    "no key": ("listAssets", "GET", URL, {}, b""),
    "another method": ("uploadAsset", "PUT", URL, IMAGE, b"x"),
    "another path": ("uploadAsset", "POST", f"{URL}/x", IMAGE, b"x"),
    "another media type": ("uploadAsset", "POST", URL, {**KEY, "Content-Type": "a/b"}, b"x"),
    "no media type": ("uploadAsset", "POST", URL, KEY, b"x"),
    "no body": ("uploadAsset", "POST", URL, IMAGE, b""),
    "another host": ("listAssets", "GET", URL.replace("contract.", "other."), KEY, b""),
}


@pytest.mark.parametrize(
    ("id", "method", "url", "headers", "content"), UNLAWFUL.values(), ids=UNLAWFUL
)
def test_a_request_that_the_operation_does_not_allow_is_found(id, method, url, headers, content):
    """Each is one thing off; what is right is no finding."""
    request = httpx.Request(method, url, headers=headers, content=content)
    assert list(sending.unlawful(request, spec.operation(id), {}))


@pytest.mark.parametrize(
    ("id", "method", "url", "headers", "content"),
    [
        ("listAssets", "GET", f"{URL}?limit=100&offset=0&state=ready", KEY, b""),
        ("uploadAsset", "POST", URL, {**KEY, "Content-Type": "image/png; x=y"}, b"x"),
    ],
)
def test_a_request_that_is_right_is_no_finding(id, method, url, headers, content):
    """With all parameters, and with a parameter of the media type."""
    request = httpx.Request(method, url, headers=headers, content=content)
    assert list(sending.unlawful(request, spec.operation(id), {})) == []


def test_a_request_that_means_something_else_is_found():
    """Lawful, but not for what was asked."""
    request = httpx.Request("GET", f"{URL}?state=ready", headers=KEY)
    operation = spec.operation("listAssets")
    assert list(sending.unlawful(request, operation, {"state": "failed"}))


def test_every_exposed_operation_has_a_driver():
    """Or its results would be compared with nothing."""
    assert {driver.operation_id for driver in drivers()} == exposed.load().methods.keys()


def result_of(report, name):
    return next(result for result in report.results if result.check.endswith(name))


def test_a_client_that_loses_an_asset_of_a_page_is_found(judge, monkeypatch):
    """The results are fewer than the answers have."""
    whole = babou.AssetList.pages

    def pages(self):
        for one in whole(self):
            yield babou.AssetPage(one.assets[:-1], one.limit, one.offset, one.total)

    monkeypatch.setattr(babou.AssetList, "pages", pages)
    found = result_of(judge(only=("4",), waived=()), "results-equal-the-json")
    assert found.outcome is Outcome.failed
    assert "listAssets does not give what the answers have" in found.disagreements[0].summary


def test_a_client_that_counts_otherwise_is_found(judge, monkeypatch):
    """The total of a page is not that of the answer."""
    whole = babou.AssetList.pages

    def pages(self):
        for one in whole(self):
            yield babou.AssetPage(one.assets, one.limit, one.offset, one.total + 1)

    monkeypatch.setattr(babou.AssetList, "pages", pages)
    found = result_of(judge(only=("4",), waived=()), "results-equal-the-json")
    assert "total has another value" in found.disagreements[0].summary


def test_a_client_that_uploads_what_it_should_not_is_found(judge, monkeypatch):
    """Bad arguments reach the server."""
    whole = babou.Assets.upload

    def upload(self, file, **options):
        return whole(self, file or b"GIF89a", **options)

    monkeypatch.setattr(babou.Assets, "upload", upload)
    found = result_of(
        judge(only=("4",), waived=(), allow_unsafe_methods=True), "bad-arguments-are-not-sent"
    )
    assert found.outcome is Outcome.failed
    assert "uploadAsset" in found.disagreements[0].summary


def test_a_method_that_is_not_there_is_found(monkeypatch):
    """The list names it, and neither client has it."""
    lists = Exposed({**exposed.load().methods, "listAssets": "assets.all"})
    monkeypatch.setattr(exposed, "load", lambda: lists)
    check = next(c for c in exposure.check if c.name == "operations-are-exposed-or-listed")
    found = perform(check, Settings()).disagreements
    assert [one.expected for one in found] == ["Client.assets.all", "AsyncClient.assets.all"]


@pytest.mark.parametrize(
    ("lists", "says"),
    [
        ({}, "getAsset (GET /api/v1/assets/{assetId}) is new"),
        (
            {"getAsset": "assets.get", "ping": "ping"},
            "lists ping, which the specification does not",
        ),
    ],
)
def test_what_the_lists_lack_or_have_too_much_is_told(lists, says):
    """Each in one sentence that says what to do."""
    told = [text for _, text in exposed.unmatched(spec.operations()[:1], Exposed(lists))]
    assert len(told) == 1
    assert says in told[0]


def test_an_operation_in_both_lists_is_told():
    """It can't be both."""
    lists = Exposed({"getAsset": "assets.get"}, {"getAsset": "Nobody wants it."})
    [(_, text)] = exposed.unmatched(spec.operations()[:1], lists)
    assert "both lists" in text


@pytest.mark.parametrize(
    "text", ["- a", "exposed: [a]", "exposed: {a: }", "more: {a: b}", "exposed: {a: 1}", "a: [b"]
)
def test_lists_of_another_form_are_refused(text):
    """With the file's name, and what it should have."""
    with pytest.raises(ExposedError, match=r"exposed\.yaml"):
        Exposed.parse(text)

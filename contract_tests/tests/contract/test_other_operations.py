"""Each way in which the list or an upload can be wrong is found, by the check named for it."""

import copy
import json
from collections import Counter

import httpx
import pytest
from attrs import evolve

import babou
from babou_contract.checks.meaning.upload_asset import uploads
from babou_contract.mock_server import MockServer
from babou_contract.model import Outcome
from babou_contract.probing.samples import SAMPLES
from babou_contract.specification import spec
from babou_contract.specification.assets import asset_examples

FIRST = "ast_testImage00001"
PAGE = {"limit": 20, "offset": 0, "total": 0}
ASSET = asset_examples()["image"]


def _of(operation, change):
    """Change the successes of an operation: the list, or an upload."""
    methods = {"list": ("GET", "HEAD"), "head": ("HEAD",), "upload": ("POST",)}[operation]

    def rewrite(request, response):
        mine = request.method in methods and request.path.endswith("/assets")
        return change(request, response) if mine and response.status < 300 else response

    return rewrite


def _page(change):
    """Change a page: its assets and its numbers."""

    def rewrite(_request, response):
        page = response.json()
        return response.with_json(change(page) or page)

    return _of("list", rewrite)


def _numbers(**changed):
    return _page(lambda p: {**p, "pagination": {**p["pagination"], **changed}})


def _assets(change):
    return _page(lambda p: {**p, "assets": change(p["assets"])})


def _when(text, change):
    """Change the answers to requests with a text in their target."""

    def rewrite(request, response):
        return change(request, response) if text in request.target else response

    return rewrite


def _alternating():
    count = iter(range(10**6))
    return _assets(lambda assets: assets if next(count) % 2 else assets[::-1])


def _as_another_status(status):
    return lambda _request, response: evolve(response, status=status)


def _upload(**changed):
    return _of("upload", lambda _request, r: r.with_json({**r.json(), **changed}))


def _answered(response, numbers, *assets):
    return evolve(response, status=200).with_json({"assets": assets, "pagination": numbers})


def _respelled(request, response):
    """Spell times, and sign urls, otherwise in the list."""
    page = response.json()
    for asset in page["assets"]:
        asset["created_at"] = asset["created_at"].replace("Z", "+00:00")
        asset["url"] = asset["url"] and f"{asset['url']}?signature={request.time}"
        asset["duration"] = None
    return response.with_json(page)


def _filtered_too_late(request, response):
    """Leave out of a page what its filter does not want, instead of looking for more."""
    page = response.json()
    first = "offset=1" in request.target and "contentType=" in request.target
    return response.with_json({**page, "assets": page["assets"][1:]}) if first else response


def _one_later(request, response):
    """Give the first asset of a filtered page for the second one."""
    page = response.json()
    if "offset=1" not in request.target or "contentType=" not in request.target:
        return response
    other = {**page["assets"][0], "id": FIRST}
    return response.with_json({**page, "assets": [other]})


def _ready_in_the_meantime():
    """Have an asset be ready only from the first look at the whole list on."""
    looked = []

    def earlier(asset):
        return asset | {"state": "processing", "url": None} if asset["id"] == FIRST else asset

    def rewrite(request, response):
        if response.status != 200 or not request.path.partition("/api/v1/assets")[1]:
            return response
        if request.target.endswith("?limit=100&offset=0"):
            looked.append(request)
        answer = response.json()
        if looked:
            return response
        if "assets" not in answer:
            return response.with_json(earlier(answer))
        is_filtered = "state=ready" in request.target
        assets = [a for a in map(earlier, answer["assets"]) if a["id"] != FIRST or not is_filtered]
        return response.with_json({**answer, "assets": assets})

    return rewrite


def _sized_later(size):
    """Tell the size of an upload from the fifth read on only."""
    reads = Counter()

    def rewrite(request, response):
        one = "/assets/" in request.path or request.method == "POST"
        if response.status > 201 or not one:
            return response
        asset = response.json()
        if asset["id"].startswith("ast_test"):
            return response
        reads[asset["id"]] += request.method == "GET"
        known = reads[asset["id"]] > 4
        more = {"size": size} if known else {"size": None, "url": None, "state": "processing"}
        return response.with_json({**asset, **more})

    return rewrite


def _invalid(_request, response):
    """Refuse a request; without the right key it is refused already."""
    refusal = {"error": "Invalid", "code": "VALIDATION_ERROR"}
    return response if response.status == 401 else evolve(response, status=400).with_json(refusal)


def _of_type(media_type, change):
    """Change the answers to uploads of a type."""

    def rewrite(request, response):
        is_it = request.header("content-type") == media_type and response.status < 300
        return change(request, response) if is_it else response

    return rewrite


def _listed_from(look):
    """Leave uploads out of the list until it was looked at so many times since they were made."""
    looks = Counter()

    def change(page):
        new = {a["id"] for a in page["assets"] if not a["id"].startswith("ast_test")}
        looks.update(new)
        kept = [a for a in page["assets"] if a["id"] not in new or looks[a["id"]] >= look]
        gone = len(page["assets"]) - len(kept)
        numbers = page["pagination"]
        return {"assets": kept, "pagination": {**numbers, "total": numbers["total"] - gone}}

    return _page(change)


LISTS = {
    "an asset without a size": (
        _assets(lambda a: [{k: v for k, v in one.items() if k != "size"} for one in a]),
        "bodies-obey-the-schema",
    ),
    "a total that is text": (_numbers(total="3"), "bodies-obey-the-schema"),
    "a state that is not listed": (
        _assets(lambda a: [{**one, "state": "archived"} for one in a]),
        "values-are-documented",
    ),
    "206 for a page": (_of("list", _as_another_status(206)), "statuses-are-documented"),
    "a page as text": (
        _of("list", lambda _q, r: r.with_header("Content-Type", "text/plain")),
        "media-types-are-documented",
    ),
    "another offset": (_numbers(offset=7), "pages-add-up"),
    "fifty assets where no limit is given": (
        _of(
            "list",
            lambda q, r: r if "limit" in q.target else _numbers(limit=50)(q, r),
        ),
        "pages-add-up",
    ),
    "one of two filters is ignored": (
        _when("mp4&state=", lambda _q, r: _answered(r, PAGE)),
        "filters-select",
    ),
    "no total": (_numbers(total=0), "pages-add-up"),
    "one asset too many": (_assets(lambda a: [*a, *a[:1]]), "ids-are-unique-in-a-page"),
    "one asset is missing": (_assets(lambda a: a[1:]), "pages-add-up"),
    "another order each time": (_alternating(), "the-order-stays"),
    "another size in the list": (
        _assets(lambda a: [{**one, "size": 7} for one in a]),
        "listed-assets-are-what-get-says",
    ),
    "another bucket in the list": (
        _assets(lambda a: [{**one, "url": one["url"] and "s3://other/key"} for one in a]),
        "listed-assets-are-what-get-says",
    ),
    "a filter of each page instead of the list": (
        _of("list", _filtered_too_late),
        "pages-add-up",
    ),
    "a page of another length where none is asked for": (
        _page(lambda p: {**p, "pagination": {**p["pagination"], "limit": 10}}),
        "pages-add-up",
    ),
    "a filtered page that begins one later": (
        _of("list", _one_later),
        "pages-are-slices",
    ),
    "a url in the list without its signature": (
        _assets(lambda a: [{**one, "url": one["url"] and one["url"].split("?")[0]} for one in a]),
        "listed-assets-are-what-get-says",
    ),
    "a hundred and one assets": (
        _when("limit=101", lambda _q, r: _answered(r, {**PAGE, "limit": 101})),
        "pages-have-at-most-a-hundred-assets",
    ),
    "a state that there is not finds assets": (
        _when("none", lambda _q, r: _answered(r, {**PAGE, "total": 1}, ASSET)),
        "filters-select",
    ),
    "HEAD of no length": (
        _of("head", lambda _q, r: r.with_body(b"")),
        "other-safe-methods-are-harmless",
    ),
    "a limit of 100 is refused": (_when("limit=100", _invalid), "lawful-values-are-taken"),
    "the second page is refused": (_when("offset=2", _invalid), "known-calls-succeed"),
    "a page past the end is refused": (
        _when("offset=1000000", _invalid),
        "a-page-past-the-end-is-empty",
    ),
    "a filter by a state that an asset has is refused": (
        _when("state=failed", _invalid),
        "filters-select",
    ),
    "a filter by a type that an asset has is refused": (
        _when("contentType=video", _invalid),
        "filters-select",
    ),
}

UPLOADS = {
    "another type": (_upload(content_type="image/png"), "an-upload-keeps-type-and-size"),
    "another size": (_upload(size=1), "an-upload-keeps-type-and-size"),
    "always the same id": (_upload(id=FIRST), "each-upload-is-another-asset"),
    "an id that cannot be read": (_upload(id="ast_nowhere"), "an-upload-can-be-read"),
    "another name later": (_upload(name="not this"), "an-upload-can-be-read"),
    "202 for an upload": (_of("upload", _as_another_status(202)), "each-operation-is-exercised"),
    "ready without a url": (_upload(state="ready", url=None), "a-ready-upload-has-url-and-size"),
    "a byte less, once the size is known": (_sized_later(34), "an-upload-keeps-type-and-size"),
    "any type is taken": (
        lambda _q, r: r if b"Content-Type is one of" not in r.bytes() else evolve(r, status=201),
        "unlawful-bodies-are-refused",
    ),
    "an upload as text": (
        _of("upload", lambda _q, r: r.with_body(b"done", "text/plain")),
        "media-types-are-documented",
    ),
    "a naive time": (_upload(created_at="2025-12-02T10:00:00"), "bodies-obey-the-schema"),
}


@pytest.fixture
def named(judge):
    """Return a function that judges some operations, and names the checks that are not content."""

    def check(rewrite, waived, **settings):
        report = judge(rewrite, waived=waived, **settings)
        bad = {"failed", "not judged"}
        return {r.check.partition("/")[2] for r in report.results if r.outcome.value in bad}

    return check


@pytest.mark.parametrize(("rewrite", "expected"), LISTS.values(), ids=LISTS)
def test_a_wrong_list_is_found(named, rewrite, expected):
    """By the check that is named for it, and at least by that."""
    assert expected in named(rewrite, ("uploadAsset",))


@pytest.mark.parametrize(("rewrite", "expected"), UPLOADS.values(), ids=UPLOADS)
def test_a_wrong_upload_is_found(named, rewrite, expected):
    """By the check that is named for it, and at least by that."""
    assert expected in named(rewrite, ("listAssets",), allow_unsafe_methods=True)


def test_a_list_without_a_key_is_found(named, small_server):
    """The list asks for the key as everything else does."""
    body = {"assets": [], "pagination": {"limit": 20, "offset": 0, "total": 0}}

    def rewrite(request, response):
        open_to_all = request.method == "GET" and request.path.endswith("/assets")
        if not open_to_all or response.status != 401:
            return response
        return evolve(response, status=200).with_json(body)

    found = named(rewrite, ("uploadAsset",))
    assert "a-key-is-required" in found
    assert small_server.requests


def test_a_disagreement_points_into_its_own_operation(judge):
    """A fault of the list is told with a line of the list."""
    report = judge(_of("list", _as_another_status(206)), waived=("uploadAsset",))
    [found] = {one.spec_pointer for one in report.disagreements}
    assert found == "/paths/~1api~1v1~1assets/get/responses"


RIGHT = {
    "a server that wants all bytes before it says that they are too many": (
        lambda _q, r: evolve(r, status=100).with_body(b"") if r.status == 413 else r
    ),
    "a limit that is cut down": _when(
        "limit=101",
        lambda _q, r: evolve(r, status=200).with_json(
            {"assets": [], "pagination": {"limit": 100, "offset": 0, "total": 0}}
        ),
    ),
    "times and urls in another spelling": _of("list", _respelled),
    "an asset that is ready in the meantime": _ready_in_the_meantime(),
    "a proxy that refuses large files with its own page": (
        lambda _q, r: r.with_body(b"<h1>413</h1>", "text/html") if r.status == 413 else r
    ),
    "more members": _page(lambda p: {**p, "next": None}),
    "a filter that a server does not know": _when(
        "state=error",
        lambda _q, r: evolve(r, status=400).with_json(
            {"error": "Invalid state", "code": "VALIDATION_ERROR"}
        ),
    ),
    "200 for an upload": _of("upload", _as_another_status(200)),
    "a media type with a charset": _of(
        "list", lambda _q, r: r.with_header("Content-Type", "application/json; charset=utf-8")
    ),
}


@pytest.fixture
def at_once(monkeypatch):
    """Look at the list again and again without a pause."""
    monkeypatch.setattr(uploads, "_PAUSES", (0.0,) * 5)


def test_an_upload_may_be_listed_later(judge, at_once):
    """D26: nothing is said of when, so a list that lags behind is right."""
    report = judge(_listed_from(4), waived=(), allow_unsafe_methods=True)
    assert report.disagreements == ()
    assert report.exit_code == 0
    [found] = [one for one in report.findings if one.id == "D26"]
    assert found.answer == "seen in 4 looks"


def test_an_upload_that_is_never_listed_is_found(judge, at_once, failed_in):
    """D26: at some time it has to be there."""
    report = judge(_listed_from(10**6), waived=(), allow_unsafe_methods=True)
    assert failed_in(report) == {"an-upload-is-listed"}


def test_what_is_waived_is_not_asked_for_uploads_either(judge, small_server):
    """Neither the list nor the asset: a server may not have them as yet."""
    waived = ("listAssets", "getAsset")
    assert judge(waived=waived, allow_unsafe_methods=True).exit_code == 0
    assert {request.operation_id for request in small_server.requests} == {"uploadAsset"}


@pytest.mark.parametrize("rewrite", RIGHT.values(), ids=RIGHT)
def test_a_right_server_is_not_accused(judge, rewrite):
    """Unusual, and as the specification has it."""
    report = judge(rewrite, waived=(), allow_unsafe_methods=True)
    assert report.disagreements == ()
    assert report.exit_code == 0


def test_an_operation_that_never_succeeds_is_not_judged(judge):
    """It is told by its name, with what it needs."""
    refused = {"error": "Invalid limit", "code": "VALIDATION_ERROR"}
    rewrite = _of("list", lambda _q, r: evolve(r, status=400).with_json(refused))
    report = judge(rewrite, waived=("uploadAsset",))
    assert report.exit_code == 3
    assert "no success of listAssets was seen (400" in report.verdict
    assert "--argument listAssets.limit=20, or leave it out, --waive listAssets" in report.verdict


def test_what_may_change_something_is_asked_with_permission_only(judge, small_server):
    """Without it there is no verdict, and the way to one is told."""
    report = judge(waived=("listAssets",))
    assert report.exit_code == 3
    assert "allow that with --allow-unsafe-methods" in report.verdict
    assert "--waive uploadAsset" in report.verdict
    assert {request.method for request in small_server.requests} <= {"GET", "HEAD", "OPTIONS"}


def test_a_waived_operation_is_not_asked_and_is_told(judge, small_server):
    """The verdict says so, and so does each of its rows."""
    report = judge(waived=("listAssets", "uploadAsset"))
    assert report.exit_code == 0
    assert report.verdict == "All agree; waived, and not judged: listAssets, uploadAsset."
    rows = [row for row in report.coverage if row.operation != "getAsset"]
    assert {(row.state.value, row.reason) for row in rows} == {("not exercised", "waived")}
    assert not any(request.path.endswith("/assets") for request in small_server.requests)


def test_a_size_that_is_known_later_is_right(judge):
    """As it is where the file is analysed first."""
    report = judge(_sized_later(35), waived=("listAssets",), allow_unsafe_methods=True)
    assert report.exit_code == 0, report.verdict


def test_arguments_of_the_command_line_are_texts(judge):
    """A limit that was given as `3` is the 3 that the page says."""
    report = judge(waived=("uploadAsset",), arguments=(("listAssets", "limit", "3"),))
    assert report.disagreements == ()


def test_the_items_of_a_list_are_told_once(judge):
    """An asset after the other lacks its size: one accusation, which names the operation."""
    without = _assets(lambda a: [{k: v for k, v in one.items() if k != "size"} for one in a])
    report = judge(without, waived=("uploadAsset",))
    said = [one.summary for one in report.disagreements if "schema" in one.summary]
    assert said == ["assets.0.size of an answer 200 of listAssets is not what the schema allows"]


@pytest.mark.parametrize("waived", [("getAsset", "uploadAsset"), ("getAsset",)])
def test_an_account_without_assets_is_judged(judge, waived):
    """The list is empty; of assets nothing can be said, and nothing breaks."""
    with MockServer(assets=False) as server:
        asked = {"base_url": server.base_url, "api_key": server.api_key, "assets": ()}
        report = judge(waived=waived, allow_unsafe_methods=True, only=("3", "4"), **asked)
    assert report.exit_code == 0, report.verdict


@pytest.mark.parametrize("media", sorted(spec.operation("uploadAsset").bodies))
def test_a_documented_type_of_upload_that_is_refused_is_found(named, media):
    """A whole file of each is sent, of which the client tells the same type."""
    first = next(iter(SAMPLES))  # which is sent whatever is asked
    killer = "known-calls-succeed" if media == first else "documented-bodies-are-taken"
    waived = ("getAsset", "listAssets")
    assert killer in named(_of_type(media, _invalid), waived, allow_unsafe_methods=True)
    assert told_by_the_client(SAMPLES[media]) == media


@pytest.mark.parametrize("media", ["audio/aac", "audio/mpeg"])
def test_a_sample_of_sound_has_frames_enough_to_be_told_from_noise(media):
    """Mutagen, with which a server may look, wants three of ADTS, and four of MPEG."""
    content = SAMPLES[media]
    assert content.count(content[:2]) >= 4


def told_by_the_client(content):
    """Return the type that the client sends with bytes."""
    sent = []

    def answer(request):
        sent.append(request.headers["content-type"])
        return httpx.Response(500)

    engine = babou.HttpxTransport(httpx.Client(transport=httpx.MockTransport(answer)))
    with babou.Client("sk-bab-x", transport=engine) as client, pytest.raises(babou.BabouError):
        client.assets.upload(content)
    return sent[0]


def test_a_type_of_upload_without_a_sample_is_told(judge, monkeypatch):
    """It is not exercised, and named; whether the server takes it is not known."""
    monkeypatch.delitem(SAMPLES, "audio/aac")
    report = judge(waived=(), allow_unsafe_methods=True)
    result = {one.check.partition("/")[2]: one for one in report.results}[
        "documented-bodies-are-taken"
    ]
    assert result.outcome is Outcome.not_exercised
    assert result.reason.startswith("uploadAsset was sent no body of audio/aac: neither")
    assert report.exit_code == 0, report.verdict


def test_known_arguments_are_sent(judge, small_server):
    """What an operation needs to succeed can be given, whatever it is."""
    report = judge(waived=("uploadAsset",), arguments=(("listAssets", "limit", "3"),))
    assert report.exit_code == 0, json.dumps(report.verdict)
    assert any(request.target.endswith("?limit=3") for request in small_server.requests)


COUNT = {
    "get": {
        "operationId": "countAssets",
        "security": [{"bearerAuth": []}],
        "responses": {
            "200": {
                "description": "How many there are, in a word.",
                "headers": {"X-Count": {"required": True, "schema": {"type": "integer"}}},
                "content": {"text/plain": {"schema": {"enum": ["few", "many"]}, "example": "few"}},
            },
            "401": {"$ref": "#/components/responses/Unauthorized"},
        },
    }
}
COUNTED = {
    "as documented": (lambda r: r, set()),
    "no header": (
        lambda r: evolve(r, headers=tuple(h for h in r.headers if h[0] != "X-Count")),
        {"headers-are-as-documented"},
    ),
    "a header of another type": (
        lambda r: r.with_header("X-Count", "a few"),
        {"headers-are-as-documented"},
    ),
    "another word": (lambda r: r.with_body(b"lot", "text/plain"), {"bodies-obey-the-schema"}),
}


@pytest.mark.parametrize(("change", "failed"), COUNTED.values(), ids=COUNTED)
def test_headers_and_texts_are_held_against_the_specification(
    monkeypatch, judge, failed_in, change, failed
):
    """An operation that has no module here, and answers no JSON."""
    document = copy.deepcopy(spec.load())
    document["paths"]["/api/v1/count"] = COUNT
    monkeypatch.setattr(spec, "load", lambda: document)

    def rewrite(request, response):
        is_it = request.path == "/api/v1/count" and response.status == 200
        return change(response) if is_it else response

    with MockServer(assets=False, rewrite=rewrite) as server:
        asked = {"base_url": server.base_url, "api_key": server.api_key}
        report = judge(assets=(server.add(FIRST),), **asked)
    assert failed_in(report) == failed

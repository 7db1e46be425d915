"""An operation may want its key elsewhere than in Authorization: it is sent, and tried, there."""

import copy

import pytest

from babou_contract.mock_server._keys import Keys
from babou_contract.specification import spec

NAME = "babou_key"
ANSWER = {"schema": {"type": "object"}, "examples": {"one": {"value": {"used": 3}}}}
USAGE = {
    "operationId": "getUsage",
    "security": [{"other": []}],
    "responses": {
        "200": {"description": "How much is used.", "content": {"application/json": ANSWER}},
        "401": {"$ref": "#/components/responses/Unauthorized"},
    },
}


@pytest.fixture(params=["header", "query", "cookie"])
def place(request, monkeypatch):
    """Have such an operation in the specification."""
    document = copy.deepcopy(spec.load())
    scheme = {"type": "apiKey", "in": request.param, "name": NAME}
    document["components"]["securitySchemes"]["other"] = scheme
    document["paths"]["/api/v1/usage"] = {"get": USAGE}
    monkeypatch.setattr(spec, "load", lambda: document)
    return request.param


@pytest.fixture
def usage(place, judge):
    """Return a function that judges it alone."""
    return lambda: judge(waived=("getAsset", "listAssets", "uploadAsset"), assets=())


def test_a_right_server_is_judged(usage, small_server, place):
    """The key is where the specification says, and nowhere else."""
    report = usage()
    assert report.exit_code == 0, report.verdict
    assert any(one.status == 200 for one in report.exchanges)
    for request in small_server.requests:
        assert not request.has_key, "Authorization was sent"
    shown = [f"{one.url} {dict(one.headers)}" for one in report.exchanges if one.status == 200]
    assert all("$BABOU_API_KEY" in text for text in shown if "HEAD" not in text)
    assert small_server.api_key not in str(report)


def _lets_in(monkeypatch, wanted):
    """Have the server let in whom a function of the right key and all that was sent wants."""

    def problem(self, _security, request):
        sent = " ".join([request.target, *(text for _, text in request.headers)])
        return None if self.right in sent or wanted(self.right, sent) else "UNAUTHORIZED"

    monkeypatch.setattr(Keys, "problem", problem)


def test_a_server_that_needs_no_key_is_found(usage, failed_in, monkeypatch):
    """Nothing is sent in that place."""
    _lets_in(monkeypatch, lambda _right, _sent: True)
    assert "a-key-is-required" in failed_in(usage())


def test_a_server_that_takes_other_keys_is_found(usage, failed_in, monkeypatch, place):
    """They are sent in that place, and the line for a shell shows it."""
    _lets_in(monkeypatch, lambda right, sent: right[:-1] in sent)
    report = usage()
    assert "wrong-keys-are-refused" in failed_in(report)
    before = {"header": f"{NAME}: ", "query": f"/usage?{NAME}=", "cookie": f"Cookie: {NAME}="}
    longer = before[place] + "${BABOU_API_KEY}x"
    assert any(longer in d.curl for r in report.results for d in r.disagreements)

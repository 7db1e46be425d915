"""An operation may want its key elsewhere than in Authorization: it is sent, and tried, there."""

import copy

import pytest

from babou_contract.mock_server._keys import Keys
from babou_contract.specification import spec

NAME = "babou_key"
ANSWER = {"schema": {"type": "object"}, "examples": {"one": {"value": {"used": 3}}}}
USAGE = {
    "operationId": "getUsage",
    "responses": {
        "200": {"description": "How much is used.", "content": {"application/json": ANSWER}},
        "401": {"$ref": "#/components/responses/Unauthorized"},
    },
}


SCHEMES = {
    "header": {"type": "apiKey", "in": "header", "name": NAME},
    "query": {"type": "apiKey", "in": "query", "name": NAME},
    "spelled": {"type": "apiKey", "in": "query", "name": "the key[]"},
    "usual": {"type": "apiKey", "in": "query", "name": "apiKey"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": NAME},
    "basic": {"type": "http", "scheme": "basic"},
    "certificate": {"type": "mutualTLS"},
    "token": {"type": "oauth2", "flows": {}},
}


@pytest.fixture
def secured(monkeypatch):
    """Return a function that puts an operation with a security into the specification."""

    def put(*security):
        document = copy.deepcopy(spec.load())
        document["components"]["securitySchemes"] |= SCHEMES
        usage = USAGE | {"security": [{name: [] for name in names} for names in security]}
        document["paths"]["/api/v1/usage"] = {"get": usage}
        monkeypatch.setattr(spec, "load", lambda: document)

    return put


@pytest.fixture(params=["header", "query", "cookie"])
def place(request, secured):
    """Have such an operation in the specification."""
    secured([request.param])
    return request.param


@pytest.fixture
def usage(request):
    """Return a function that judges it alone, on a server that knows it."""

    def judged():
        judge = request.getfixturevalue("judge")
        return judge(waived=("getAsset", "listAssets", "uploadAsset"), assets=())

    return judged


def test_a_right_server_is_judged(place, usage, small_server):
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


@pytest.mark.usefixtures("place")
def test_a_server_that_needs_no_key_is_found(usage, failed_in, monkeypatch):
    """Nothing is sent in that place."""
    _lets_in(monkeypatch, lambda _right, _sent: True)
    assert "a-key-is-required" in failed_in(usage())


def test_a_server_that_takes_other_keys_is_found(place, usage, failed_in, monkeypatch):
    """They are sent in that place, and the line for a shell shows it."""
    _lets_in(monkeypatch, lambda right, sent: right[:-1] in sent)
    report = usage()
    assert "wrong-keys-are-refused" in failed_in(report)
    before = {"header": f"{NAME}: ", "query": f"/usage?{NAME}=", "cookie": f"Cookie: {NAME}="}
    longer = before[place] + "${BABOU_API_KEY}x"
    assert any(longer in d.curl for r in report.results for d in r.disagreements)


@pytest.mark.parametrize(
    "security",
    [
        (["bearerAuth"], ["usual"]),
        (["usual"], ["token"]),
        (["header"], ["usual"]),
        (["basic"], ["header"]),
        (["header", "cookie"], ["cookie"]),
        (["spelled"],),
    ],
    ids=str,
)
def test_an_alternative_that_one_key_is_enough_for_is_judged(secured, usage, security):
    """A key that the specification has in the query is read there by right."""
    secured(*security)
    report = usage()
    assert [found.summary for found in report.disagreements] == []
    assert report.exit_code == 0, report.verdict


@pytest.mark.parametrize(
    "names", [["header", "cookie"], ["bearerAuth", "query"], ["basic"], ["certificate"]], ids=str
)
def test_what_asks_for_more_than_a_key_is_not_judged(secured, usage, monkeypatch, names):
    """A server that takes one key for all of it may be wrong: nobody has seen the rest."""
    secured(names)
    monkeypatch.setattr(Keys, "problem", lambda self, _asked, sent: self.bearer_problem(sent))
    report = usage()
    assert report.exit_code == 3
    assert "getUsage asks for other credentials than one key" in report.verdict

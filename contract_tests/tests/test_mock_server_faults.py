"""The mock server's faults: what a client sees of each, and how they are ordered."""

import email.utils
import gzip
import json
import zlib

import httpx
import pytest

from babou_contract.mock_server import FAULTS, Fault, MockServer

ID = "ast_demo_image"

STATUSES = [
    ("rate_limited", {}, 429, "RATE_LIMITED"),
    ("unavailable", {}, 503, "SERVICE_UNAVAILABLE"),
    ("unavailable", {"status": 504}, 504, "SERVICE_UNAVAILABLE"),
    ("validation_error", {}, 400, "VALIDATION_ERROR"),
    ("unauthorized", {}, 401, "UNAUTHORIZED"),
    ("unauthorized", {"code": "INVALID_API_KEY_FORMAT"}, 401, "INVALID_API_KEY_FORMAT"),
    ("expired_key", {}, 401, "API_KEY_EXPIRED"),
    ("forbidden", {}, 403, "FORBIDDEN"),
    ("not_found", {}, 404, "NOT_FOUND"),
    ("request_timeout", {}, 408, "REQUEST_TIMEOUT"),
    ("conflict", {}, 409, "CONFLICT"),
    ("server_error", {}, 500, "INTERNAL_ERROR"),
    ("error_status", {"status": 418, "code": "TEAPOT"}, 418, "TEAPOT"),
    ("error_status", {"status": 499}, 499, "STATUS_499"),
]
PAGES = [
    ("bad_gateway_html", 502),
    ("gateway_timeout_html", 504),
    ("cdn_520_html", 520),
    ("html_200", 200),
]
MEMBERS = [
    ("unknown_state", {}, {"state": "transcoding"}),
    ("unknown_state", {"state": "archived"}, {"state": "archived"}),
    ("wrong_type", {}, {"size": "245678"}),
    ("wrong_type", {"member": "url", "value": [1]}, {"url": [1]}),
    ("extra_member", {}, {"checksum": "sha256:0"}),
    ("null_member", {}, {"name": None}),
    ("other_id", {"id": "ast_y"}, {"id": "ast_y"}),
    ("naive_created_at", {}, {"created_at": "2025-12-02T10:00:00"}),
]
CUT = (httpx.RemoteProtocolError, "peer closed connection|incomplete chunked")
BROKEN = [
    ("drop_connection", {}, httpx.RemoteProtocolError, "without sending a response"),
    ("reset", {}, httpx.ReadError, None),
    ("never_answers", {}, httpx.ReadTimeout, None),
    ("stalled_body", {}, httpx.ReadTimeout, None),
    ("slow_headers", {"interval": 1.0}, httpx.ReadTimeout, None),
    ("slow_body", {"interval": 1.0}, httpx.ReadTimeout, None),
    ("latency", {"seconds": 1.0}, httpx.ReadTimeout, None),
    ("truncated_body", {}, *CUT),
    ("truncated_chunked", {}, *CUT),
    ("wrong_content_length", {"length": 5000}, *CUT),
]
BODIES = [
    ("empty_body", b"", b""),
    ("not_json", b"{'id'", b"oops"),
    ("trailing_garbage", b'{"id"', b"cache-7 -->"),
    ("json_list", b'[{"id"', b"}]"),
    ("not_utf8", b'{"id": "\xffast', b"}"),
    ("utf8_bom", b"\xef\xbb\xbf{", b"}"),
    ("json_nan", b'{"id"', b"}"),
    ("wrong_content_type", b'{"id"', b"}"),
]
VARIANTS = [
    ("gzip", {}, "content-encoding", "gzip"),
    ("chunked", {}, "transfer-encoding", "chunked"),
    ("close", {}, "connection", "close"),
    ("slow_body", {"interval": 0.001, "piece": 50}, "content-type", "application/json"),
    ("slow_headers", {"interval": 0.0001}, "content-type", "application/json"),
    ("latency", {"seconds": 0.001}, "content-type", "application/json"),
    ("huge_body", {"size": 3_000_000}, "transfer-encoding", "chunked"),
    ("gzip_bomb", {"size": 3_000_000}, "content-encoding", "gzip"),
]
ELSEWHERE = {
    *("redirect", "missing_member", "float_size", "fresh_url"),
    # test_mock_server_uploads.py
    *("upload_limit", "upload_slow", "upload_cut", "upload_reset", "upload_stalled", "answer_lost"),
    # test_mock_server_lists.py
    *("refuses_parameter", "ignores_parameter", "page_cut", "page_overlaps", "page_total"),
    *("page_without", "page_repeats_asset", "page_loses_asset"),
}


@pytest.mark.parametrize(("name", "parameters", "status", "code"), STATUSES)
def test_an_error_status_has_the_documented_body(
    mock_server, mock_api, *, name, parameters, status, code
):
    """Each error that was ordered comes with its status and its code."""
    mock_server.fault(name, **parameters)
    answer = mock_api.get(ID)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert mock_server.requests[-1].status == status


@pytest.mark.parametrize(
    ("parameters", "value"),
    [
        ({}, "1"),
        ({"retry_after": 0.5}, "0.5"),
        ({"retry_after": None}, None),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, "Wed, 21 Oct 2015 07:28:00 GMT"),
        ({"retry_after": "soon"}, "soon"),
    ],
)
def test_retry_after_is_what_was_ordered(mock_server, mock_api, parameters, value):
    """Seconds, a date, nonsense, or nothing."""
    mock_server.fault("rate_limited", **parameters)
    assert mock_api.get(ID).headers.get("retry-after") == value


def test_retry_after_can_be_a_date_by_the_servers_clock(open_api):
    """RFC 9110, section 10.2.3: a date, so many seconds after the answer's own Date."""
    with MockServer(clock=lambda: 1_800_000_000.0) as server:
        server.fault("rate_limited", retry_after=90, http_date=True, retry_after_ms=250)
        headers = open_api(server).get(ID).headers
    date, until = (
        email.utils.parsedate_to_datetime(headers[name]) for name in ("date", "retry-after")
    )
    assert (until - date).total_seconds() == 90
    assert headers["retry-after-ms"] == "250"


@pytest.mark.parametrize(("name", "status"), PAGES)
def test_a_page_takes_the_place_of_the_answer(mock_server, mock_api, name, status):
    """Proxies, CDNs and portals answer with HTML, whatever the status."""
    mock_server.fault(name)
    answer = mock_api.get(ID)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_redirect_leads_where_it_was_told(mock_server, mock_api):
    """A login page by default, any URL and status otherwise."""
    mock_server.fault("redirect", times=1)
    assert mock_api.get(ID).headers["location"] == "/login"
    mock_server.fault("redirect", to="http://127.0.0.1:9/", status=308)
    answer = mock_api.get(ID)
    assert (answer.status_code, answer.headers["location"]) == (308, "http://127.0.0.1:9/")


@pytest.mark.parametrize(("name", "parameters", "changed"), MEMBERS)
def test_a_member_is_changed_and_no_other(mock_server, mock_api, name, parameters, changed):
    """A fault of one member leaves the rest of a right answer right."""
    right = mock_api.get(ID).json()
    mock_server.fault(name, **parameters)
    assert mock_api.get(ID).json() == right | changed


def test_a_member_can_be_missing(mock_server, mock_api):
    """The member is left out, and no other."""
    right = mock_api.get(ID).json()
    mock_server.fault("missing_member", member="url")
    assert set(right) - set(mock_api.get(ID).json()) == {"url"}


def test_a_size_can_be_written_with_a_fraction(mock_server, mock_api):
    """JSON Schema counts 4697.0 among the integers, so the answer is right."""
    size = mock_api.get(ID).json()["size"]
    mock_server.fault("float_size")
    assert f'"size": {size}.0' in mock_api.get(ID).text
    assert mock_api.get("ast_upload0000000000001").json()["size"] is None


def test_a_url_can_be_signed_anew_each_time(mock_server, mock_api, storage):
    """The url differs from read to read and leads to the same bytes; none stays none."""
    mock_server.fault("fresh_url")
    first, second = (mock_api.get(ID).json()["url"] for _ in range(2))
    assert first != second
    assert storage.get(first).content == storage.get(second).content
    assert mock_api.get("ast_upload0000000000001").json()["url"] is None


def test_a_members_fault_waits_for_an_asset(mock_server, mock_api):
    """A fault of the members strikes, and counts, only where an asset is answered."""
    mock_server.fault("null_member", times=1)
    assert mock_api.get("ast_nowhere").status_code == 404
    assert mock_api.get(ID).json()["name"] is None
    assert mock_api.get(ID).json()["name"] == "demo.png"


@pytest.mark.parametrize(("name", "parameters", "error", "message"), BROKEN)
def test_the_wire_breaks(mock_server, open_api, *, name, parameters, error, message):
    """The transport fails in the way that was ordered."""
    mock_server.fault(name, **parameters)
    api = open_api(mock_server)
    with pytest.raises(error, match=message):
        api.get(ID, timeout=0.05 if error is httpx.ReadTimeout else 5)


@pytest.mark.parametrize(("name", "start", "end"), BODIES)
def test_the_body_is_broken(mock_server, mock_api, name, start, end):
    """The status stays 200, and the bytes are those that were ordered."""
    mock_server.fault(name)
    answer = mock_api.get(ID)
    assert answer.status_code == 200
    assert answer.content.startswith(start)
    assert answer.content.endswith(end)
    assert (b"NaN" in answer.content) == (name == "json_nan")
    assert (answer.headers["content-type"] == "text/plain") == (name == "wrong_content_type")


@pytest.mark.parametrize(("name", "parameters", "header", "value"), VARIANTS)
def test_a_right_answer_comes_in_another_form(
    mock_server, mock_api, *, name, parameters, header, value
):
    """A variant is right: the same JSON arrives, and the connection goes on."""
    right = mock_api.get(ID).json()
    mock_server.fault(name, **parameters)
    for _ in range(2):
        answer = mock_api.get(ID)
        assert answer.json() == right
        assert answer.headers[header] == value


def test_a_gzip_bomb_is_small_on_the_wire(mock_server, mock_api):
    """A thousandth of what it expands to is sent."""
    mock_server.fault("gzip_bomb", size=50_000_000)
    with mock_api.stream("GET", ID) as answer:
        packed = b"".join(answer.iter_raw())
    assert len(packed) < 100_000
    assert len(gzip.decompress(packed)) > 50_000_000


def test_a_wrong_length_can_be_too_short(mock_server, head, raw):
    """The body is longer than it says, and the connection closes after it."""
    mock_server.fault("wrong_content_length", length=5)
    received = raw(mock_server, head(mock_server))
    assert b"Content-Length: 5\r\n" in received
    assert json.loads(received.partition(b"\r\n\r\n")[2])["id"] == ID


def test_faults_are_counted_and_cleared(mock_server, mock_api):
    """`times` is the number of requests that are struck; `clear_faults` ends those without."""
    mock_server.fault("server_error", times=2)
    assert [mock_api.get(ID).status_code for _ in range(3)] == [500, 500, 200]
    mock_server.fault("conflict")
    assert [mock_api.get(ID).status_code for _ in range(3)] == [409] * 3
    mock_server.clear_faults()
    assert mock_api.get(ID).status_code == 200


def test_a_fault_can_be_for_one_asset(mock_server, mock_api):
    """Other assets are left alone, and don't count."""
    mock_server.fault("server_error", asset_id="ast_demo_video", times=1)
    ids = (ID, "ast_demo_video", "ast_demo_video")
    assert [mock_api.get(id).status_code for id in ids] == [200, 500, 200]


def test_one_fault_at_a_time_replaces_the_answer(mock_server, mock_api):
    """Those with `times` come first, one after the other, and then the newest without."""
    mock_server.fault("forbidden")
    mock_server.fault("not_found")
    mock_server.fault("server_error", times=1)
    mock_server.fault("rate_limited", times=1)
    assert [mock_api.get(ID).status_code for _ in range(4)] == [500, 429, 404, 404]


def test_faults_combine(mock_server, mock_api):
    """A fault in the members, a coding and a delay can strike the same answer, in any order."""
    mock_server.fault("latency", seconds=0.001)
    mock_server.fault("gzip")
    mock_server.fault("unknown_state")
    answer = mock_api.get(ID)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["state"] == "transcoding"


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("rate_limitted", {}, "no fault 'rate_limitted'; did you mean rate_limited"),
        ("zzz", {}, "`babou mock --list-faults` lists them all"),
        ("latency", {"second": 1}, "has no parameter 'second'; its parameters are seconds=0.5"),
        ("gzip", {"level": 1}, "it takes none"),
        ("storage_redirect", {}, "needs the parameter 'to'"),
        ("latency", {"seconds": "long"}, "seconds cannot be 'long', it is a number from 0 on"),
        ("latency", {"seconds": -1}, "cannot be -1"),
        ("latency", {"seconds": True}, "cannot be True"),
        ("latency", {"seconds": float("nan")}, "cannot be nan"),
        ("rate_limited", {"retry_after": [1]}, "cannot be"),
        ("unknown_state", {"state": 1}, "cannot be 1, it is text"),
        ("rate_limited", {"retry_after_ms": "x"}, "it is a number from 0 on or null"),
        ("null_member", {"member": "nmae"}, "no member 'nmae'; did you mean 'name'"),
        ("missing_member", {"member": "x"}, "no member 'x'; there are id, name.*allow_unknown"),
        ("gzip", {"times": 0}, "times is a whole number from 1 on"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(mock_server, mock_api, name, arguments, message):
    """A wrong name or parameter is a ValueError where it is ordered, and nothing is switched on."""
    with pytest.raises(ValueError, match=message):
        mock_server.fault(name, **arguments)
    assert mock_api.get(ID).status_code == 200


def test_a_fault_in_a_member_that_is_not_documented_has_to_be_asked_for(mock_server, mock_api):
    """One that adds a member is meant to be unknown."""
    mock_server.fault("extra_member", member="colour", value="red")
    assert mock_api.get(ID).json()["colour"] == "red"
    mock_server.add("ast_more", colour="red", allow_unknown=True)
    mock_server.fault("null_member", member="colour", asset_id="ast_more", allow_unknown=True)
    mock_server.fault("unknown_state")
    assert mock_api.get("ast_more").json()["colour"] is None


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_each_fault_says_what_it_does(fault: Fault):
    """The list of faults is documentation: a sentence for each."""
    assert fault.about.endswith(".")
    assert len(fault.about) < 100


def test_each_fault_is_tested():
    """A fault of the API that no table here has would be a promise without a proof."""
    tables = (STATUSES, PAGES, MEMBERS, BROKEN, BODIES, VARIANTS)
    tested = {row[0] for table in tables for row in table} | ELSEWHERE
    assert {name for name, fault in FAULTS.items() if not fault.on_storage} == tested


def test_gzip_is_really_gzip(mock_server, mock_api):
    """The variant has a gzip wrapper, and not zlib's."""
    mock_server.fault("gzip")
    with mock_api.stream("GET", ID) as answer:
        packed = b"".join(answer.iter_raw())
    assert json.loads(zlib.decompress(packed, wbits=31))["id"] == ID

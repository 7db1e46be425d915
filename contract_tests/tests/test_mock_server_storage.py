"""The storage behind an asset's url: ranges, conditions, and its faults."""

import httpx
import pytest

CONTENT = bytes(range(100))


@pytest.fixture
def url(mock_server):
    return mock_server.url_of(mock_server.add("ast_bytes", content=CONTENT))


def test_a_file_is_served_without_a_key(mock_server, storage, url):
    """The storage asks for no key, and a test can see whether one arrived."""
    answer = storage.get(url)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["etag"].startswith('"')
    assert answer.headers["last-modified"] == "Tue, 02 Dec 2025 10:00:00 GMT"
    storage.get(url, headers={"Authorization": "Bearer leaked"})
    assert [request.has_key for request in mock_server.requests] == [False, True]


def test_head_tells_the_length(storage, url):
    """HEAD has the headers of the whole file, and no bytes."""
    answer = storage.head(url, headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "100"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=90-", 90, 99),
        ("bytes=90-1000", 90, 99),
        ("bytes=-5", 95, 99),
        ("bytes=-1000", 0, 99),
    ],
)
def test_a_range_is_served(storage, url, asked, first, last):
    """RFC 9110, section 14: 206 with the bytes and where they are."""
    answer = storage.get(url, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == CONTENT[first : last + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/100"


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=200-300", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused(storage, url, asked):
    """RFC 9110, section 15.5.17: 416 tells the length."""
    answer = storage.get(url, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */100"
    assert b"InvalidRange" in answer.content


@pytest.mark.parametrize("asked", ["bytes=5-1", "bytes=-", "bytes=1-2,4-5", "lines=1-2", "x"])
def test_a_range_that_is_not_understood_is_ignored(storage, url, asked):
    """RFC 9110, section 14.2: the whole file is the answer."""
    answer = storage.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, CONTENT)


def test_an_empty_file_has_no_range(mock_server, storage):
    """No range of nothing can be satisfied."""
    url = mock_server.url_of("ast_demo_empty")
    assert storage.get(url).content == b""
    assert storage.get(url, headers={"Range": "bytes=0-"}).status_code == 416


def test_if_range_decides_between_part_and_whole(storage, url):
    """RFC 9110, section 13.1.5: the range counts only while the validator is the same."""
    headers = storage.head(url).headers
    for condition, status in (
        (headers["etag"], 206),
        (headers["last-modified"], 206),
        ('"other"', 200),
        ("W/" + headers["etag"], 200),
        ("Tue, 02 Dec 2025 10:00:01 GMT", 200),
    ):
        asked = {"Range": "bytes=50-", "If-Range": condition}
        assert storage.get(url, headers=asked).status_code == status


def test_conditions_on_the_etag_are_honoured(storage, url):
    """RFC 9110, section 13.1: 304 for what the caller has, 412 for what it doesn't expect."""
    etag = storage.head(url).headers["etag"]
    assert storage.get(url, headers={"If-None-Match": etag}).status_code == 304
    assert storage.get(url, headers={"If-Match": etag}).status_code == 200
    assert storage.get(url, headers={"If-Match": '"other"'}).status_code == 412


def test_what_is_not_stored_is_answered_like_s3(mock_server, storage):
    """Errors of the storage are XML, not the API's JSON."""
    answer = storage.get(mock_server.base_url + "/storage/nothing/x")
    assert answer.status_code == 404
    assert b"<Code>NoSuchKey</Code>" in answer.content
    assert storage.put(mock_server.url_of("ast_demo_image")).status_code == 405


def test_api_faults_leave_the_storage_alone(mock_server, mock_api, storage, url):
    """Faults of the API and of the storage are separate."""
    mock_server.fault("server_error")
    assert storage.get(url).status_code == 200
    mock_server.clear_faults()
    mock_server.fault("storage_expired")
    assert mock_api.get("ast_bytes").status_code == 200
    assert storage.get(url).status_code == 403


@pytest.mark.parametrize(
    ("name", "parameters", "status", "shown"),
    [
        ("storage_expired", {}, 403, b"Request has expired"),
        ("storage_not_found", {}, 404, b"NoSuchKey"),
        ("storage_unavailable", {"retry_after": 3}, 503, b"SlowDown"),
        ("storage_redirect", {"to": "http://127.0.0.1:9/x"}, 307, b""),
        ("storage_slow", {"interval": 0.001, "piece": 50}, 200, CONTENT),
        ("storage_latency", {"seconds": 0.01}, 200, CONTENT),
        ("storage_chunked", {}, 200, CONTENT),
        ("storage_no_etag", {}, 200, CONTENT),
        ("storage_changed", {}, 200, bytes(255 - value for value in CONTENT)),
    ],
)
def test_a_storage_fault_is_answered(mock_server, storage, url, *, name, parameters, status, shown):
    """Each storage fault that is an answer is the one that was ordered."""
    mock_server.fault(name, **parameters)
    answer = storage.get(url)
    assert answer.status_code == status
    assert shown in answer.content
    assert answer.headers.get("location") == parameters.get("to")
    assert ("transfer-encoding" in answer.headers) == (name == "storage_chunked")
    assert ("etag" in answer.headers) == (status == 200 and name != "storage_no_etag")


@pytest.mark.parametrize(
    ("name", "got"),
    [("storage_cut", 7), ("storage_reset", 7), ("storage_wrong_length", 100)],
)
def test_a_broken_download_breaks_where_it_was_told(mock_server, storage, url, name, got):
    """The bytes before the break are right, and the break is seen."""
    mock_server.fault(name, **({} if got == 100 else {"after": got}))
    received = bytearray()

    def download():
        with storage.stream("GET", url) as answer:
            for part in answer.iter_raw():
                received.extend(part)

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        download()
    # A reset may throw away what the other end has not read yet.
    assert bytes(received) in ({CONTENT[:got], b""} if name == "storage_reset" else {CONTENT[:got]})


@pytest.mark.parametrize("name", ["storage_never_answers", "storage_stall"])
def test_a_silent_storage_is_silent(mock_server, storage, url, name):
    """The connection stays open, and nothing more comes."""
    mock_server.fault(name)
    if name == "storage_stall":
        mock_server.clear_faults()
        mock_server.fault(name, after=5)
    with pytest.raises(httpx.ReadTimeout):
        storage.get(url, timeout=0.05)


def test_a_storage_can_drop_the_connection(mock_server, storage, url):
    """The connection closes before any byte."""
    mock_server.fault("storage_drop_connection")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        storage.get(url)


def test_a_storage_without_ranges_sends_the_whole(mock_server, storage, url):
    """A server may ignore Range; then nothing says that it understands it."""
    mock_server.fault("storage_no_ranges")
    answer = storage.get(url, headers={"Range": "bytes=50-"})
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert "accept-ranges" not in answer.headers


def test_changed_bytes_have_another_etag_unless_told(mock_server, storage, url):
    """A resumed download can see the change by If-Range, or (same_etag) only by the bytes."""
    etag = storage.head(url).headers["etag"]
    asked = {"Range": "bytes=50-", "If-Range": etag}
    mock_server.fault("storage_changed", times=1)
    assert storage.get(url, headers=asked).status_code == 200
    mock_server.fault("storage_changed", same_etag=True, times=1)
    answer = storage.get(url, headers=asked)
    assert (answer.status_code, answer.headers["etag"]) == (206, etag)
    assert answer.content != CONTENT[50:]


def test_a_server_that_ignores_if_range_mixes_bytes(mock_server, storage, url):
    """206 although the validator differs: the fault that a careful client has to notice."""
    mock_server.fault("storage_ignores_if_range")
    asked = {"Range": "bytes=50-", "If-Range": '"old"'}
    assert storage.get(url, headers=asked).status_code == 206


def test_a_weak_etag_never_resumes(mock_server, storage, url):
    """RFC 9110, section 13.1.5: If-Range with a weak tag is never true."""
    mock_server.fault("storage_weak_etag")
    etag = storage.head(url).headers["etag"]
    assert etag.startswith("W/")
    asked = {"Range": "bytes=50-", "If-Range": etag}
    assert storage.get(url, headers=asked).status_code == 200


def test_a_wrong_range_starts_elsewhere(mock_server, storage, url):
    """The Content-Range isn't that of the bytes; whole files are left alone."""
    mock_server.fault("storage_wrong_range", shift=3)
    answer = storage.get(url, headers={"Range": "bytes=50-"})
    assert answer.headers["content-range"] == "bytes 53-99/100"
    assert storage.get(url).status_code == 200


def test_an_odd_time_of_upload_does_no_harm(mock_server, storage):
    """Last-Modified is a date even where created_at is none."""
    url = mock_server.url_of(mock_server.add(created_at="soon"))
    assert storage.head(url).headers["last-modified"] == "Tue, 02 Dec 2025 10:00:00 GMT"

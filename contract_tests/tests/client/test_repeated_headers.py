"""Headers that come twice, from an application and from the gateway before it (RFC 9110, 5.3)."""

import hashlib

import pytest
from attrs import evolve

import babou

CONTENT = hashlib.sha256(b"twice").digest() * 10_000  # 320,000 bytes


@pytest.fixture
def asset_id(server):
    return server.add(name="logo.png", content=CONTENT)


def repeated(*names):
    """Return what sends each of these headers a second time."""

    def rewrite(_request, answer):
        again = tuple((n, v) for n, v in answer.headers if n.lower() in names)
        return evolve(answer, headers=answer.headers + again)

    return rewrite


def added(*headers, path="/"):
    """Return what sends these headers as well, where a request's path begins so."""
    return lambda request, answer: (
        evolve(answer, headers=answer.headers + headers)
        if request.path.startswith(path)
        else answer
    )


def test_equal_content_lengths_and_types_count_once(server, client, asset_id):
    """An answer that says twice how long it is, and of what type, is right."""
    server.rewrite = repeated("content-length", "content-type")
    assert client("get", asset_id).id == asset_id


def test_different_content_lengths_are_no_answer(server, open_client, asset_id):
    """Where the body ends can't be known, and a wrong guess is an attack (RFC 9112, 11.2)."""
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 1\r\n\r\n{}"
    server.rewrite = lambda _request, answer: answer.with_wire(raw=body)
    with pytest.raises(babou.APIConnectionError):
        open_client(max_retries=0)("get", asset_id)


def test_error_with_different_etags_keeps_its_class(server, open_client, asset_id):
    """What is wrong beside them does not hide a 429, nor its Retry-After."""
    server.fault("error_status", status=429)
    server.rewrite = added(
        ("ETag", '"a"'), ("ETag", '"b"'), ("Retry-After", "7"), ("Retry-After", "3")
    )
    with pytest.raises(babou.RateLimitError) as caught:
        open_client(max_retries=0)("get", asset_id)
    assert caught.value.retry_after == 7


def test_download_with_repeated_headers_is_resumed(server, client, asset_id, tmp_path):
    """The ETag is still a validator, the range still a range."""
    server.fault("storage_cut", times=1, after=100_000)
    server.rewrite = repeated("etag", "content-range", "content-length")
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT
    assert server.requests[-1].header("range") == "bytes=100000-"
    assert server.requests[-1].status == 206


def test_download_follows_a_repeated_location(server, client, asset_id, tmp_path):
    """Both name the same place."""
    other = server.url_of(server.add(content=CONTENT))
    server.fault("storage_redirect", times=1, to=other)
    server.rewrite = repeated("location")
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["ETag", "Location"])
def test_download_refuses_different_values(server, open_client, asset_id, tmp_path, name):
    """Which of them is meant can't be known, and nothing is stored."""
    server.rewrite = added((name, '"a"'), (name, '"b"'), path="/storage/")
    with pytest.raises(babou.DownloadError, match=f"several different {name.lower()} headers"):
        open_client(max_retries=0)("download", asset_id, tmp_path)
    assert list(tmp_path.iterdir()) == []

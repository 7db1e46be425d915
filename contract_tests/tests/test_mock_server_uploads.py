"""Uploads: taken in to disk, listed, fetched, waited for, downloaded; and refused in time."""

import hashlib
import os
import select
import socket
import subprocess
import sys
import time
import tracemalloc

import httpx
import pytest

from babou_contract.mock_server import MockServer, by_reads, by_time
from babou_contract.specification import spec
from babou_contract.specification.assets import asset_schema

LIMIT = 100 << 20  # D22
PNG = {"Content-Type": "image/png"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the folder in which the server makes the one of its uploads."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def upload(mock_server, mock_api):
    def send(content, media="image/png", **more):
        url = f"{mock_server.base_url}/api/v1/assets"
        headers = {"Content-Type": media} if media else {}
        return mock_api.post(url, content=content, headers=headers | more)

    return send


@pytest.fixture
def head_of(mock_server):
    """Return a function that writes the head of an upload as bytes."""

    def write(*more, key=None):
        lines = [
            "POST /api/v1/assets HTTP/1.1",
            "Host: mock",
            f"Authorization: Bearer {key or mock_server.api_key}",
            "Content-Type: image/png",
            *more,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    return write


def files(folder):
    """Return the files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def pieces(size, piece=1 << 16):
    block = b"x" * piece
    for _ in range(size // piece):
        yield block
    yield block[: size % piece]


def connect(server):
    url = httpx.URL(server.base_url)
    return socket.create_connection((url.host, url.port), timeout=5)


def test_what_is_uploaded_is_fetched_waited_for_listed_and_downloaded(upload, mock_api, storage):
    """Byte for byte, on the way from uploading to ready, one answer a state."""
    content = os.urandom(300_000)
    answer = upload(content, "video/mp4")
    assert answer.status_code == 201
    made = answer.json()
    assert (made["state"], made["url"], made["size"]) == ("uploading", None, None)
    assert (made["content_type"], made["name"]) == ("video/mp4", "uploaded-file")  # D23
    assert set(made) == set(asset_schema()["required"])
    assert mock_api.get(made["id"]).json()["state"] == "processing"
    ready = mock_api.get(made["id"]).json()
    assert (ready["state"], ready["size"]) == ("ready", 300_000)
    listed = mock_api.get(str(mock_api.base_url)[:-1], params={"limit": 1}).json()
    assert listed["assets"] == [ready]
    assert storage.get(ready["url"]).content == content
    part = storage.get(ready["url"], headers={"Range": "bytes=1000-200999"})
    assert (part.status_code, part.content) == (206, content[1000:201_000])


def test_a_download_of_an_upload_leaves_the_connection_open(upload, mock_server, mock_api, storage):
    """Its length is told, and two of them come over one connection."""
    mock_server.uploads = by_reads("ready")
    url = upload(b"12345").json()["url"]
    first, second = storage.get(url), storage.get(url)
    assert first.content == second.content == b"12345"
    assert first.headers["content-length"] == "5"
    assert len({one.connection for one in mock_server.requests[-2:]}) == 1
    mock_server.fault("storage_changed", times=1)
    assert storage.get(url).content == bytes(value ^ 0xFF for value in b"12345")


@pytest.mark.parametrize("media", ["image/png", "IMAGE/PNG; q=1"])
def test_the_type_is_that_of_the_request(upload, media):
    """In any case of letters, and without its parameters."""
    assert upload(b"x", media).json()["content_type"] == "image/png"


def test_each_documented_type_is_taken(upload):
    """The asset is like the example of its kind."""
    for media in spec.operation("uploadAsset").bodies:
        answer = upload(b"x", media)
        assert (answer.status_code, answer.json()["content_type"]) == (201, media)


def test_the_way_of_uploads_can_be_chosen(open_api):
    """By the clock it begins with the answer to the upload."""
    now = [1_800_000_000.0]
    way = by_time(uploading=2, processing=3, then="failed")
    with MockServer(clock=lambda: now[0], uploads=way) as server:
        api = open_api(server)
        url = f"{server.base_url}/api/v1/assets"
        made = api.post(url, content=b"x", headers=PNG).json()
        assert made["created_at"] == "2027-01-15T08:00:00.000Z"
        seen = [made["state"]]
        for pause in (1.9, 0.2, 2.8, 0.2):
            now[0] += pause
            seen.append(api.get(made["id"]).json()["state"])
    assert seen == ["uploading", "uploading", "processing", "processing", "failed"]


@pytest.mark.parametrize(
    ("content", "media", "status", "code"),
    [
        (b"x", "text/plain", 400, "VALIDATION_ERROR"),
        (b"x", None, 400, "VALIDATION_ERROR"),
        (b"", "image/png", 400, "VALIDATION_ERROR"),
        (iter([b""]), "image/png", 400, "VALIDATION_ERROR"),
        (iter([b"x"]), "text/plain", 400, "VALIDATION_ERROR"),
    ],
    ids=["type", "no type", "empty", "empty chunks", "type of chunks"],
)
def test_what_is_no_file_is_refused(mock_server, upload, content, media, status, code):
    """D24: no asset comes of it."""
    before = mock_server.assets
    answer = upload(content, media)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert mock_server.assets == before


def test_an_upload_that_is_too_large_is_refused_before_it_is_sent(mock_server, head_of, raw):
    """D22: by its Content-Length, without 100 Continue, and the connection ends."""
    sent = head_of(f"Content-Length: {LIMIT + 1}", "Expect: 100-continue")
    received = raw(mock_server, sent)
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b"FILE_TOO_LARGE" in received
    assert b"Connection: close" in received
    [request] = mock_server.requests
    assert (request.status, request.operation_id, request.body_size) == (413, "uploadAsset", 0)


@pytest.mark.parametrize("key", [None, "sk-bab-wrong"])
def test_a_caller_that_sends_all_the_same_gets_the_answer(mock_server, head_of, folder, key):
    """What is sent on after the answer is read, so that no reset takes the answer away."""
    with connect(mock_server) as connection:
        connection.sendall(head_of(f"Content-Length: {LIMIT + 1}", key=key))
        for piece in pieces(20 << 20):
            connection.sendall(piece)
        received = connection.recv(65536)
    assert received.startswith(b"HTTP/1.1 401 " if key else b"HTTP/1.1 413 ")
    assert files(folder) == []


def test_an_upload_without_a_length_is_refused_as_soon_as_it_is_too_large(
    mock_server, upload, folder
):
    """Counted, since nothing was declared; what was written is gone."""
    mock_server.fault("upload_limit", size=1 << 20)
    answer = upload(pieces(5 << 20))
    assert (answer.status_code, answer.json()["code"]) == (413, "FILE_TOO_LARGE")
    assert files(folder) == []
    assert mock_server.requests[-1].body_size < 2 << 20


def test_a_hundred_megabytes_are_taken_with_little_memory(mock_server, upload, folder):
    """The body goes to disk as it comes."""
    upload(b"x")  # imports, pools
    tracemalloc.start()
    answer = upload(pieces(LIMIT))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == 201
    assert most < 8 << 20
    assert sorted(path.stat().st_size for path in files(folder)) == [1, LIMIT]
    digest = hashlib.sha256()
    for piece in pieces(LIMIT):
        digest.update(piece)
    request = mock_server.requests[-1]
    assert (request.body_size, request.body_sha256) == (LIMIT, digest.hexdigest())


def test_a_caller_that_waits_for_permission_gets_it(mock_server, head_of):
    """RFC 9110, section 10.1.1: 100 comes before a byte of the body was sent."""
    with connect(mock_server) as connection:
        connection.sendall(head_of("Content-Length: 3", "Expect: 100-continue"))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert connection.recv(65536).startswith(b"HTTP/1.1 201 ")


def test_uploads_follow_each_other_on_one_connection(mock_server, head_of, raw):
    """Pipelined, in chunks and with a length."""
    chunked = head_of("Transfer-Encoding: chunked") + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    last = head_of("Content-Length: 2", "Connection: close") + b"de"
    received = raw(mock_server, chunked + last)
    assert received.count(b"HTTP/1.1 201 ") == 2
    assert [one.body_size for one in mock_server.requests] == [3, 2]
    assert mock_server.requests[0].body_sha256 == hashlib.sha256(b"abc").hexdigest()


def test_an_aborted_upload_leaves_nothing(mock_server, head_of, folder):
    """No asset and no file; the request is seen, without an answer."""
    before = mock_server.assets
    with connect(mock_server) as connection:
        connection.sendall(head_of("Content-Length: 1000") + b"x" * 500)
    while not mock_server.requests:
        time.sleep(0.001)
    [request] = mock_server.requests
    assert (request.status, request.body_size) == (None, 500)
    assert mock_server.assets == before
    assert files(folder) == []


def test_a_body_that_is_no_http_leaves_nothing(mock_server, head_of, raw, folder):
    """A length of a chunk that is none."""
    received = raw(mock_server, head_of("Transfer-Encoding: chunked") + b"2\r\nab\r\nzz\r\n")
    assert received.startswith(b"HTTP/1.1 400 ")
    assert files(folder) == []


def test_the_files_are_gone_when_the_server_is_closed(open_api, folder):
    """And so are the assets, whose bytes they were."""
    server = MockServer(assets=False).start()
    kept = server.add()
    url = f"{server.base_url}/api/v1/assets"
    assert open_api(server).post(url, content=b"x", headers=PNG).status_code == 201
    assert len(files(folder)) == 1
    server.close()
    assert list(folder.iterdir()) == []
    assert server.assets == (kept,)


def test_the_files_are_gone_when_the_program_ends(tmp_path):
    """Also where nobody closed the server."""
    code = (
        "import httpx\n"
        "from babou_contract.mock_server import MockServer\n"
        "server = MockServer().start()\n"
        "headers = {'Authorization': f'Bearer {server.api_key}', 'Content-Type': 'image/png'}\n"
        "url = f'{server.base_url}/api/v1/assets'\n"
        "answer = httpx.post(url, content=b'x', headers=headers, trust_env=False)\n"
        "print(answer.status_code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert (done.stdout, done.stderr) == ("201\n", "")
    assert list(tmp_path.iterdir()) == []


def test_close_is_prompt_while_uploads_hang(head_of, mock_server, folder):
    """One that is half here, one that is not read, one whose answer was given."""
    mock_server.fault("upload_stalled", after=1, times=1)
    hanging = []
    for size in (10, 10, LIMIT + 1):
        connection = connect(mock_server)
        connection.sendall(head_of(f"Content-Length: {size}") + b"x" * 5)
        hanging.append(connection)
        if size > LIMIT:
            assert connection.recv(12) == b"HTTP/1.1 413"
    began = time.perf_counter()
    mock_server.close()
    assert time.perf_counter() - began < 1
    assert files(folder) == []
    for connection in hanging:
        connection.close()


@pytest.mark.parametrize("fault", ["upload_cut", "upload_reset"])
def test_an_upload_can_be_cut_off(mock_server, upload, fault):
    """After so many bytes; the next one is taken."""
    mock_server.fault(fault, after=1000, times=1)
    before = mock_server.assets
    with pytest.raises(httpx.TransportError):
        upload(b"x" * (5 << 20))
    [request] = mock_server.requests
    assert (request.status, request.operation_id) == (None, "uploadAsset")
    assert request.body_size == 1000
    assert mock_server.assets == before
    assert upload(b"x").status_code == 201


def test_an_upload_can_be_left_unread(mock_server, head_of):
    """The connection stays open, and takes no more than buffers hold."""
    mock_server.fault("upload_stalled", after=1000, times=1)
    with connect(mock_server) as connection:
        connection.sendall(head_of(f"Content-Length: {LIMIT}"))
        connection.settimeout(0)
        sent = 0
        while select.select([], [connection], [], 0.5)[1]:
            sent += connection.send(b"x" * (1 << 16))
        assert 1000 < sent < LIMIT
    assert [one.body_size for one in mock_server.requests] == [1000]


def test_an_upload_can_be_read_slowly(mock_server, upload):
    """A read at a time, each after its interval."""
    mock_server.fault("upload_slow", interval=0.01, piece=1000, times=1)
    began = time.perf_counter()
    assert upload(b"x" * 100_000).status_code == 201
    assert time.perf_counter() - began > 0.01 * 30


def test_an_upload_can_be_taken_and_its_answer_lost(mock_server, upload):
    """What a caller must not repeat without a look at the list."""
    mock_server.fault("answer_lost", operation_id="uploadAsset", times=1)
    before = len(mock_server.assets)
    with pytest.raises(httpx.RemoteProtocolError):
        upload(b"x")
    assert len(mock_server.assets) == before + 1
    assert mock_server.requests[-1].status is None


def test_an_error_of_an_upload_has_the_uploads_own_body(mock_server, upload, mock_api):
    """500 is UPLOAD_FAILED there, and nothing was taken."""
    before = mock_server.assets
    mock_server.fault("server_error", times=2)
    assert upload(b"x").json()["code"] == "UPLOAD_FAILED"
    assert mock_api.get("ast_demo_image").json()["code"] == "INTERNAL_ERROR"
    assert mock_server.assets == before


def test_an_upload_can_be_refused_while_it_is_sent(mock_server, upload):
    """Two faults together: any answer, without reading the body."""
    mock_server.fault("upload_limit", size=0, times=1)
    mock_server.fault("unavailable", times=1)
    assert upload(b"x" * (5 << 20)).status_code == 503


def test_the_members_of_an_upload_can_be_wrong(mock_server, upload):
    """As wherever an asset is shown."""
    mock_server.fault("missing_member", member="created_at", operation_id="uploadAsset")
    assert "created_at" not in upload(b"x").json()


def test_the_hook_sees_the_upload(mock_server, upload):
    """Which operation it is, and its bytes for as long as the request lasts."""
    seen = []

    def rewrite(request, response):
        seen.append((request.operation_id, b"".join(request.body()), request.body_size))
        return response

    mock_server.rewrite = rewrite
    upload(b"abc")
    assert seen == [("uploadAsset", b"abc", 3)]

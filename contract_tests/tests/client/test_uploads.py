"""Uploads over each transport: what is sent and repeated, and what servers may do meanwhile."""

import contextlib
import io
import json
import os
import socket
import ssl
import struct
import threading
import tracemalloc

import pytest
from raw_server import alert_after, request_from

import babou

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
LARGE = PNG + bytes(8 << 20)  # more than the buffers of a connection on one's own machine hold
ASSET = {
    "id": "ast_new",
    "name": "uploaded-file",
    "url": None,
    "content_type": "image/png",
    "size": None,
    "state": "processing",
    "duration": None,
    "width": None,
    "height": None,
    "created_at": "2025-12-02T10:00:00Z",
}
MAY_EXIST = r"The asset may exist all the same: look for it with client\.assets\.list\(\)"


def written(status, document, **headers):
    """Return an answer as it goes over the wire."""
    body = json.dumps(document).encode()
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def error(status, code):
    """Return a documented error as it goes over the wire."""
    return written(status, {"error": "No", "code": code})


CREATED = written(201, ASSET)


def upload_from(connection):
    """Return the head and the body of the next upload; both are empty where there is none."""
    head, _, body = request_from(connection).partition(b"\r\n\r\n")
    if not head:
        return b"", b""
    length = next(int(x[15:]) for x in head.lower().split(b"\r\n") if x[:15] == b"content-length:")
    while len(body) < length and (more := connection.recv(1 << 16)):
        body += more
    return head, body


def drained(connection, length, after_each=lambda _took: None):
    """Take a body of so many bytes without keeping it; return how many came."""
    took = len(request_from(connection).partition(b"\r\n\r\n")[2])
    while took < length and (piece := connection.recv(1 << 18)):
        took += len(piece)
        after_each(took)
    return took


@pytest.fixture
def taking(serve):
    """Return a function that makes a server which takes uploads and gives answers in turn."""

    def make(*answers):
        left = iter(answers or [CREATED])
        seen = []

        def talk(connection):
            while (upload := upload_from(connection))[0]:
                seen.append(upload)
                connection.sendall(next(left))

        server = serve(talk)
        server.seen = seen
        return server

    return make


class TestSending:
    """docs: POST /api/v1/assets, "raw binary body, `Content-Type` = the file's MIME type"."""

    @pytest.mark.parametrize("answer", [CREATED, written(200, ASSET)], ids=["201", "200"])
    def test_the_bytes_are_sent_as_they_are(self, taking, open_client, answer):
        """D21: either success brings the new asset."""
        server = taking(answer)
        asset = open_client(base_url=server.url)("upload", PNG)
        assert (asset.id, asset.state) == ("ast_new", "processing")
        [(head, body)] = server.seen
        assert body == PNG
        lines = head.lower().split(b"\r\n")
        assert lines[0] == b"post /api/v1/assets http/1.1"
        assert {b"content-type: image/png", b"content-length: %d" % len(PNG)} <= set(lines)
        assert sum(line.startswith(b"authorization: bearer ") for line in lines) == 1
        assert not [line for line in lines if line.startswith(b"transfer-encoding")]

    def test_a_path_a_file_and_bytes_are_the_same(self, taking, open_client, tmp_path):
        """A file that the caller opened is read from where it stands, and left open."""
        path = tmp_path / "a.png"
        path.write_bytes(PNG)
        server = taking(*[CREATED] * 5)
        client = open_client(base_url=server.url)
        with path.open("rb") as file, path.open("rb") as further:
            further.seek(8)
            for given in (path, str(path), file, io.BytesIO(PNG)):
                client("upload", given)
            client("upload", further, content_type="image/webp")
            assert not file.closed
        assert [body for _, body in server.seen] == [PNG] * 4 + [PNG[8:]]
        assert b"image/webp" in server.seen[-1][0]

    def test_a_pipe_is_copied_first(self, taking, open_client):
        """Its size is known before a byte is sent, and it can be sent again."""
        server = taking(error(429, "RATE_LIMITED"), CREATED)
        reading, writing = os.pipe()
        with open(writing, "wb") as file:  # noqa: PTH123 (no path of a file)
            file.write(PNG)
        with open(reading, "rb") as file:  # noqa: PTH123
            assert open_client(base_url=server.url)("upload", file).id == "ast_new"
        assert [body for _, body in server.seen] == [PNG, PNG]

    def test_progress_is_told_up_to_the_end(self, taking, open_client):
        """Bytes sent so far, and the total."""
        server, told = taking(), []
        open_client(base_url=server.url)("upload", LARGE, on_progress=lambda *x: told.append(x))
        assert told[-1] == (len(LARGE), len(LARGE))
        assert [sent for sent, _ in told] == sorted({sent for sent, _ in told})
        assert len(told) > 10

    def test_what_on_progress_raises_reaches_the_caller(self, serve, open_client):
        """As it is, and nothing is sent after it."""
        server = serve(upload_from)

        def leave(*_):
            raise OSError("no more")

        with pytest.raises(OSError, match="^no more$"):
            open_client(base_url=server.url)("upload", LARGE, on_progress=leave)

    def test_memory_stays_flat(self, serve, open_own_client, tmp_path):
        """However large the file, a few pieces of it are in memory."""
        path = tmp_path / "a.png"
        with path.open("wb") as file:
            file.write(PNG)
            file.truncate(40 << 20)
        received = []

        def count(connection):
            received.append(drained(connection, 40 << 20))
            connection.sendall(CREATED)

        client = open_own_client(base_url=serve(count).url)
        tracemalloc.start()
        try:
            client("upload", path)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert received == [40 << 20]
        assert peak < 4 << 20


class TestRepeating:
    """A POST is not repeated unless surely nothing was taken."""

    def test_a_429_is_obeyed_and_the_file_sent_again(self, taking, open_client):
        """The server has refused it: nothing was taken."""
        server = taking(error(429, "RATE_LIMITED"), CREATED)
        assert open_client(base_url=server.url)("upload", PNG).id == "ast_new"
        assert [body for _, body in server.seen] == [PNG, PNG]

    def test_a_refused_connection_is_tried_again(self, open_client):
        """Nothing was sent, and the error says nothing of an asset."""
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        client = open_client(base_url=f"http://127.0.0.1:{port}", max_retries=1)
        with pytest.raises(babou.APIConnectionError) as caught:
            client("upload", PNG)
        assert "may exist" not in str(caught.value)

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            (error(500, "UPLOAD_FAILED"), babou.InternalServerError),
            (error(503, "SERVICE_UNAVAILABLE"), babou.InternalServerError),
            (error(409, "CONFLICT"), babou.ConflictError),
            (b"", babou.APIConnectionError),
            (CREATED[:-5], babou.APIConnectionError),
            (written(201, {"id": "ast_new"}), babou.APIResponseValidationError),
            (written(202, ASSET), babou.APIStatusError),
        ],
        ids=["500", "503", "409", "none", "cut off", "no asset", "202"],
    )
    def test_what_leaves_it_open_is_not_repeated_and_says_how_to_look(
        self, serve, open_client, answer, kind
    ):
        """The asset may exist: a second upload would make another."""
        seen = []

        def once(connection):
            seen.append(upload_from(connection))
            connection.sendall(answer)

        server = serve(once)
        with pytest.raises(kind, match=MAY_EXIST):
            open_client(base_url=server.url)("upload", PNG)
        assert len(seen) == 1

    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        [
            (400, "VALIDATION_ERROR", babou.BadRequestError),
            (401, "UNAUTHORIZED", babou.AuthenticationError),
            (413, "FILE_TOO_LARGE", babou.FileTooLargeError),
        ],
    )
    def test_a_refusal_leaves_nothing_open(self, taking, open_client, status, code, kind):
        """No asset was made, and the error doesn't suggest one."""
        server = taking(error(status, code))
        with pytest.raises(kind, match=f"^The upload: HTTP {status} {code}") as caught:
            open_client(base_url=server.url)("upload", PNG)
        assert "may exist" not in str(caught.value)
        assert len(server.seen) == 1

    def test_a_kept_connection_that_ends_is_no_reason_to_send_it_twice(
        self, serve, open_own_client
    ):
        """An upload has a connection of its own, so it never meets one that has just ended."""
        seen = []

        def close_after_one(connection):
            seen.append(upload_from(connection))
            connection.sendall(CREATED)
            connection.recv(1)

        client = open_own_client(base_url=serve(close_after_one).url)
        for _ in range(3):
            client("upload", PNG)
        assert [body for _, body in seen] == [PNG] * 3


class TestEarlyAnswers:
    """A server may answer while the file is still being sent, and close."""

    @pytest.mark.parametrize("way", ["closes", "resets", "stays"])
    def test_the_answer_is_told_and_not_a_broken_pipe(self, serve, open_own_client, way):
        """Whatever the server does with the connection afterwards."""
        done = threading.Event()

        def refuse(connection):
            request_from(connection)
            connection.sendall(error(413, "FILE_TOO_LARGE"))
            if way == "stays":
                done.wait(10)
            if way == "resets":
                reset = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)

        server = serve(refuse)
        with pytest.raises(babou.FileTooLargeError):
            open_own_client(base_url=server.url)("upload", LARGE)
        done.set()

    def test_also_over_tls(self, serve, open_own_client, trusted_authority):
        """TLS brings bytes of its own meanwhile, which are no answer."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trusted_authority.issue_cert("127.0.0.1").configure_cert(context)
        done = threading.Event()

        @contextlib.contextmanager
        def wrap(connection):
            with context.wrap_socket(connection, server_side=True) as wrapped:
                yield wrapped

        def refuse(connection):
            request_from(connection)
            connection.sendall(error(401, "UNAUTHORIZED"))
            done.wait(10)

        server = serve(refuse, wrap=wrap)
        with pytest.raises(babou.AuthenticationError):
            open_own_client(base_url=server.url.replace("http:", "https:"))("upload", LARGE)
        done.set()

    def test_a_whole_upload_over_tls(self, serve, open_own_client, trusted_authority):
        """Nothing but an answer ends it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trusted_authority.issue_cert("127.0.0.1").configure_cert(context)
        seen = []

        def take(connection):
            seen.append(upload_from(connection)[1])
            connection.sendall(CREATED)

        server = serve(take, wrap=lambda c: context.wrap_socket(c, server_side=True))
        client = open_own_client(base_url=server.url.replace("http:", "https:"))
        assert client("upload", LARGE).id == "ast_new"
        assert seen == [LARGE]

    def test_an_alert_of_tls_ends_it(self, serve, open_own_client, trusted_authority):
        """The server's reason is told at once, though its connection stays open."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trusted_authority.issue_cert("127.0.0.1").configure_cert(context)
        done = threading.Event()

        def give_up(connection):
            alert_after(b"", context, connection)
            done.wait(10)

        url = serve(give_up).url.replace("http:", "https:")
        with pytest.raises(babou.APIConnectionError, match="ALERT_BAD_RECORD_MAC"):
            open_own_client(base_url=url, max_retries=0)("upload", LARGE)
        done.set()

    def test_an_informational_answer_is_not_the_answer(self, serve, open_own_client):
        """RFC 9110, 15.2: 100 and 102 come before it."""
        seen = []

        def take(connection):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            seen.append(upload_from(connection)[1])
            connection.sendall(CREATED)

        assert open_own_client(base_url=serve(take).url)("upload", LARGE).id == "ast_new"
        assert seen == [LARGE]

    def test_a_server_that_only_goes_away_leaves_it_open(self, serve, open_client):
        """There is no answer to tell."""

        def leave(connection):
            request_from(connection)

        with pytest.raises(babou.APIConnectionError, match=MAY_EXIST):
            open_client(base_url=serve(leave).url)("upload", LARGE)


class TestTime:
    """The deadline bounds it, and a stalled upload ends."""

    @pytest.mark.parametrize(
        ("options", "arguments", "words"),
        [
            ({"timeout": 0.4}, {}, "nothing moved for 0.4 s"),
            ({}, {"timeout": 1.5}, r"within 1\.\d+ s"),  # time to begin on a busy machine
        ],
        ids=["stall", "deadline"],
    )
    @pytest.mark.parametrize("data", [LARGE, PNG], ids=["sending", "answering"])
    def test_a_server_that_takes_nothing_more_is_given_up(
        self, serve, open_client, options, arguments, words, data
    ):
        """In the middle of the file as after its end."""
        done = threading.Event()

        def hold(connection):
            request_from(connection)
            done.wait(20)

        with pytest.raises(babou.APITimeoutError, match=words) as caught:
            open_client(base_url=serve(hold).url, **options)("upload", data, **arguments)
        assert "may exist" in str(caught.value)
        done.set()

    def test_a_slow_upload_that_moves_is_not_given_up(self, serve, open_client):
        """Each piece that is taken counts; the client's timeout is for a pause."""
        paused = []

        def slowly(connection):
            first, pause = 1 << 23, threading.Event()
            drained(connection, 4 * len(LARGE), lambda took: took < first and rest(pause))
            connection.sendall(CREATED)

        def rest(pause):
            paused.append(pause.wait(0.05))

        server = serve(slowly)
        assert open_client(base_url=server.url, timeout=1.0)("upload", LARGE * 4).id == "ast_new"
        assert len(paused) * 0.05 > 1.0

    def test_a_pipe_that_gives_nothing_ends_at_the_deadline(self, open_client):
        """It is read before anything is sent."""
        reading, writing = os.pipe()
        with open(reading, "rb") as file, open(writing, "wb") as other:  # noqa: PTH123
            with pytest.raises(babou.APITimeoutError, match="Nothing was sent"):
                open_client()("upload", file, timeout=0.2)
            other.close()


class TestOpenFiles:
    """A file that the caller opened is put back to where it stood."""

    @pytest.mark.parametrize("answer", [CREATED, error(500, "UPLOAD_FAILED"), b""])
    def test_it_can_be_uploaded_again(self, taking, open_client, answer):
        """So a caller who tries again after an error sends the same bytes, and not the rest."""
        server = taking(answer, CREATED)
        client = open_client(base_url=server.url, timeout=2)
        file = io.BytesIO(b"head" + LARGE)
        file.seek(4)
        with contextlib.suppress(babou.BabouError):
            client("upload", file)
        assert file.tell() == 4
        client("upload", file)
        assert [body for _, body in server.seen] == [LARGE, LARGE]

    def test_also_after_no_connection(self, open_client):
        """Its first bytes were read, to tell the type."""
        file = io.BytesIO(LARGE)
        with socket.create_server(("127.0.0.1", 0)) as closed:
            url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(babou.APIConnectionError):
            open_client(base_url=url, max_retries=0)("upload", file)
        assert file.tell() == 0

    def test_one_at_its_end_is_told_as_that(self, client):
        """A file just written stands there."""
        file = io.BytesIO()
        file.write(PNG)
        with pytest.raises(babou.UploadError, match=f"stands at byte {len(PNG)}, .* seek.0. first"):
            client("upload", file)

    def test_it_is_uploaded_once_at_a_time(self, taking, open_client):
        """Two uploads would move its one position, and each would send some of the bytes."""
        server = taking(CREATED, CREATED)
        client, other = open_client(base_url=server.url), open_client(base_url=server.url)
        file, refused = io.BytesIO(LARGE), []

        def again(*_):
            if not refused:
                thread = threading.Thread(target=upload_once_more)
                thread.start()
                thread.join()

        def upload_once_more():
            with pytest.raises(babou.ConfigurationError, match="uploaded already") as caught:
                other("upload", file)
            refused.append(caught.value)

        client("upload", file, on_progress=again)
        client("upload", file)
        assert len(refused) == 1
        assert [body for _, body in server.seen] == [LARGE, LARGE]

    def test_one_that_tells_no_size_is_read_for_it(self, taking, open_client):
        """As a device does."""

        class Device(io.BytesIO):
            def seek(self, *_):
                return 0

        server = taking()
        open_client(base_url=server.url)("upload", Device(PNG))
        assert [body for _, body in server.seen] == [PNG]


class TestFiles:
    """Bad files are refused before a byte is sent."""

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("missing.png", "can't be read: No such file or directory"),
            (".", "can't be read: Is a directory"),
            ("empty.png", "the file is empty"),
            ("a\0b", "can't be read: embedded null"),
            ("text.txt", r"neither its first bytes nor its name .*: video/mp4, .*content_type="),
        ],
    )
    def test_an_unusable_path_is_an_error_with_its_name(self, client, tmp_path, name, words):
        """It says what is wrong, and what to do."""
        (tmp_path / "empty.png").touch()
        (tmp_path / "text.txt").write_text("text")
        with pytest.raises(babou.UploadError, match=words) as caught:
            client("upload", tmp_path / name)
        assert repr(str(tmp_path / name)) in str(caught.value)

    @pytest.mark.parametrize("given", [3, None, ["a.png"], object()])
    def test_what_is_no_file_is_refused(self, client, given):
        """A path, bytes or a binary file."""
        with pytest.raises(babou.ConfigurationError, match="upload takes a path, bytes or a file"):
            client("upload", given)

    def test_a_text_file_is_refused(self, client):
        """Its characters are not its bytes."""
        with pytest.raises(babou.ConfigurationError, match="gives str in the place of bytes"):
            client("upload", io.StringIO("<svg>"))

    def test_a_closed_file_is_refused(self, client):
        """There is nothing to read."""
        file = io.BytesIO(PNG)
        file.close()
        with pytest.raises(babou.UploadError, match="closed file"):
            client("upload", file)

    @pytest.mark.parametrize("kind", ["path", "bytes", "pipe"])
    def test_more_than_100_mb_is_refused_before_a_byte_is_sent(self, client, tmp_path, kind):
        """D22: as the same class as the server's own refusal."""

        class Endless(io.RawIOBase):
            def readable(self):
                return True

            def readinto(self, buffer):
                return len(buffer)

        path = tmp_path / "large.png"
        with path.open("wb") as file:
            file.truncate((100 << 20) + 1)
        given = {"path": path, "bytes": bytes((100 << 20) + 1), "pipe": Endless()}[kind]
        with pytest.raises(babou.FileTooLargeError, match="was not sent") as caught:
            client("upload", given)
        assert (caught.value.status_code, caught.value.code) == (413, "FILE_TOO_LARGE")

    @pytest.mark.parametrize("change", [-1, 1], ids=["shorter", "longer"])
    def test_a_file_that_changes_meanwhile_is_not_taken_for_whole(
        self, serve, open_client, tmp_path, change
    ):
        """The last byte is never sent, so that no asset can come of it."""
        path, lengths = tmp_path / "a.png", []
        path.write_bytes(LARGE)

        def take(connection):
            lengths.append(len(upload_from(connection)[1]))

        def grow(sent, _):
            if sent == 1 << 14:
                os.truncate(path, len(LARGE) + change)

        with pytest.raises(babou.UploadError, match="was changed while it was read"):
            open_client(base_url=serve(take).url)("upload", path, on_progress=grow)
        assert all(length < len(LARGE) for length in lengths)

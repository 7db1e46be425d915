"""Neither the key nor a signed URL gets into an error, a traceback or a log line.

The servers here repeat what they were sent wherever an answer has a place for it.
"""

import json
import logging
import pickle
import traceback
from urllib.parse import quote

import pytest
from raw_server import IMAGE, request_from

import babou

KEY = 'sk-bab-s3/+="key'
SIGNATURE = "X-Amz-Signature=0123456789abcdef"


def answer(status=200, *, body=b"{}", lines=()):
    head = [b"HTTP/1.1 %d X" % status, b"content-length: %d" % len(body), *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def error_body(text):
    return json.dumps({"error": text, "code": "VALIDATION_ERROR"}).encode()


def escaped(text):
    return "".join(f"\\u{ord(each):04X}" for each in text)


def everything(error):
    """Return all that can be seen of an error and of those behind it."""
    shown = "".join(traceback.format_exception(error)) + repr(vars(error))
    behind = error
    while behind is not None:
        shown += f"{behind!r} {behind.args}"
        behind = behind.__cause__ or behind.__context__
    return shown + repr(pickle.dumps(error))


PLACES = {
    "a header line that is none": answer(lines=[b"Bearer " + KEY.encode()]),
    "a status line that is none": b"Bearer " + KEY.encode() + b"\r\n\r\n",
    "the status": b"HTTP/1.1 " + KEY.encode() + b" OK\r\n\r\n",
    "the reason": b"HTTP/1.1 400 " + KEY.encode() + b"\r\ncontent-length: 0\r\n\r\n",
    "the length of a chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    + KEY.encode()
    + b"\r\n\r\n",
    "a header": answer(400, lines=[b"x-key: " + KEY.encode()]),
    "the content coding": answer(lines=[b"content-encoding: " + KEY.encode()]),
    "a URL in a header": answer(302, lines=[b"location: /?key=" + quote(KEY, "").encode()]),
    "a JSON text": answer(400, body=error_body(KEY)),
    "a JSON text with escaped slashes": answer(400, body=error_body(KEY).replace(b"/", b"\\/")),
    "a JSON text in escapes": answer(
        400, body=b'{"error": "%b", "code": "X"}' % escaped(KEY).encode()
    ),
    "a URL in a JSON text": answer(400, body=error_body(quote(KEY, ""))),
    "a member of a wrong type": answer(body=json.dumps({"id": IMAGE, "size": KEY}).encode()),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_key_that_an_answer_repeats_is_shown_nowhere(serve, open_client, caplog, place):
    """Also where the answer can't be read: the HTTP library's errors quote what came."""
    caplog.set_level(logging.DEBUG)

    def repeat(connection):
        request_from(connection)
        connection.sendall(PLACES[place])

    client = open_client(api_key=KEY, base_url=serve(repeat).url, max_retries=0)
    with pytest.raises(babou.BabouError) as caught:
        client("get", IMAGE)
    told = everything(caught.value) + caplog.text
    for secret in (KEY, repr(KEY)[1:-1], json.dumps(KEY)[1:-1], quote(KEY, ""), KEY[:11]):
        assert secret not in told


def test_an_error_tells_what_is_wrong_without_the_bytes(serve, open_client):
    """The library's words stay, and the place."""

    def repeat(connection):
        request_from(connection)
        connection.sendall(PLACES["a header line that is none"])

    url = serve(repeat).url
    client = open_client(api_key=KEY, base_url=url, max_retries=0)
    with pytest.raises(babou.APIConnectionError, match=f"{url}: illegal header line. Check"):
        client("get", IMAGE)


def test_bytes_around_a_key_stay_as_they_are(serve, open_client):
    """Only the key is replaced, so the rest of the document can still be read."""
    text = '\\ "C:\\\\key" é 100% /'

    def repeat(connection):
        request_from(connection)
        body = error_body(f"{text}{KEY}{text}")
        connection.sendall(answer(400, body=body))

    client = open_client(api_key=KEY, base_url=serve(repeat).url)
    with pytest.raises(babou.BadRequestError) as caught:
        client("get", IMAGE)
    assert caught.value.message == f"{text}***{text}"


@pytest.mark.parametrize(
    "told",
    [b"location http://127.0.0.1/?%b", b"location: http://127.0.0.1:9/?%b"],
    ids=["in a line that is none", "in a redirect"],
)
def test_a_signed_url_that_a_storage_repeats_is_shown_nowhere(
    server, serve, open_client, caplog, tmp_path, told
):
    """Its query is a credential of its own."""
    caplog.set_level(logging.DEBUG)

    def storage(connection):
        request_from(connection)
        connection.sendall(answer(307, lines=[told % SIGNATURE.encode()]))

    asset_id = server.add(url=f"{serve(storage).url}/file?{SIGNATURE}", state="ready")
    with pytest.raises(babou.DownloadError) as caught:
        open_client(max_retries=0)("download", asset_id, tmp_path / "file")
    assert SIGNATURE not in everything(caught.value) + caplog.text


def test_httpcore_and_httpx_still_log_what_is_not_ours(server, caplog):
    """What is left out is left out of this package's requests only."""
    import httpx

    caplog.set_level(logging.DEBUG)
    httpx.get(f"{server.base_url}/?{SIGNATURE}")
    assert f'GET {server.base_url}/?{SIGNATURE} "HTTP' in caplog.text
    assert "receive_response_headers.complete return_value=" in caplog.text

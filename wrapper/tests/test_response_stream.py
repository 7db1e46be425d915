"""`ResponseStream.read`: a transport of the caller's makes a whole answer of a stream with it."""

import asyncio
import gzip

import pytest

import babou
from babou import Response, ResponseStream

MEBIBYTE = 1 << 20
GZIP = {"content-encoding": "gzip"}


def read(status, headers, *chunks):
    """Read a stream synchronously; a chunk may be an error."""

    def given():
        for chunk in chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    return ResponseStream(status, headers, given()).read()


def aread(status, headers, *chunks):
    """Do the same asynchronously."""

    async def given():
        for chunk in chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    return asyncio.run(ResponseStream(status, headers, given()).aread())


@pytest.fixture(params=[read, aread])
def whole(request):
    return request.param


def test_the_chunks_are_put_together(whole):
    """Status and headers are those of the stream."""
    assert whole(404, {"etag": "1"}, b"ab", b"c") == Response(404, {"etag": "1"}, b"abc")


def test_gzip_is_undone(whole):
    """Wherever it is cut."""
    packed = gzip.compress(b"text")
    assert whole(200, GZIP, packed[:7], packed[7:]).body == b"text"


@pytest.mark.parametrize(
    ("headers", "chunk", "says"),
    [
        ({}, bytes(MEBIBYTE + 1), "a larger one"),
        (GZIP, gzip.compress(bytes(MEBIBYTE + 1)), "a larger one"),
        (GZIP, gzip.compress(b"text")[:-1], "cut off"),
        (GZIP, b"not gzip", "a gzip body"),
        ({"content-encoding": "br"}, b"x", "received br"),
    ],
    ids=["large", "large unpacked", "cut off", "no gzip", "another coding"],
)
def test_what_cannot_be_read_is_an_error_but_of_an_error_status(whole, headers, chunk, says):
    """The status of an error says enough."""
    with pytest.raises(babou.APIResponseValidationError, match=says):
        whole(200, headers, chunk)
    assert len(whole(500, headers, chunk).body) <= MEBIBYTE


def test_a_body_that_breaks_off_is_an_error_but_of_an_error_status(whole):
    """What came of it is kept; a deadline is a deadline."""
    with pytest.raises(babou.APIConnectionError):
        whole(200, {}, b"ab", babou.APIConnectionError("cut"))
    assert whole(500, {}, b"ab", babou.APIConnectionError("cut")).body == b"ab"
    with pytest.raises(babou.APITimeoutError):
        whole(500, {}, b"ab", babou.APITimeoutError("late"))


class LibraryError(Exception):
    """Of an HTTP library."""


def test_an_exception_of_a_library_breaks_a_body_off_too(whole):
    """A mistake in the transport's code is none of the network."""
    assert whole(500, {}, b"ab", LibraryError()).body == b"ab"
    for status, error in ((200, LibraryError), (500, TimeoutError), (500, TypeError)):
        with pytest.raises(error):
            whole(status, {}, b"ab", error())

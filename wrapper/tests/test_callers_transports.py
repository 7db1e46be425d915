"""What becomes of what a transport of the caller's raises and returns."""

import asyncio
import builtins
import contextlib
import http
import io
import json
import pickle
import traceback
from urllib.parse import quote

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from strategies import DOCUMENT, ID, KEY, asset

import babou
from babou import Response, ResponseStream
from babou._storage.uploads import content_of

SIGNATURE = "X-Expires=60&X-Signature=abc+DEF/0123456789%3D"
SIGNED = asset(url=f"https://user:password@files.example/f.png?{SIGNATURE}", size=None)
PAGE = {"assets": [DOCUMENT], "pagination": {"total": 1, "limit": 1, "offset": 0}}
CALLS = {"get": (ID,), "upload": (b"GIF89a...",), "list": (), "download": (SIGNED,)}


class Plugged:
    """A synchronous transport that does as it is told with each request."""

    def __init__(self, do):
        self.do, self.asked = do, 0

    def send(self, request, **_limits):
        self.asked += 1
        for _ in request.content or ():
            pass
        return self.do(request)

    @contextlib.contextmanager
    def stream(self, request, **_limits):
        self.asked += 1
        yield self.do(request)


class AsyncPlugged(Plugged):
    """Its asynchronous sibling."""

    async def send(self, request, **_limits):
        self.asked += 1
        if request.content is not None:
            async for _ in request.content:
                pass
        return self.do(request)

    @contextlib.asynccontextmanager
    async def stream(self, request, **_limits):
        self.asked += 1
        answer = self.do(request)
        if isinstance(answer, ResponseStream):
            answer = evolve(answer, chunks=later(answer.chunks))
        yield answer


async def later(chunks):
    for chunk in chunks:
        yield chunk


def call(method, transport, *, retries=0, into=None, **options):
    """Call a method of a client that never pauses."""
    client = babou.Client(KEY, transport=transport, max_retries=retries)
    runner = evolve(client._runner, sleep=lambda _: None)
    assets = type(client.assets)(runner, client._options)
    return finished(method, assets, into, options, list)


def acall(method, transport, *, retries=0, into=None, **options):
    """Do the same asynchronously."""

    async def main():
        async def no_pause(_):
            pass

        async def listed(result):
            return [each async for each in result]

        client = babou.AsyncClient(KEY, transport=transport, max_retries=retries)
        runner = evolve(client._runner, sleep=no_pause)
        assets = type(client.assets)(runner, client._options)
        return await finished(method, assets, into, options, listed)

    return asyncio.run(main())


def finished(method, assets, into, options, listed):
    arguments = CALLS[method]
    if method == "download":
        arguments = (*arguments, io.BytesIO() if into is None else into)
    result = getattr(assets, method)(*arguments, **options)
    return listed(result) if method == "list" else result


KINDS = {"sync": (call, Plugged), "async": (acall, AsyncPlugged)}


@pytest.fixture(params=KINDS)
def plug(request):
    """Return what calls a method over a transport, and the class of such transports."""
    return KINDS[request.param]


def answered(request):
    """Return a right answer."""
    if request.url == SIGNED.url:
        return ResponseStream(200, {}, [b"bytes"])
    body = PAGE if request.method == "GET" and "?" in request.url else DOCUMENT
    return Response(200, {}, json.dumps(body).encode())


def raising(error):
    def do(_request):
        raise error

    return do


class LibraryTimeoutError(TimeoutError):
    """Such as aiohttp's ServerTimeoutError."""


class LibraryError(Exception):
    """Of a library."""


def caught_in(method, error):
    """Return the error that tells of the transport's: a download has one of its own."""
    if method != "download" or isinstance(error, babou.ConfigurationError):
        return error
    assert type(error) is babou.DownloadError
    return error.__cause__


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError("late"), babou.APITimeoutError),
        (LibraryTimeoutError("late"), babou.APITimeoutError),
        (LibraryError("cut"), babou.APIConnectionError),
        (OSError("cut"), babou.APIConnectionError),
        (ValueError("cut"), babou.APIConnectionError),
        (TypeError("odd value"), babou.ConfigurationError),
        (KeyError("odd value"), babou.ConfigurationError),
        (NotImplementedError("odd value"), babou.ConfigurationError),
    ],
    ids=lambda value: getattr(value, "__name__", None) or type(value).__name__,
)
def test_an_exception_becomes_one_of_ours(plug, method, error, kind):
    """It names the class and not the text; the exception is its cause."""
    ask, transport = plug
    with pytest.raises(babou.BabouError) as caught:
        ask(method, transport(raising(error)))
    told = caught_in(method, caught.value)
    assert type(told) is kind
    assert type(error).__name__ in str(caught.value)
    assert str(error) not in str(caught.value)
    assert told.__cause__ is error
    assert pickle.loads(pickle.dumps(caught.value)).args == caught.value.args  # noqa: S301 (ours)


@pytest.mark.parametrize("method", ["get", "list", "download"])
def test_a_broken_connection_is_tried_again_and_a_mistake_is_not(plug, method):
    """A mistake would only be made again; an upload may have been taken."""
    ask, kind = plug
    for error, asked in ((LibraryError(), 3), (TimeoutError(), 3), (AttributeError(), 1)):
        transport = kind(raising(error))
        with pytest.raises(babou.BabouError):
            ask(method, transport, retries=2)
        assert transport.asked == asked


def test_what_a_transport_raises_of_ours_is_not_changed(plug):
    """Its own words, without the key."""
    ask, kind = plug
    for ours in (babou.APIConnectionError, babou.ClientClosedError, babou.NotFoundError):
        error = ours.__new__(ours)
        error.args = (f"the server says {KEY}",)
        with pytest.raises(ours, match=r"the server says \*\*\*"):
            ask("get", kind(raising(error)))


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("method", CALLS)
def test_what_ends_a_program_passes(method, end):
    """Nobody takes Ctrl-C for a broken connection."""
    with pytest.raises(end):
        call(method, Plugged(raising(end())))


@pytest.mark.parametrize("method", CALLS)
def test_a_cancelled_task_ends_as_cancelled(method):
    """The event loop's exception passes."""
    with pytest.raises(asyncio.CancelledError):
        acall(method, AsyncPlugged(raising(asyncio.CancelledError())))


SPELLINGS = [str, quote, lambda text: quote(text, safe=""), lambda text: text.replace("/", "\\/")]
KINDS_OF_EXCEPTIONS = [
    kind
    for kind in vars(builtins).values()
    if isinstance(kind, type)
    and issubclass(kind, Exception)
    and not issubclass(kind, BaseExceptionGroup)
]


def odd(kind, text):
    """Return an exception of any class, with a text."""
    members = {"__init__": lambda _: None, "__str__": lambda _: text}
    return type("OddError", (kind,), members)()


@given(
    kind=st.sampled_from([*KINDS_OF_EXCEPTIONS, LibraryError]),
    secret=st.sampled_from(
        [KEY, SIGNED.url, SIGNATURE, SIGNATURE[-12:], "user:password", KEY[:12]]
    ),
    spelled=st.sampled_from(SPELLINGS),
    method=st.sampled_from(sorted(CALLS)),
    which=st.sampled_from(sorted(KINDS)),
    is_chained=st.booleans(),
)
def test_only_our_errors_leave_and_they_show_no_secret(
    kind, secret, spelled, method, which, is_chained
):
    """Whatever a transport raises: neither the text nor the traceback has key or signed URL."""
    ask, transport = KINDS[which]
    is_known = (KEY[:8] in secret) == (method != "download")  # a storage isn't sent the key

    def do(_request):
        error = odd(kind, spelled(secret) if is_known else "")
        if is_chained:
            raise LibraryError from error
        raise error

    with pytest.raises(babou.BabouError) as caught:
        ask(method, transport(do))
    shown = "".join(traceback.format_exception(caught.value))
    assert spelled(secret) not in shown
    assert caught.value.__cause__ is not None
    if not issubclass(kind, StopIteration | StopAsyncIteration):  # generators replace these
        assert "in do" in shown  # where it was raised is told all the same


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_a_key_is_found_in_each_spelling(spelled):
    """One that is hardly a letter the same when it is percent-encoded."""
    key = "sk/bab/1/2+3/4+5/6+7"
    client = babou.Client(key, transport=Plugged(raising(LibraryError(spelled(key)))))
    with pytest.raises(babou.APIConnectionError) as caught:
        client.with_options(max_retries=0).assets.get(ID)
    assert spelled(key) not in "".join(traceback.format_exception(caught.value))


def test_text_without_a_secret_is_told(plug):
    """A mistake is found by its traceback."""
    ask, transport = plug
    for method in CALLS:
        with pytest.raises(babou.ConfigurationError) as caught:
            ask(method, transport(raising(TypeError("no method 'reed'"))))
        assert "TypeError: no method 'reed'" in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("position", ["piece", "end"])
def test_a_download_that_breaks_off_goes_on(plug, position):
    """Wherever in a stream the exception is raised."""
    ask, kind = plug
    into, asked = io.BytesIO(), []

    def chunks(request):
        asked.append(request.headers.get("range"))
        yield b"first "[len(into.getvalue()) :]
        if len(asked) == 1 and position == "piece":
            raise LibraryError
        yield b"second"
        if len(asked) == 1:
            raise LibraryError

    def do(request):
        first = int(request.headers.get("range", "bytes=0-")[6:-1])
        headers = {"etag": '"1"', "content-range": f"bytes {first}-11/12"}
        if not first:
            return ResponseStream(200, {"etag": '"1"', "content-length": "13"}, chunks(request))
        return ResponseStream(206, headers | {"content-range": f"bytes {first}-12/13"}, rest(first))

    def rest(first):
        asked.append(first)
        yield b"first second!"[first:]

    ask("download", kind(do), retries=1, into=into)
    assert into.getvalue() == b"first second!"
    assert asked == [None, 6 if position == "piece" else 12]


class FullError(Exception):
    """Of the caller's own code, not of the transport."""


def fail(*_):
    raise FullError


class Full(io.BytesIO):
    """A file of the caller's that raises what no file does."""

    write = fail


class Unwound(io.BytesIO):
    """A file that can't be cut off at first."""

    is_cut = False

    def truncate(self, size=None):
        if self.is_cut:
            return super().truncate(size)
        self.is_cut = True
        raise FullError


class Changing(Plugged):
    """A transport that raises another exception in place of one that goes through it."""

    @contextlib.contextmanager
    def stream(self, request, **_limits):
        try:
            yield self.do(request)
        except FullError:
            raise LibraryError from None

    def send(self, request, **_limits):
        try:
            return super().send(request)
        except FullError:
            raise LibraryError from None


@pytest.mark.parametrize("transport", [Plugged, AsyncPlugged, Changing])
def test_an_exception_of_the_callers_own_code_stays_what_it_is(transport):
    """That of `on_progress` and of a file; a transport that hears of it changes nothing."""
    ask = acall if transport is AsyncPlugged else call
    for method in ("download", "upload"):
        with pytest.raises(FullError):
            ask(method, transport(answered), on_progress=fail)
    with pytest.raises(FullError):
        ask("download", transport(answered), into=Full())
    cut = iter([[b"1", odd_chunk], [b"12"]])

    def do(_request):
        return ResponseStream(200, {}, map(raised, next(cut)))

    with pytest.raises(FullError):
        ask("download", transport(do), into=Unwound(), retries=1)


def odd_chunk():
    raise LibraryError


def raised(chunk):
    return chunk() if callable(chunk) else chunk


def test_a_failure_of_one_attempt_is_not_that_of_the_next(plug):
    """The error of a broken body is not told where the next attempt breaks in another way."""
    ask, kind = plug
    bodies = iter([[b"more than was announced"], map(raised, [odd_chunk])])

    def do(_request):
        return ResponseStream(200, {"content-length": "4"}, next(bodies))

    with pytest.raises(babou.DownloadError, match="LibraryError"):
        ask("download", kind(do), retries=1)


def test_a_file_that_failed_once_can_be_read_again():
    """The error of an earlier attempt is not that of the last one."""
    with contextlib.closing(content_of(b"GIF89a...", None)) as content:
        with pytest.raises(FullError):
            list(content.pieces(fail))
        assert type(content.error) is FullError
        assert b"".join(content.pieces(max)) == b"GIF89a..."
        assert content.error is None


def test_an_upload_that_stands_still_says_so(monkeypatch):
    """Over any transport that ends when its `cancel` is set, whatever it raises then."""

    class Looking(Plugged):
        def send(self, request, *, cancel, **_limits):
            monkeypatch.setattr(type(cancel), "is_set", lambda _: True)
            raise self.do(request)

    for error, kind, says in (
        (LibraryError, babou.APITimeoutError, "nothing moved for"),
        (TypeError, babou.ConfigurationError, "TypeError"),
    ):
        with pytest.raises(kind, match=says):
            call("upload", Looking(lambda _request, error=error: error()))


RESPONSES = {
    "None": (lambda: None, "babou.Response, received NoneType"),
    "status and body": (lambda: (200, b"{}"), "babou.Response, received tuple"),
    "a stream": (lambda: ResponseStream(200, {}, []), "babou.Response, received ResponseStream"),
    "status text": (lambda: Response("200", {}, b""), "a status that is an int, received str"),
    "status 99": (lambda: Response(99, {}, b""), "from 100 to 999, received 99"),
    "status 1000": (lambda: Response(1000, {}, b""), "from 100 to 999, received 1000"),
    "body text": (lambda: Response(200, {}, "{}"), "a body of bytes, received str"),
    "no body": (lambda: Response(200, {}, None), "a body of bytes, received NoneType"),
    "no headers": (lambda: Response(200, None, b""), "mapping or as pairs, received NoneType"),
    "header lines": (lambda: Response(200, ["a: b"], b""), "mapping or as pairs, received list"),
    "bytes": (lambda: Response(200, [(b"a", b"b")], b""), "headers of text, received bytes"),
    "number": (lambda: Response(200, {"age": 1}, b""), "headers of text, received int"),
}
STREAMS = {
    "None": (lambda: None, "babou.ResponseStream, received NoneType"),
    "an answer": (lambda: Response(200, {}, b""), "babou.ResponseStream, received Response"),
    "status text": (lambda: ResponseStream("200", {}, []), "a status that is an int, received str"),
    "status 99": (lambda: ResponseStream(99, {}, []), "from 100 to 999, received 99"),
    "headers": (lambda: ResponseStream(200, {"a": 1}, []), "headers of text, received int"),
    "text": (lambda: ResponseStream(200, {}, ["text"]), "pieces of bytes, received str"),
    "numbers": (lambda: ResponseStream(200, {}, b"text"), "pieces of bytes, received int"),
}


@pytest.mark.parametrize("method", ["get", "upload", "list"])
@pytest.mark.parametrize("given", RESPONSES)
def test_an_odd_answer_is_refused_with_what_was_expected(plug, method, given):
    """And not asked for again."""
    ask, kind = plug
    make, says = RESPONSES[given]
    transport = kind(lambda _request: make())
    with pytest.raises(babou.APIResponseValidationError, match=says):
        ask(method, transport, retries=2)
    assert transport.asked == 1


@pytest.mark.parametrize("given", STREAMS)
def test_an_odd_stream_is_refused_with_what_was_expected(plug, given):
    """A download names the asset and the storage."""
    ask, kind = plug
    make, says = STREAMS[given]
    transport = kind(lambda _request: make())
    with pytest.raises(babou.DownloadError, match=rf"^Asset '{ID}' was not .*{says}\.$"):
        ask("download", transport, retries=2)
    assert transport.asked == 1


@pytest.mark.parametrize("chunk", [b"text", bytearray(b"text"), memoryview(b"text")])
def test_whatever_has_bytes_is_a_piece(plug, chunk):
    """Of a download, and of an answer that is read whole."""
    ask, kind = plug
    into = io.BytesIO()
    ask("download", kind(lambda _request: ResponseStream(200, {}, [chunk])), into=into)
    assert into.getvalue() == b"text"
    assert ResponseStream(200, {}, [chunk]).read().body == b"text"


class Keeps:
    """A file of the caller's that only keeps what it is given."""

    def __init__(self):
        self.pieces = []
        self.write = self.pieces.append


def test_a_callers_file_gets_bytes_of_its_own(plug):
    """A transport may use the buffer of a piece again for the next one, as this package's do."""
    ask, kind = plug

    def chunks():
        buffer = bytearray(4)
        for piece in (b"some", b"more"):
            buffer[:] = piece
            yield memoryview(buffer)

    kept = Keeps()
    ask("download", kind(lambda _request: ResponseStream(200, {}, chunks())), into=kept)
    assert b"".join(kept.pieces) == b"somemore"


class Several:
    """Headers of a library: no Mapping, and `items` gives a pair for each line."""

    def __init__(self, pairs):
        self.items = lambda: iter(pairs)


@pytest.mark.parametrize("made", [Response, ResponseStream])
@pytest.mark.parametrize("form", [list, iter, tuple, Several])
def test_headers_are_given_in_any_form(made, form):
    """Pairs as they came, joined by the same rules as those of the client's own transports."""
    pairs = [("Vary", "a"), ("VARY", "b"), ("ETag", '"1"'), ("etag", '"1"')]
    assert made(200, form(pairs), b"").headers == {"vary": "a, b", "etag": '"1"'}
    assert made(http.HTTPStatus.OK, {"ETag": '"1"'}, b"").headers == {"etag": '"1"'}
    twice = [("ETag", '"1"'), ("ETag", '"2"'), ("Age", "1")]
    with pytest.raises(babou.APIConnectionError, match="several different etag headers"):
        made(200, form(twice), b"")
    assert made(500, form(twice), b"").headers == {"age": "1"}


def test_headers_in_any_case_are_read(plug):
    """The pause that the server asks for, the longer of two."""
    ask, kind = plug
    headers = [("Retry-After", "3"), ("RETRY-AFTER", "7"), ("Content-Type", "text/html")]
    with pytest.raises(babou.RateLimitError, match="text/html") as caught:
        ask("get", kind(lambda _request: Response(429, headers, b"")))
    assert caught.value.retry_after == 7.0

"""What is asked of a storage, and what its answers mean: no storage, no file."""

import gzip
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DOCUMENT

from babou._core.content import content_range, source_url
from babou._core.download import MAX_REDIRECTS, Plan
from babou._core.operations import Asset
from babou._errors import APIConnectionError, APITimeoutError, DownloadError

DATA = bytes(range(10))
ETAG = {"etag": '"v1"'}


def plan_of(size=None, max_retries=1):
    return Plan(
        asset_id="ast_1",
        url="https://storage.test/file",
        size=size,
        max_retries=max_retries,
        longest_pause=30.0,
        random=lambda: 0.5,
    )


def whole(body=DATA, **headers):
    return 200, {"content-length": str(len(body)), **ETAG, **headers}, body


def part(first, last, total="10", body=None, **headers):
    body = DATA[first : last + 1] if body is None else body
    return 206, {"content-range": f"bytes {first}-{last}/{total}", **ETAG, **headers}, body


def unreachable():
    raise APIConnectionError("refused")


def play(plan, *answers):
    """Carry out a download like a runner; return what is stored and the ranges asked for."""
    return carry_out(plan, answers)


def carry_out(plan, answers):
    """Do the same with any iterable; an answer is status, headers, body, or None if none came."""
    stored, ranges = bytearray(), []
    for answer in answers:
        ranges.append(plan.request().headers.get("range"))
        try:
            status, headers, body = answer or unreachable()
            if not plan.accept(status, headers, 0.0):
                continue
            del stored[plan.offset :]
            for piece in plan.pieces(body):
                stored += piece
                plan.stored(len(piece))
            plan.body_ended()
        except APIConnectionError as error:
            plan.failed(error, left=1.0)
        if plan.is_whole:
            break
    return bytes(stored), ranges


lengths = st.integers(0, 12)
bodies = lengths.map(bytes)
headers = st.fixed_dictionaries(
    {},
    optional={
        "content-length": lengths.map(str) | st.just("x"),
        "content-range": st.builds(
            "bytes {}-{}/{}".format, lengths, lengths, lengths | st.just("*")
        )
        | st.builds("bytes */{}".format, lengths),
        "etag": st.sampled_from(['"v1"', '"v2"', 'W/"v1"', "v1"]),
        "content-encoding": st.sampled_from(["gzip", "br", "identity"]),
        "content-type": st.sampled_from(["video/mp4", "multipart/byteranges; boundary=x"]),
        "location": st.sampled_from(["https://other.test/file", "http://x.test/", "//[", "/file"]),
        "retry-after": st.sampled_from(["0", "1", "99"]),
    },
)
statuses = st.sampled_from([200, 206, 302, 307, 403, 412, 416, 429, 503])
answers = st.none() | st.tuples(statuses, headers, bodies)


class TestAnyStorage:
    """Whatever a storage answers, for ever, a download ends."""

    @given(
        answers=st.lists(answers, min_size=1, max_size=6),
        size=st.none() | lengths,
        max_retries=st.integers(0, 3),
    )
    def test_the_number_of_requests_is_bounded(self, answers, size, max_retries):
        """A function of max_retries, and of the bytes that were never stored before."""
        plan, requests, furthest = plan_of(size, max_retries), 0, 0

        def counted():
            nonlocal requests, furthest
            for answer in itertools.cycle(answers):
                furthest = max(furthest, plan.offset)
                requests += 1
                assert requests <= 2 * (MAX_REDIRECTS + 1) * (max_retries + 1) * (furthest + 12 + 1)
                yield answer

        try:
            stored, _ = carry_out(plan, counted())
        except DownloadError:
            return
        assert plan.is_whole
        assert size is None or len(stored) == size
        assert plan.total is None or len(stored) == plan.total

    @given(answers=st.lists(answers, min_size=1, max_size=6), size=st.none() | lengths)
    def test_what_is_kept_is_never_longer_than_what_is_wanted(self, answers, size):
        """A part that could not be resumed would make every later call fail."""
        plan = plan_of(size)
        try:
            play(plan, *answers * 4)
        except DownloadError:
            if plan.is_resumable:
                assert plan_of(size).resume(plan.offset, plan.validator)


class TestRanges:
    """RFC 9110, 15.3.7: a 206 may bring less than was asked for."""

    @pytest.mark.parametrize("size", [None, 10])
    def test_a_short_206_is_followed_by_the_next_range(self, size):
        """The whole is what Content-Range named, also where the asset has no size."""
        cut = (200, {"content-length": "10", **ETAG}, DATA[:4])
        stored, ranges = play(plan_of(size), cut, part(4, 6), part(7, 9))
        assert (stored, ranges) == (DATA, [None, "bytes=4-", "bytes=7-"])

    def test_a_206_of_unknown_total_ends_where_a_416_says_so(self):
        """`*` leaves the end open; the storage tells it when nothing comes after."""
        plan = plan_of()
        plan.resume(4, '"v1"')
        end = (416, {"content-range": "bytes */10", **ETAG}, b"")
        stored, ranges = play(plan, part(4, 9, "*"), end)
        assert ranges == ["bytes=4-", "bytes=10-"]
        assert (len(stored), plan.is_whole) == (6, True)

    @pytest.mark.parametrize(
        "odd",
        [
            part(5, 9),
            part(4, 9, "11"),
            (206, {"content-range": "bytes 4-9/10", "etag": '"v2"'}, DATA[4:]),
            (206, {"content-range": "nonsense", **ETAG}, DATA[4:]),
            part(4, 9, **{"content-encoding": "gzip"}),
            part(4, 9, **{"content-type": "multipart/byteranges; boundary=x"}),
            (412, {}, b""),
            (416, {"content-range": "bytes */7", **ETAG}, b""),
            (416, {"content-range": "bytes */4", "etag": '"v2"'}, b""),
        ],
    )
    def test_what_is_no_continuation_begins_again(self, odd):
        """The bytes of two files are never mixed."""
        cut = (200, {"content-length": "10", **ETAG}, DATA[:4])
        assert play(plan_of(), cut, odd, whole()) == (DATA, [None, "bytes=4-", None])

    def test_a_part_that_nobody_asked_for_is_refused(self):
        """Without a range in the request a 206 is no answer to it."""
        with pytest.raises(DownloadError, match="not asked for"):
            play(plan_of(), part(3, 9))

    def test_a_storage_without_etag_begins_again_after_a_short_part(self):
        """Bytes without a strong ETag can't be continued."""
        plan = plan_of()
        plan.resume(4, '"v1"')
        plan.validator = None
        assert not plan.accept(206, {"content-range": "bytes 4-x/10"}, 0.0)
        assert plan.offset == 0

    def test_parts_that_bring_nothing_new_are_failures(self):
        """A storage that goes round in circles is not followed."""
        cut = (200, {"content-length": "10", **ETAG}, DATA[:4])
        empty = (206, {"content-range": "bytes 4-4/10", **ETAG}, b"")
        with pytest.raises(DownloadError, match="broke off at byte 4"):
            play(plan_of(), cut, empty, empty, empty)

    def test_a_short_part_without_etag_is_not_asked_for_for_ever(self):
        """It cannot be continued, and comes again and again."""
        short = (206, {"content-range": "bytes 0-3/10"}, DATA[:4])
        with pytest.raises(DownloadError, match="sends nothing beyond byte 4"):
            play(plan_of(), short, short, short)

    def test_a_range_that_ends_before_it_begins_is_none(self):
        """RFC 9110, 14.4: such a Content-Range is invalid."""
        assert content_range({"content-range": "bytes 9-4/10"}) is None


class TestLengths:
    """Whole means: all that was announced, and the asset's size."""

    def test_more_bytes_than_announced_are_a_failure(self):
        """What follows belongs to something else."""
        long = (200, {"content-length": "4", **ETAG}, DATA)
        with pytest.raises(DownloadError, match="more bytes came than the storage"):
            play(plan_of(), long, long)

    def test_fewer_bytes_than_announced_are_a_failure(self):
        """A body that ends early is not the whole, whoever says that it ended."""
        short = (200, {"content-length": "10"}, DATA[:4])
        with pytest.raises(DownloadError, match="6 bytes too early"):
            play(plan_of(), short, short)

    def test_a_body_without_length_is_held_against_the_assets_size(self):
        """It may have been cut off without a sign."""
        with pytest.raises(DownloadError, match="4 bytes came, but the asset's size is 10"):
            play(plan_of(10), (200, {}, DATA[:4]), (200, {}, DATA[:4]))

    def test_a_storage_with_another_length_is_refused_at_once(self):
        """No byte of it is stored."""
        with pytest.raises(DownloadError, match="has 10 bytes, but the asset's size is 7"):
            play(plan_of(7), whole())

    def test_a_storage_that_asks_for_too_long_a_pause_is_not_waited_for(self):
        """No pause is longer than the client's timeout."""
        with pytest.raises(DownloadError, match="asks to wait 99 s"):
            play(plan_of(), (503, {"retry-after": "99"}, b""))


class TestTime:
    """When the time for all of it is up, the last error that says something is told."""

    def test_the_reason_for_no_answer(self):
        """Not only that the time is up, or that the last attempt had too little of it."""
        plan = plan_of(max_retries=5)
        play(plan, None, (503, {}, b""))
        told = str(plan.out_of_time())
        assert "The last error: the storage refused (HTTP 503). Raise timeout=" in told
        with pytest.raises(DownloadError) as caught:
            plan.failed(APITimeoutError("no whole answer within 0.2 s."), left=0.0)
        assert str(caught.value) == told

    def test_an_attempt_that_had_its_time_counts(self):
        """Then a timeout is an error like any other."""
        plan = plan_of(max_retries=5)
        plan.failed(APITimeoutError("no whole answer within 30 s."), left=9.0)
        assert "no whole answer within 30 s. Raise timeout=" in str(plan.out_of_time())

    def test_an_error_that_is_over_is_not_told(self):
        """Bytes came since."""
        plan = plan_of(max_retries=5)
        play(plan, None)
        assert "The last error: the transfer broke off at byte 0: refused." in str(
            plan.out_of_time()
        )
        play(plan, (206, {"content-range": "bytes 0-3/10", **ETAG}, DATA[:4]))
        assert "up at byte 4. Raise" in str(plan.out_of_time())


class TestCoding:
    """A coding that nobody asked for (RFC 9110, 8.4)."""

    def test_gzip_is_undone(self):
        """The file is the asset, not its coded form; several gzip members are one body."""
        coded = gzip.compress(DATA[:5]) + gzip.compress(DATA[5:])
        plan = plan_of(10)
        assert play(plan, whole(coded, **{"content-encoding": "gzip"}))[0] == DATA
        assert not plan.is_resumable

    @pytest.mark.parametrize("damage", [lambda body: body[:-4], lambda body: b"x" + body[1:]])
    def test_a_cut_or_broken_coding_is_never_resumed(self, damage):
        """Offsets count decoded bytes, and ranges encoded ones."""
        body = damage(gzip.compress(DATA))
        answer = (200, {"content-encoding": "gzip", **ETAG}, body)
        plan = plan_of()
        with pytest.raises(DownloadError, match="gzip coding is"):
            play(plan, answer, answer)
        assert not plan.is_resumable

    def test_an_asset_whose_size_is_that_of_the_coded_bytes_is_stored_as_it_is(self):
        """Such an asset is a gzip file itself."""
        coded = gzip.compress(DATA)
        answer = whole(coded, **{"content-encoding": "gzip"})
        assert play(plan_of(len(coded)), answer)[0] == coded

    def test_another_coding_is_refused(self):
        """It can't be undone here, and would be stored as the wrong bytes."""
        with pytest.raises(DownloadError, match="coded as 'br'"):
            play(plan_of(), whole(**{"content-encoding": "br"}))


@pytest.mark.parametrize(
    ("state", "advice"),
    [("processing", "Wait"), ("error", "Upload"), ("ready", "report it to Babou")],
)
def test_an_asset_without_url_says_what_to_do(state, advice):
    """A ready asset is not to be waited for."""
    found = Asset.from_dict({**DOCUMENT, "url": None, "state": state})
    with pytest.raises(DownloadError, match=advice):
        source_url(found)

"""What becomes of header lines, whichever transport received them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babou._core.messages import join_headers
from babou._core.retry import retry_after
from babou._errors import APIConnectionError

READ_BY = {
    "content-length": ("5", "6"),
    "etag": ('"a"', '"b"'),
    "content-range": ("bytes 0-1/2", "bytes 1-1/2"),
    "location": ("https://a.invalid/x", "https://b.invalid/y"),
}
ONE_VALUE = READ_BY | {
    "retry-after": ("2", "3"),
    "retry-after-ms": ("200", "300"),
    "content-type": ("application/json", "text/html"),
    "date": ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:38 GMT"),
    "x-request-id": ("1", "2"),
}


def test_names_are_in_lower_case_and_lists_are_joined():
    """RFC 9110, 5.3: several lines of a list are one list, in their order."""
    pairs = [("Vary", "a"), ("X-Thing", "1"), ("vary", "b"), ("VARY", "a")]
    assert join_headers(pairs) == {"vary": "a, b, a", "x-thing": "1"}


@pytest.mark.parametrize("name", ONE_VALUE)
@pytest.mark.parametrize("times", [2, 3])
def test_equal_values_count_once(name, times):
    """In several lines, in one that a gateway has joined, and in both."""
    value, _ = ONE_VALUE[name]
    assert join_headers([(name, value), (name.upper(), f" {value} ")][:times]) == {name: value}
    for comma in (", ", ","):
        line = comma.join([value] * times)
        assert join_headers([(name, line)]) == {name: value}
        assert join_headers([(name, line), (name, value)]) == {name: value}


@pytest.mark.parametrize("name", READ_BY)
@pytest.mark.parametrize("status", [200, 206, 302])
def test_different_values_that_an_answer_is_read_by_are_a_protocol_error(name, status):
    """Neither of them is right: length, range, validator and target can't be guessed."""
    first, second = READ_BY[name]
    for pairs in ([(name, first), (name, second)], [(name, f"{first}, {second}")]):
        with pytest.raises(APIConnectionError, match=f"several different {name} headers"):
            join_headers(pairs, status=status)


@pytest.mark.parametrize("name", READ_BY)
def test_error_keeps_its_status_and_its_retry_after(name):
    """What is wrong beside them does not make a 429 a broken connection."""
    first, second = READ_BY[name]
    pairs = [(name, first), ("Retry-After", "7"), (name, second)]
    assert join_headers(pairs, status=429) == {"retry-after": "7"}


@pytest.mark.parametrize("value", ['"a,b"', '"a, b"', 'W/"a"', '"a,a"', '"a, a"', '"a,b", "a,b"'])
def test_comma_in_a_value_is_no_list(value):
    """An entity tag may hold one (RFC 9110, 8.8.3)."""
    assert join_headers([("ETag", value)]) == {"etag": value.removesuffix(', "a,b"')}


@pytest.mark.parametrize("target", ["/a,b", "https://x.invalid/a,a?b=c,c", "/a, b"])
def test_comma_in_a_target_is_no_list(target):
    """A path may hold one (RFC 3986, 2.2)."""
    assert join_headers([("Location", target)]) == {"location": target}


def test_error_shows_no_value():
    """A target may be a presigned URL, which is a credential."""
    pairs = [("Location", "https://x.invalid/?sig=secret"), ("Location", "https://y.invalid/")]
    with pytest.raises(APIConnectionError) as caught:
        join_headers(pairs)
    assert "secret" not in str(caught.value)
    assert "x.invalid" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        (["2", "2"], 2.0),
        (["1", "2"], 2.0),
        (["2", "1"], 2.0),
        (["10", "9"], 10.0),
        (["soon", "4"], 4.0),
        (["4", "soon", "-3"], 4.0),
        (["Sun, 06 Nov 1994 08:49:47 GMT", "4"], 10.0),
        (["4", "Sun, 06 Nov 1994 08:49:47 GMT", "30"], 30.0),
        (["Sunday, 06-Nov-94 08:49:47 GMT", "Sun Nov  6 08:49:57 1994"], 20.0),
        (["soon", "later"], None),
    ],
)
def test_longest_pause_is_kept(values, seconds):
    """Of several, in several lines or in one, the server is asked again after the longest."""
    now = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT
    for pairs in (
        [("Retry-After", value) for value in values],
        [("Retry-After", ", ".join(values))],
    ):
        assert retry_after(join_headers(pairs, status=429), now) == seconds


@given(pairs=st.lists(st.tuples(st.sampled_from(sorted(ONE_VALUE)), st.text('ab," ', max_size=9))))
def test_any_lines_become_a_mapping_or_are_refused(pairs):
    """A mapping has each name once; of an error it always comes."""
    assert set(join_headers(pairs, status=500)) <= {name for name, _ in pairs}
    try:
        joined = join_headers(pairs)
    except APIConnectionError:
        assert {name for name, _ in pairs} & set(READ_BY)
    else:
        assert set(joined) == {name for name, _ in pairs}

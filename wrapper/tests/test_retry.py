"""What is tried again, and when: by numbers in a list."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import ID, answer, refusal

from babou._core.calls import outcome_of
from babou._core.retry import asked_pause, backoff, is_retryable, is_transient, pause, retry_after
from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    BabouError,
    InternalServerError,
    RateLimitError,
)

NOW = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110


@pytest.mark.parametrize("status", [408, 409, 429, 500, 501, 502, 503, 504, 520, 522, 527, 599])
def test_passing_statuses_may_be_tried_again(status):
    """D8, D11: 408, 409, 429, every 5xx, a CDN's 52x among them."""
    assert is_retryable(status)
    error = outcome_of(refusal(status), ID)
    assert error.retryable
    assert is_transient(error)


@given(status=st.integers(500, 999), body=st.binary())
def test_every_status_from_500_up_can_be_tried_again(status, body):
    """D8: a CDN's included, whatever its body."""
    assert is_retryable(status)
    error = outcome_of(answer(status, body), ID)
    assert isinstance(error, InternalServerError)
    assert is_transient(error)


@pytest.mark.parametrize("status", [103, 204, 302, 400, 401, 403, 404, 410, 413, 418, 422, 499])
def test_lasting_statuses_are_not_tried_again(status):
    """Not retried: 400, 401, 403, 404, and whatever else says that asking again is no use."""
    assert not is_retryable(status)
    error = outcome_of(refusal(status), ID)
    assert not error.retryable
    assert not is_transient(error)


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (APIConnectionError("x"), True),
        (APITimeoutError("x"), True),
        (BabouError("x"), False),
        (APIResponseValidationError("x", member=None, expected="", received=""), False),
    ],
)
def test_broken_connections_pass_and_wrong_answers_do_not(error, transient):
    """Connection errors and timeouts are tried again."""
    assert is_transient(error) is transient


@pytest.mark.parametrize(
    ("failures", "longest"),
    [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (6, 8.0), (50, 8.0), (5000, 8.0)],
)
def test_pauses_double_from_half_a_second_to_eight_with_full_jitter(failures, longest):
    """D11: 0.5 s doubling to 8 s; drawn from all of it, down to 0."""
    assert backoff(failures, lambda: 0.0) == 0.0
    assert backoff(failures, lambda: 0.5) == longest / 2
    assert backoff(failures, lambda: 1.0) == longest


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 2 "}, 2.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after-ms": "1500, 2500", "retry-after": "9"}, 2.5),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT"}, 10.0),
        ({"retry-after": "Sunday, 06-Nov-94 08:49:47 GMT"}, 10.0),
        ({"retry-after": "Sun Nov  6 08:49:47 1994"}, 10.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:47 -0000"}, 10.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:30 GMT"}, 0.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT", "date": "nonsense"}, 10.0),
        (
            {
                "retry-after": "Sun, 06 Nov 1994 09:49:47 GMT",
                "date": "Sun, 06 Nov 1994 09:49:37 GMT",
            },
            10.0,
        ),
        (
            {
                "retry-after": "Sun, 06 Nov 1994 09:49:47 GMT",
                "date": "Sun, 06 Nov 1994 09:49:39 GMT, Sun, 06 Nov 1994 09:49:37 GMT",
            },
            10.0,
        ),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers, seconds):
    """RFC 9110, 10.2.3: seconds or a date, held against the answer's own Date, else our clock."""
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_date_without_a_zone_is_utc_wherever_the_machine_stands(zone, monkeypatch):
    """RFC 9110, 5.6.7: asctime's format means UTC."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert retry_after({"retry-after": "Sun Nov  6 08:49:47 1994"}, NOW) == 10.0
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-1",
        "-0.5",
        "soon",
        "nan",
        "NaN",
        "inf",
        "1e3",
        "1_000",
        "٣",
        "0x10",
        "9" * 10,
        "9" * 5000,
        "2;3",
        "Sun, 99 Nov 1994 08:49:47 GMT",
        "Sun, 06 Nov 99999 08:49:47 GMT",
        "+2",
        ".",
    ],
)
@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
def test_garbage_is_ignored(name, value):
    """Negative, "soon", huge, NaN: as if the header weren't there."""
    assert retry_after({name: value}, NOW) is None


@given(value=st.text(), date=st.text())
def test_any_header_value_is_read_or_ignored(value, date):
    """No header can raise, or ask for less than nothing."""
    headers = {"retry-after": value, "retry-after-ms": value, "date": date}
    seconds = retry_after(headers, NOW)
    assert seconds is None or seconds >= 0


@given(asked=st.integers(0, 100), failures=st.integers(1, 20), chance=st.floats(0, 1))
def test_a_pause_is_never_shorter_than_the_server_asks(asked, failures, chance):
    """D11: the pause is the back-off, and at least what the server asks."""
    error = outcome_of(refusal(429, retry_after=str(asked)), ID)
    assert isinstance(error, RateLimitError)
    assert asked_pause(error) == asked
    assert pause(error, failures, lambda: chance) == max(asked, backoff(failures, lambda: chance))


def test_nothing_is_asked_where_no_header_says_so():
    """No header, no answer at all: no lower bound."""
    assert asked_pause(outcome_of(answer(500, b""), ID)) == 0.0
    assert asked_pause(APIConnectionError("x")) == 0.0

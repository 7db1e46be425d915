"""The tree of errors, what each carries, and that all of it survives pickling and copying."""

import copy
import inspect
import pickle
import re
from multiprocessing.reduction import ForkingPickler

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import ERROR, ID, KEY, Turn, World, answer, asset, refusal

from babou import _errors
from babou._client import Assets
from babou._core.calls import outcome_of, status_error
from babou._core.config import check_asset_id
from babou._core.operations import decode_asset, decode_error
from babou._core.outcomes import wait_cancelled, wait_timeout
from babou._core.polling import Options, PollPolicy
from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AssetFailedError,
    AuthenticationError,
    BabouError,
    BadRequestError,
    ClientClosedError,
    ConfigurationError,
    ConflictError,
    DownloadError,
    FileTooLargeError,
    InternalServerError,
    InvalidAssetIdError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    WaitCancelledError,
    WaitTimeoutError,
    class_for,
)

CLASSES = {
    name: cls
    for name, cls in inspect.getmembers(_errors, inspect.isclass)
    if issubclass(cls, BabouError)
}
STATUSES = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: FileTooLargeError,
    429: RateLimitError,
    500: InternalServerError,
    502: InternalServerError,
    520: InternalServerError,
    527: InternalServerError,
    599: InternalServerError,
    999: InternalServerError,
    103: APIStatusError,
    204: APIStatusError,
    302: APIStatusError,
    408: APIStatusError,
    418: APIStatusError,
    499: APIStatusError,
}
STRANGE_BODIES = {
    "empty": b"",
    "html": b"<!DOCTYPE html><h1>Bad gateway</h1>",
    "truncated": b'{"error": "Asset not fou',
    "not utf-8": b'{"error": "\xff\xfe", "code": "X"}',
    "a list": b'["error", "code"]',
    "null": b"null",
    "a number": b"12",
    "NaN": b"NaN",
    "NaN inside": b'{"error": "x", "code": "y", "z": NaN}',
    "nested": b"[" * 100_000,
    "nested and closed": b'{"error": "x", "code": "y", "z": ' + b"[" * 900 + b"]" * 900 + b"}",
    "5000 digits": b"1" * 5000,
    "5000 digits inside": b'{"error": "x", "code": "y", "z": ' + b"1" * 5000 + b"}",
    "wrong types": b'{"error": {}, "code": 12}',
    "no code": b'{"error": "x"}',
    "empty code": b'{"error": "x", "code": ""}',
    "null hint": b'{"error": "x", "code": "y", "hint": null}',
}


def drawn_tree() -> dict[str, tuple[str, bool, bool]]:
    """Return name → (parent, also a ValueError, also a TimeoutError), as the module draws it."""
    lines = inspect.getdoc(_errors).splitlines()
    drawn, path = {}, {0: "Exception"}
    for line in lines:
        if match := re.match(r"([ │├└─]*)(\w+Error)\b(.*)", line.removeprefix("    ")):
            depth = len(match[1]) // 4
            drawn[match[2]] = (
                path[depth],
                "also a ValueError" in match[3],
                "also a TimeoutError" in match[3],
            )
            path[depth + 1] = match[2]
    return drawn


def test_drawing_at_the_top_is_the_tree_of_classes():
    """The tree is drawn above the classes, and the drawing is true."""
    real = {
        name: (
            cls.__bases__[0].__name__,
            ValueError in cls.__bases__,
            TimeoutError in cls.__bases__,
        )
        for name, cls in CLASSES.items()
    }
    assert drawn_tree() == real


def test_drawing_gives_each_status_its_class():
    """The statuses beside the drawing are those by which classes are chosen."""
    drawn = re.findall(r"(\w+Error) +(\d{3})$", inspect.getdoc(_errors), re.MULTILINE)
    assert {int(status): name for name, status in drawn} == {
        status: cls.__name__ for status, cls in _errors.STATUS_CLASSES.items()
    }


@pytest.mark.parametrize(("status", "cls"), STATUSES.items())
def test_class_goes_by_status_and_code_stays_the_servers_text(status, cls):
    """APIStatusError: the class goes by HTTP status, whatever `code` says."""
    error = outcome_of(refusal(status, "NOT_FOUND_AT_ALL"), ID)
    assert type(error) is cls
    assert (error.status_code, error.code) == (status, "NOT_FOUND_AT_ALL")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("body", STRANGE_BODIES.values(), ids=STRANGE_BODIES)
def test_body_that_is_not_the_documented_one_still_gives_the_class_of_its_status(status, body):
    """Proxies answer with pages of their own: the status says enough."""
    error = outcome_of(answer(status, body, content_type="text/html; charset=utf-8"), ID)
    assert type(error) is STATUSES[status]
    assert (error.code, error.hint, error.body) == (None, None, body)
    assert f"text/html, {len(body)} bytes" in error.message
    assert repr(ID) in str(error)
    assert f"HTTP {status}" in str(error)


@given(status=st.integers(100, 999).filter(lambda status: status != 200), body=st.binary())
def test_any_status_with_any_body_is_one_of_the_documented_errors(status, body):
    """No answer of a server can raise anything but this package's errors."""
    error = outcome_of(answer(status, body), ID)
    assert type(error) is class_for(status)
    assert error.body == body


@given(body=st.binary())
def test_a_success_with_any_body_is_an_asset_or_a_validation_error(body):
    """Random bytes are no asset; the raw body is kept for a report."""
    error = outcome_of(answer(200, body), ID)
    assert type(error) is APIResponseValidationError
    assert (error.member, error.body) == (None, body)


def test_status_error_carries_all_that_the_answer_said():
    """status_code, code, message, hint, request_id, retry_after, retryable, body, headers."""
    response = answer(
        429,
        {"error": "Too many requests", "code": "RATE_LIMITED", "hint": "Use fewer"},
        retry_after="7",
        x_request_id="req_1",
    )
    error = outcome_of(response, ID)
    assert vars(error) == {
        "status_code": 429,
        "code": "RATE_LIMITED",
        "message": "Too many requests",
        "hint": "Use fewer",
        "request_id": "req_1",
        "retry_after": 7.0,
        "retryable": True,
        "body": response.body,
        "headers": dict(response.headers),
    }
    assert str(error) == (
        f"Asset '{ID}': HTTP 429 RATE_LIMITED: Too many requests. Use fewer. "
        "Retry after 7 s. Request id req_1."
    )


def test_status_error_does_without_what_the_answer_did_not_say():
    """Absent is None, not empty text."""
    error = outcome_of(answer(404, ERROR | {"hint": ""}), ID)
    assert (error.hint, error.request_id, error.retry_after, error.retryable) == (
        None,
        None,
        None,
        False,
    )
    assert APIStatusError("text", status_code=404, message="text").headers == {}


def test_request_id_is_read_under_its_other_name():
    """Proxies call it `request-id`."""
    assert outcome_of(refusal(500, request_id="req_2"), ID).request_id == "req_2"


def test_answer_without_content_type_is_described_so():
    """The text does not leave a gap where the kind of body should stand."""
    error = status_error(answer(502, b"", content_type=""), None, subject="Asset")
    assert "no content type, 0 bytes" in str(error)


@pytest.mark.parametrize("status", STATUSES)
def test_text_of_a_status_error_says_what_to_try(status):
    """Each error's text names the asset and the next thing to try."""
    text = str(outcome_of(refusal(status), "ast..dots"))
    assert text.startswith(f"Asset 'ast..dots': HTTP {status} CODE: No. ")
    assert re.search(r"check BABOU_|check the id|[Tt]ry again|Use the id|Check BABOU_", text)


@pytest.mark.parametrize("message", ["Slow down.", "Slow down", "Slow down..."])
def test_sentences_of_a_text_end_in_one_full_stop(message):
    """The server's own full stop is not doubled."""
    error = outcome_of(answer(500, {"error": message, "code": "C"}), ID)
    assert ": Slow down. Try again later." in str(error)
    assert error.message == message


def test_error_of_a_wait_carries_asset_time_polls_and_last_error():
    """Both ends of a wait carry the last asset, elapsed seconds, polls and the last error."""
    last, trouble = asset("processing"), outcome_of(refusal(500), ID)
    error = wait_timeout(ID, asset=last, elapsed=9.0, polls=4, error=trouble, timeout=9.0)
    assert isinstance(error, TimeoutError)
    assert vars(error) == {
        "asset_id": ID,
        "asset": last,
        "elapsed": 9.0,
        "polls": 4,
        "last_error": trouble,
    }
    assert "is still 'processing' after 9.0 of 9 s and 4 polls" in str(error)
    assert "wait again" in str(error)
    assert str(trouble) in str(error)


def test_error_of_a_wait_that_saw_nothing_says_so():
    """An asset that was never seen has no state to report."""
    error = wait_timeout(ID, asset=None, elapsed=1.0, polls=1, error=None, timeout=1.0)
    assert f"Asset '{ID}' was not seen after 1.0 of 1 s and 1 poll;" in str(error)


def specimens() -> list[BabouError]:
    """Return one error of each class, with everything that it can carry."""
    status_errors = [
        outcome_of(refusal(status, retry_after="3", x_request_id="r"), ID)
        for status in (400, 401, 403, 404, 409, 413, 418, 429, 520)
    ]
    invalid = outcome_of(answer(200, {"id": ID}), ID)
    wait = {"asset_id": ID, "asset": asset("error"), "elapsed": 1.5, "polls": 3}
    return [
        *status_errors,
        invalid,
        BabouError("text"),
        BabouError("two", "arguments"),
        ConfigurationError("text"),
        InvalidAssetIdError("text", asset_id=["no", "text"]),
        ClientClosedError("text"),
        _errors.BudgetError("text", retry_after=2.5),
        APIConnectionError("text"),
        APITimeoutError("text"),
        _errors.WaitError("text", **wait),
        AssetFailedError("text", **wait),
        WaitTimeoutError("text", **wait, last_error=status_errors[-1]),
        wait_cancelled(ID, asset=None, elapsed=1.0, polls=1, error=None),
        DownloadError("text", asset_id=ID, url="https://host/path", status_code=403),
        _errors.UploadError("text"),
    ]


SPECIMENS = {f"{type(error).__name__}-{n}": error for n, error in enumerate(specimens())}
COPIES = {
    **{
        f"pickle {protocol}": lambda error, protocol=protocol: pickle.loads(  # noqa: S301 (our own)
            pickle.dumps(error, protocol)
        )
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
    "ForkingPickler": lambda error: pickle.loads(ForkingPickler.dumps(error)),  # noqa: S301 (our own)
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def told(error: object) -> object:
    """Return all that an error says, errors inside it included, as comparable values."""
    if not isinstance(error, BabouError):
        return repr(error) if repr(error) == "nothing" else error
    state = {name: told(value) for name, value in vars(error).items()}
    return type(error), error.args, str(error), state


def test_specimens_cover_every_class():
    """What follows is tested with each class of the tree."""
    assert {type(error) for error in SPECIMENS.values()} == set(CLASSES.values())


@pytest.mark.parametrize("way", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("error", SPECIMENS.values(), ids=SPECIMENS)
def test_error_survives_pickling_and_copying(error, way):
    """All errors pickle and copy, with attributes, arguments and text equal."""
    assert told(way(error)) == told(error)


def test_cancelled_wait_is_told_by_its_own_class():
    """A wait that was told to stop is no timeout."""
    met = APIConnectionError("refused.")
    error = wait_cancelled(ID, asset=None, elapsed=2.0, polls=1, error=met)
    assert type(error) is WaitCancelledError
    assert not isinstance(error, TimeoutError)
    assert error.last_error is met
    assert str(error) == (
        f"The wait for asset '{ID}' was cancelled after 2.0 s and 1 poll. The last error: refused."
    )


@pytest.mark.parametrize("error", SPECIMENS.values(), ids=SPECIMENS)
def test_no_error_holds_the_key(error):
    """None of them ever holds the API key."""
    assert KEY not in str(error) + repr(vars(error))


@pytest.mark.parametrize("status", [200, 302, 400, 401, 429, 500])
def test_no_error_holds_the_key_where_the_server_repeats_it(status):
    """Neither in its text nor in the body and headers that it carries."""
    said = {"error": f"Bad key {KEY}", "code": KEY, "hint": f"Not {KEY}", "id": KEY}
    world = World([Turn(answer(status, said, x_request_id=KEY, location=f"/?key={KEY}"))])
    with pytest.raises(BabouError) as caught:
        Assets(world.runner(), Options(30.0, 0, PollPolicy())).get(ID)
    assert world.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in f"{caught.value} {caught.value.__cause__} {vars(caught.value)}"


def test_configuration_errors_are_value_errors():
    """A caller who checks arguments as usual catches them."""
    with pytest.raises(ValueError, match="is empty"):
        check_asset_id("")


def test_error_body_gives_its_members():
    """`error`, `code` and `hint` are read where the body is the documented one, BOM or not."""
    body = b'\xef\xbb\xbf{"error": "E", "code": "C", "hint": "H", "more": 1}'
    assert decode_error(body) == {"error": "E", "code": "C", "hint": "H"}


def test_placeholder_of_a_missing_member_stays_itself_through_pickling():
    """`received` of a missing member is shown as nothing, before and after."""
    with pytest.raises(APIResponseValidationError) as caught:
        decode_asset(b"{}", asset_id=ID)
    received = caught.value.received
    assert pickle.loads(pickle.dumps(received)) is received  # noqa: S301 (our own)

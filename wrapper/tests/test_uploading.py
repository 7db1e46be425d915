"""The conversation of an upload: what is repeated, and what an error says of the asset."""

import pytest
from attrs import frozen
from strategies import DOCUMENT, answer, refusal, unreachable

from babou._core.flows import upload
from babou._errors import APIStatusError, BudgetError, FileTooLargeError, RateLimitError

MAY_EXIST = "The asset may exist all the same: look for it with client.assets.list()"


@frozen
class Content:
    """A file, of which the transport has taken something, or not."""

    begun: bool = True
    subject: str = "The upload of 'a.png'"
    size: int = 12
    content_type: str = "image/png"


def play(replies, content):
    """Return the asset, or the error, and how many requests were made."""
    flow = upload(content, now=0.0, timeout=100.0, max_retries=2, random=lambda: 0.5)
    replies, made = iter(replies), 0
    try:
        step = next(flow)
        while True:
            made += 1
            reply = next(replies)
            step = flow.send((reply() if callable(reply) else reply, step.delay))
    except StopIteration as stop:
        return stop.value, made
    except Exception as error:  # noqa: BLE001 (looked at by the test)
        return error, made


def test_the_request_names_type_and_length():
    """The body is added by whoever reads the file."""
    step = next(upload(Content(), now=0.0, timeout=1.0, max_retries=0, random=lambda: 0.5))
    assert (step.request.method, step.request.url) == ("POST", "/api/v1/assets")
    assert step.request.headers == {"content-type": "image/png", "content-length": "12"}
    assert step.request.content is None


@pytest.mark.parametrize("status", [200, 201])
def test_both_successes_bring_the_asset(status):
    """D21."""
    asset, made = play([answer(status, DOCUMENT)], Content())
    assert (asset.id, made) == (DOCUMENT["id"], 1)


@pytest.mark.parametrize("trouble", [refusal(500), refusal(408), refusal(409), unreachable])
def test_nothing_is_repeated_of_which_something_was_taken(trouble):
    """The asset may exist, and the error says how to look."""
    error, made = play([trouble], Content())
    assert made == 1
    assert MAY_EXIST in str(error)


def test_what_was_not_begun_is_repeated():
    """No byte of the file had left: no connection could be made."""
    asset, made = play([unreachable, unreachable, answer(201, DOCUMENT)], Content(begun=False))
    assert (asset.id, made) == (DOCUMENT["id"], 3)
    error, made = play([unreachable] * 3, Content(begun=False))
    assert made == 3
    assert MAY_EXIST not in str(error)


@pytest.mark.parametrize(
    ("replies", "kind", "made"),
    [
        ([refusal(429)] * 3, RateLimitError, 3),
        ([refusal(413)], FileTooLargeError, 1),
        ([refusal(415)], APIStatusError, 1),
        ([BudgetError("no slot.", retry_after=9.0)], BudgetError, 1),
    ],
)
def test_a_refusal_says_nothing_of_an_asset(replies, kind, made):
    """There is surely none."""
    error, count = play(replies, Content())
    assert (type(error), count) == (kind, made)
    assert MAY_EXIST not in str(error)

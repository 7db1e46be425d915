"""The answer to "can this asset be used?"."""

import pickle

import pytest
from strategies import ID, Turn, World, asset, refusal, seen, unreachable

from babou import Verdict
from babou._client import Assets
from babou._core.outcomes import verdict
from babou._core.polling import Options, PollPolicy
from babou._errors import APIConnectionError, AuthenticationError, InvalidAssetIdError

STATES = [
    ("ready", "ready", f"Asset '{ID}' is ready (its state is 'ready')."),
    ("uploading", "not_ready", f"Asset '{ID}' is not ready yet (its state is 'uploading')."),
    ("processing", "not_ready", f"Asset '{ID}' is not ready yet (its state is 'processing')."),
    ("archived", "not_ready", f"Asset '{ID}' is not ready yet (its state is 'archived')."),
    ("error", "failed", f"Asset '{ID}' failed and will never be ready (its state is 'error')."),
    ("failed", "failed", f"Asset '{ID}' failed and will never be ready (its state is 'failed')."),
]


def check(reply, asset_id=ID):
    """Return what `check` says where the server gives a reply."""
    world = World([Turn(reply)])
    return Assets(world.runner(), Options(30.0, 0, PollPolicy())).check(asset_id)


@pytest.mark.parametrize(("state", "reason", "sentence"), STATES)
def test_verdict_goes_by_state(state, reason, sentence):
    """D2: ready, failed in both spellings, and all else not ready yet."""
    found = verdict(ID, asset(state))
    assert found == Verdict(ID, reason, asset(state)) == check(seen(state))
    assert str(found) == sentence
    assert bool(found) is found.ok is (state == "ready")


def test_absent_asset_is_a_verdict():
    """A 404 says something about the asset."""
    assert check(refusal(404)) == verdict(ID, None) == Verdict(ID, "not_found")
    assert not verdict(ID, None)
    assert str(verdict(ID, None)) == f"Asset '{ID}' does not exist, or belongs to another account."


def test_wrong_key_and_broken_network_are_no_verdict():
    """D6: they say nothing about the asset, and raise."""
    with pytest.raises(AuthenticationError):
        check(refusal(401))
    with pytest.raises(APIConnectionError):
        check(unreachable)


def test_id_that_cannot_be_sent_is_no_verdict():
    """D1: not even "not found"."""
    with pytest.raises(InvalidAssetIdError):
        check(seen("ready"), "..")


def test_verdict_is_a_value():
    """Frozen, comparable, picklable."""
    found = verdict(ID, asset())
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 (our own)
    with pytest.raises(AttributeError):
        found.reason = "failed"

"""One core for sync and async: over any script, all drivers do the same at the same times."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

from attrs import frozen
from hypothesis import event, given
from hypothesis import strategies as st
from strategies import ID, World, asset, chances, scripts

from babou._async_client import AsyncAssets
from babou._client import Assets
from babou._core.flows import explain_timeout, get
from babou._core.operations import Asset
from babou._core.outcomes import Again, Done
from babou._core.polling import Options, PollPolicy
from babou._core.retry import says_nothing
from babou._errors import BabouError, WaitTimeoutError

ticks = st.integers(1, 64 * 200).map(lambda n: n / 64)
schedules = st.lists(ticks, max_size=30, unique=True).map(sorted)
policies = st.one_of(
    st.just(PollPolicy()),
    st.builds(PollPolicy.fixed, st.sampled_from([0.5, 2.0]), st.none() | st.integers(1, 12)),
    st.builds(
        PollPolicy,
        factor=st.floats(0, 3),
        minimum=st.floats(0.25, 2),
        maximum=st.floats(2, 40),
        jitter=st.floats(0, 0.9),
        max_attempts=st.none() | st.integers(1, 20),
    ),
    st.builds(PollPolicy, schedule=schedules, jitter=st.floats(0, 0.9)),
)


@frozen
class Case:
    """A script, and all that a caller can say about time."""

    script: list
    timeout: float
    call_timeout: float
    policy: PollPolicy
    luck: list[float]
    max_retries: int

    def world(self) -> World:
        """Return a new world with this script."""
        return World(self.script, luck=self.luck)

    @property
    def options(self) -> Options:
        """Return a client's options."""
        return Options(self.call_timeout, self.max_retries, self.policy)


cases = st.builds(Case, scripts, ticks, ticks, policies, chances, st.integers(0, 3))


def outcome(action: Callable[[], Asset]) -> object:
    """Return what came of an action: all that a caller can see of it."""
    try:
        return action()
    except BabouError as error:
        return told(error)


def told(error: object) -> object:
    """Return all that an error says, errors inside it included, as comparable values."""
    if not isinstance(error, BabouError):
        return error
    return type(error), str(error), {name: told(value) for name, value in vars(error).items()}


def wait_sync(case: Case, world: World) -> object:
    """Wait through the synchronous client."""
    assets = Assets(world.runner(), case.options)
    return outcome(lambda: assets.wait(ID, timeout=case.timeout))


def wait_async(case: Case, world: World) -> object:
    """Wait through the asynchronous client."""
    assets = AsyncAssets(world.async_runner(), case.options)
    return outcome(lambda: asyncio.run(assets.wait(ID, timeout=case.timeout)))


def wait_bare(case: Case, world: World) -> object:
    """Wait with nothing but `PollPolicy.step`, as a task queue does."""
    began, polls, failures, round_trip, last = world.now, 0, 0, 0.0, None
    known, longest = None, 0.0
    while True:
        sent = world.now
        end = min(began + case.timeout, sent + case.call_timeout)
        poll = get(ID, now=sent, timeout=end - sent, max_retries=0, random=lambda: 0.0)
        polls += 1
        try:
            found: Asset | BabouError = world.runner().run(poll)
        except BabouError as error:
            found = error
        allowed = case.call_timeout
        if known and says_nothing(found, given=end - sent, allowed=allowed, longest=longest):
            found = known
        else:
            if end - sent < allowed:
                explain_timeout(found, ID, given=end - sent, took=world.now - sent)
            longest = max(longest, world.now - sent)
            if isinstance(found, Asset) or hasattr(found, "body"):
                round_trip = world.now - sent
            failures = failures + 1 if isinstance(found, BabouError) else 0
            last = found if isinstance(found, Asset) else last
        known = found
        decision = case.policy.step(
            ID,
            found,
            elapsed=world.now - began,
            timeout=case.timeout,
            polls=polls,
            failures=failures,
            last_asset=last,
            round_trip=round_trip,
            random=world.random,
        )
        if isinstance(decision, Done):
            return decision.asset
        if not isinstance(decision, Again):
            return told(decision.error)
        world.sleep(decision.delay)


class TestOneHeart:
    """design: every rule about time, so that "sync and async cannot drift apart"."""

    @given(case=cases)
    def test_both_clients_and_the_bare_step_wait_alike(self, case):
        """The same polls at the same times, and the same end."""
        worlds = [case.world() for _ in range(3)]
        ends = [
            wait(case, world)
            for wait, world in zip((wait_sync, wait_async, wait_bare), worlds, strict=True)
        ]
        event(f"ended by {getattr(ends[0], 'state', None) or ends[0][0].__name__}")
        assert ends[0] == ends[1] == ends[2]
        assert worlds[0].polls == worlds[1].polls == worlds[2].polls
        assert worlds[0].sleeps == worlds[1].sleeps
        assert worlds[0].requests == worlds[1].requests

    @given(case=cases)
    def test_both_clients_get_alike(self, case):
        """The same attempts at the same times, and the same end."""
        worlds = [case.world() for _ in range(2)]
        sync = outcome(lambda: Assets(worlds[0].runner(), case.options).get(ID))
        assets = AsyncAssets(worlds[1].async_runner(), case.options)
        assert outcome(lambda: asyncio.run(assets.get(ID))) == sync
        assert worlds[0].polls == worlds[1].polls
        assert worlds[0].sleeps == worlds[1].sleeps


class TestOneDeadline:
    """docs of Client: "timeout: Seconds that one call may take in all …"."""

    @given(case=cases)
    def test_no_wait_ends_after_its_deadline(self, case):
        """Nor is any poll sent after it; the world refuses negative pauses and polls too many."""
        world = case.world()
        began = world.now
        end = wait_sync(case, world)
        assert world.now <= began + case.timeout + 1e-9
        for sent, given_time in world.polls:
            assert sent + given_time <= began + case.timeout + 1e-9
            assert given_time <= case.call_timeout + 1e-9
        if isinstance(end, tuple) and end[0] is WaitTimeoutError:
            assert end[2]["polls"] == len(world.polls)
            assert end[2]["elapsed"] == world.now - began

    @given(case=cases)
    def test_no_call_ends_after_its_deadline(self, case):
        """Over all attempts and the pauses between them."""
        world = case.world()
        began = world.now
        outcome(lambda: Assets(world.runner(), case.options).get(ID))
        assert world.now <= began + case.call_timeout + 1e-9
        assert len(world.polls) <= 1 + case.max_retries
        assert all(given_time > 0 for _, given_time in world.polls)

    @given(case=cases)
    def test_first_poll_is_at_once_and_none_follows_too_soon(self, case):
        """Between polls lies the policy's shortest pause, but where the end leaves less.

        A schedule's shortest pause is from where one poll is moved late to where the next is moved
        early; a poll by the rule may follow its last one, which was moved, but by the shortest.
        """
        world = case.world()
        began = world.now
        wait_sync(case, world)
        (first, _), *others = world.polls
        assert first == began
        gaps = [b - a for a, b in pairwise((0.0, *case.policy.schedule))]
        shortest = min([case.policy.minimum, *(gap / 2 for gap in gaps)])
        shortest = shortest * (1 - case.policy.jitter) - 1e-9
        slowest = max((turn.round_trip for turn in case.script), default=0.0)
        last_stretch = began + case.timeout - 2 * slowest - 1e-9
        for pause, (sent, _) in zip(world.sleeps, others, strict=True):
            assert pause >= shortest or sent >= last_stretch
        assert len(world.polls) <= (case.policy.max_attempts or len(world.polls))

    @given(case=cases)
    def test_wait_that_is_answered_ready_returns_that_asset(self, case):
        """`ready` ends it, and nothing is asked for afterwards."""
        world = case.world()
        if isinstance(end := wait_sync(case, world), Asset):
            assert end == asset("ready")
            assert world._over

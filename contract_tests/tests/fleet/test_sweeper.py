"""All waits of an account through its list: a function, a state, and few requests."""

import json
import math
import random
from urllib.parse import parse_qs, urlsplit

import pytest

import babou
from babou import Client, PollPolicy, Response
from babou.integrations.sweeper import begin, sweep
from babou_contract.mock_server import by_reads
from babou_contract.specification.assets import asset_examples

DOCUMENT = asset_examples()["image"]


class Account:
    """A server in a world of its own time: each asset is ready so many seconds after the start."""

    def __init__(self, times):
        self.now, self.requests = 0.0, []
        self.times = {f"ast_{n}": seconds for n, seconds in enumerate(times)}
        self.states = {}
        self.hidden, self.refused = set(), {}

    def clock(self):
        return self.now

    def client(self):
        return Client("sk-bab-x", transport=self, max_retries=0)

    def send(self, request, **_):
        url = urlsplit(request.url)
        self.requests.append(request.url)
        self.now += 0.001
        asset_id = url.path.rpartition("/")[2]
        if asset_id == "assets":
            return self.page(**{name: value[0] for name, value in parse_qs(url.query).items()})
        if asset_id in self.refused:
            return answer(self.refused[asset_id], {"error": "No", "code": "CODE"})
        if asset_id not in self.times:
            return answer(404, {"error": "No", "code": "NOT_FOUND"})
        return answer(200, self.document(asset_id))

    def state(self, asset_id):
        known = self.states.get(asset_id)
        return known or ("processing" if self.times[asset_id] > self.now else "ready")

    def document(self, asset_id):
        return DOCUMENT | {"id": asset_id, "state": self.state(asset_id)}

    def page(self, state, limit, offset="0"):
        limit, offset = int(limit), int(offset)
        found = [
            each for each in self.times if self.state(each) == state and each not in self.hidden
        ]
        shown = [self.document(each) for each in found[offset : offset + limit]]
        pagination = {"limit": limit, "offset": offset, "total": len(found)}
        return answer(200, {"assets": shown, "pagination": pagination})

    def close(self):
        pass


def answer(status, body):
    return Response(status, {"content-type": "application/json"}, json.dumps(body).encode())


def run(account, state, *, pause=2.0, **options):
    """Sweep until nothing is left; return the results in their order, with their times."""
    results = []
    with account.client() as client:
        while state:
            state, settled = sweep(
                client, json.loads(json.dumps(state)), clock=account.clock, **options
            )
            results += [(result, account.now) for result in settled]
            account.now += pause
    return results


def test_waits_take_at_most_one_and_a_half_requests_each():
    """Times as the benchmark has them: lognormal, median 8 s, sigma 1.2. Polled one by one: 9.4."""
    luck = random.Random(1)  # noqa: S311 (times of a test)
    account = Account(luck.lognormvariate(math.log(8), 1.2) for _ in range(3000))
    results = run(
        account, begin(list(account.times), timeout=36000, clock=account.clock), most=3000
    )
    assert len(results) == len({result.asset_id for result, _ in results}) == 3000
    assert all(result.asset.is_ready for result, _ in results)
    assert len(account.requests) <= 1.5 * 3000


def test_each_wait_ends_as_its_asset():
    """Ready, failed, unknown, refused for good, and too slow."""
    account = Account([1, 1, 1, math.inf])
    account.states["ast_1"] = "error"
    account.refused["ast_2"] = 403
    state = begin([*account.times, "ast_nobody"], timeout=60, clock=account.clock)
    ends = {result.asset_id: result.error or result.asset for result, _ in run(account, state)}
    assert ends["ast_0"].is_ready
    assert {asset_id: type(end).__name__ for asset_id, end in ends.items()} == {
        "ast_0": "Asset",
        "ast_1": "AssetFailedError",
        "ast_2": "PermissionDeniedError",
        "ast_3": "WaitTimeoutError",
        "ast_nobody": "NotFoundError",
    }
    assert ends["ast_3"].asset.state == "processing"
    assert account.now == pytest.approx(62, abs=3)


def test_what_the_list_leaves_out_is_asked_for_as_the_policy_says():
    """A list is a hint; an asset in it is never asked for."""
    account = Account([20, 20])
    account.hidden.add("ast_0")
    state = begin(list(account.times), clock=account.clock)
    results = run(account, state, poll=PollPolicy.fixed(8, max_attempts=None))
    assert len(results) == 2
    singles = [url.rpartition("/")[2] for url in account.requests if "?" not in url]
    assert sorted(singles) == ["ast_0"] * 4 + ["ast_1"]


def test_passing_trouble_with_one_asset_ends_no_wait():
    """It is asked for again."""
    account = Account([0, 0])
    account.refused["ast_0"] = 503
    state = begin(list(account.times), clock=account.clock)
    with account.client() as client:
        left, settled = sweep(client, state, clock=account.clock)
    assert [result.asset_id for result in settled] == ["ast_1"]
    assert (left["ast_0"]["polls"], left["ast_0"]["failures"]) == (1, 1)
    assert left["ast_0"]["due"] > account.now
    assert state["ast_0"]["polls"] == 0  # the state that was given is as it was


def test_one_call_asks_for_so_many_ids_and_the_next_for_the_others():
    """A sweep ends soon, however many have left the list."""
    account = Account([0] * 5)
    state = begin(list(account.times), clock=account.clock)
    with account.client() as client:
        left, first = sweep(client, state, most=3, clock=account.clock)
        left, second = sweep(client, left, most=3, clock=account.clock)
    assert [len(first), len(second), left] == [3, 2, {}]


def test_whoever_stopped_before_the_state_was_saved_gets_the_results_again():
    """At least once: the same state gives the same results."""
    account = Account([0, 0, math.inf])
    state = begin(list(account.times), clock=account.clock)
    with account.client() as client:
        _, told = sweep(client, state, clock=account.clock)
        left, again = sweep(client, state, clock=account.clock)
    assert [result.asset_id for result in told] == [result.asset_id for result in again]
    assert list(left) == ["ast_2"]


def test_without_waits_nothing_is_sent():
    """A scheduler may call at any time."""
    account = Account([1])
    with account.client() as client:
        assert sweep(client, {}) == ({}, [])
    assert account.requests == []


def test_a_list_that_can_not_be_read_is_an_error_and_the_state_is_still_good():
    """The scheduler calls again."""
    account = Account([0])
    account.page = lambda **_: answer(401, {"error": "No", "code": "UNAUTHORIZED"})
    with account.client() as client, pytest.raises(babou.AuthenticationError):
        sweep(client, begin(list(account.times), clock=account.clock), clock=account.clock)


@pytest.mark.parametrize(
    "arguments", [{"asset_ids": "ast_1"}, {"asset_ids": [".."]}, {"timeout": 0}]
)
def test_what_can_not_be_waited_for_is_refused_at_once(arguments):
    """Before it is in a state that somebody keeps."""
    with pytest.raises(babou.ConfigurationError):
        begin(**{"asset_ids": ["ast_1"], **arguments})


def test_it_works_with_a_server(babou_server):
    """Over the wire, with the list as the mock server has it."""
    ids = [babou_server.add(lifecycle=by_reads("processing", "ready", reads=2)) for _ in range(3)]
    state, ended = begin(ids), []
    with Client(babou_server.api_key, base_url=babou_server.base_url) as client:
        for _ in range(20):
            state, settled = sweep(client, state, poll=PollPolicy.fixed(0.001, max_attempts=None))
            ended += [result.asset_id for result in settled if result.asset]
    assert sorted(ended) == sorted(ids)
    assert state == {}

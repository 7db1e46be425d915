"""One rate for all processes that use a key, kept by a real Redis."""

import asyncio
import math
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest

from babou import AsyncClient, BudgetError, Client, ConfigurationError, RateLimitError, RedisBudget

KEY = "sk-bab-invented-and-secret"


@pytest.fixture
def make_budget(redis_server):
    """Return a function that makes a budget as each process has one."""

    def make(per_second=1, **arguments):
        return RedisBudget(redis_server.url, per_second, **{"api_key": KEY, **arguments})

    return make


def slots(budget, **arguments):
    """Take a slot of one each 1000 s; return how many intervals away it is, roughly.

    A minute in which a busy machine does nothing is no difference.
    """
    return round(budget.take(**arguments) / 1000)


def test_processes_get_slots_in_order_one_interval_apart(make_budget):
    """Two budgets of one key are one; times run on while it is asked."""
    one, other = make_budget(0.001), make_budget(0.001)
    assert [slots(budget) for budget in (one, other, one, other)] == [0, 1, 2, 3]


def test_two_processes_at_once_never_share_a_slot(redis_server):
    """Each slot is given once, whoever asks at the same time."""
    ask = f"""
        import time
        from babou import RedisBudget
        budget = RedisBudget({redis_server.url!r}, 1000, api_key={KEY!r})
        for _ in range(300):
            print(time.monotonic() + budget.take())
    """
    command = [sys.executable, "-c", textwrap.dedent(ask)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    slots = sorted(
        float(line) for process in processes for line in process.communicate()[0].split()
    )
    assert len(slots) == 600
    assert slots[-1] - slots[0] >= 0.599 - 0.05  # monotonic clocks of one machine are one


def test_a_slot_that_is_too_late_is_not_taken(make_budget):
    """A call that fails at once costs the others nothing."""
    budget = make_budget(0.001)
    assert budget.take() == 0.0
    assert [slots(budget, within=5) for _ in range(3)] == [1, 1, 1]
    assert slots(budget, within=-1) == 1
    assert [slots(budget) for _ in range(2)] == [1, 2]


def test_a_hold_is_for_everyone_and_the_longest_counts(make_budget):
    """One process meets a 429; all pause."""
    one, other = make_budget(0.001), make_budget(0.001)
    assert one.held() == 0.0
    one.hold(3000)
    one.hold(10)
    assert round(other.held() / 1000) == 3
    assert [slots(other), slots(one)] == [3, 4]
    assert round(other.held() / 1000) == 3


def test_each_key_has_a_budget_of_its_own_and_redis_never_sees_it(make_budget, redis_server):
    """Named by a hash of the key."""
    names = iter([KEY, "sk-bab-other", KEY])
    with redis_server.client.monitor() as monitor:
        budget = make_budget(0.001, api_key=lambda: next(names))
        assert [slots(budget) for _ in range(3)] == [0, 0, 1]
        redis_server.client.echo("end")
        seen = []
        while not seen or "ECHO" not in seen[-1]:
            seen.append(monitor.next_command()["command"])
    assert "EVALSHA" in "".join(seen)
    assert KEY not in "".join(seen)
    stored = redis_server.client.keys("*")
    assert len(stored) == 2
    assert all(name.startswith("babou:budget:") for name in stored)


def test_the_clock_of_redis_counts(make_budget):
    """Processes whose clocks are an hour apart share slots all the same."""
    early, late = make_budget(0.001, clock=lambda: 0.0), make_budget(0.001, clock=lambda: 3600.0)
    assert [slots(budget) for budget in (late, early, late)] == [0, 1, 2]


def test_a_process_that_dies_with_its_slot_holds_up_nobody(make_budget, redis_server):
    """Its slot passes unused; there is nothing to give back."""
    take = f"""
        import time
        from babou import RedisBudget
        RedisBudget({redis_server.url!r}, 1, api_key={KEY!r}).take()
        print("taken", flush=True)
        time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(take)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "taken\n"
        os.kill(process.pid, signal.SIGKILL)
    assert 0.0 <= make_budget().take() <= 1.0


def test_what_redis_keeps_is_gone_once_it_is_over(make_budget, redis_server):
    """Keys that are used no longer leave nothing behind."""
    make_budget(100).take()
    make_budget(0.1, api_key="sk-bab-other").take()
    spans = sorted(redis_server.client.pttl(name) for name in redis_server.client.keys("*"))
    assert 0 < spans[0] <= 1010 < spans[1] <= 11_000


def test_a_restart_of_redis_keeps_the_slots(make_budget, redis_server):
    """With its persistence on; the connection and the script are made anew."""
    budget = make_budget(0.01)
    budget.take()
    redis_server.kill()
    redis_server.start()
    assert 90 < budget.take(within=5) <= 100


class TestAway:
    """docs of RedisBudget: "What to do while Redis does not answer"."""

    def test_requests_fail_where_nothing_else_was_said(self, make_budget, redis_server):
        """Nothing is sent without a slot, and the error says what to do."""
        now = [0.0]
        budget = make_budget(clock=lambda: now[0])
        redis_server.kill()
        with pytest.raises(BudgetError, match="local_share") as caught:
            budget.take()
        assert caught.value.retry_after == 1.0
        assert budget.held() == 0.0
        budget.hold(1.0)
        redis_server.start()
        with pytest.raises(BudgetError):
            budget.take()  # it is asked again a second later
        now[0] = 1.0
        assert budget.take() == 0.0

    def test_each_process_goes_on_at_its_share(self, make_budget, redis_server):
        """At a tenth of 10 a second, a slot each second; a hold counts as well."""
        now = [0.0]
        budget = make_budget(10, local_share=0.1, clock=lambda: now[0])
        redis_server.kill()
        assert [budget.take() for _ in range(3)] == [0.0, 1.0, 2.0]
        assert budget.take(within=1.5) == 3.0
        budget.hold(7.0)
        assert (budget.held(), budget.take()) == (7.0, 7.0)
        redis_server.start()
        now[0] = 1.0
        assert budget.take() == 0.0

    def test_a_redis_that_is_silent_is_given_up_soon(self):
        """It takes connections and says nothing: after `timeout`, twice at most."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
            budget = RedisBudget(url, 10, api_key=KEY, local_share=1, timeout=0.05)
            assert budget.take() == 0.0
            assert budget.take() == pytest.approx(0.1, abs=0.05)

    def test_what_redis_says_no_to_is_told_as_ours(self, redis_server):
        """Only errors of this package leave the client: here for a wrong password."""
        redis_server.client.config_set("requirepass", "another")
        url = f"redis://:secret@127.0.0.1:{redis_server.port}"
        with pytest.raises(BudgetError) as caught:
            RedisBudget(url, 1, api_key=KEY).take()
        assert "secret" not in str(caught.value)


class TestClients:
    """Both clients take their slots from it."""

    def test_a_429_that_one_client_meets_holds_the_others(self, make_budget, babou_server):
        """The other one's call fails now, as its deadline is before the hold's end."""
        babou_server.fault("rate_limited", retry_after="60", times=1)
        settings = {"base_url": babou_server.base_url, "max_retries": 0}
        arguments = {"api_key": babou_server.api_key, **settings}
        with (
            Client(budget=make_budget(100), **arguments) as one,
            pytest.raises(RateLimitError),
        ):
            one.assets.get("ast_demo_image")
        with (
            Client(budget=make_budget(100), **arguments) as other,
            pytest.raises(BudgetError, match="next slot is in"),
        ):
            other.assets.get("ast_demo_image")
        assert [request.status for request in babou_server.requests] == [429]

    def test_an_asynchronous_client_is_not_blocked(self, make_budget, babou_server):
        """A hundred tasks, one rate."""

        async def main():
            budget = make_budget(50)
            async with AsyncClient(
                babou_server.api_key, base_url=babou_server.base_url, budget=budget
            ) as client:
                calls = (client.assets.get("ast_demo_image") for _ in range(40))
                return await asyncio.gather(*calls)

        began = time.time()
        assert len(asyncio.run(main())) == 40
        assert babou_server.requests[-1].time - began >= 39 / 50 - 0.05


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"url": "http://host"}, "url must be such as redis://"),
        ({"url": 5}, "url must be such as redis://"),
        ({"url": "redis://:secret@host:port"}, "url must be such as redis://"),
        ({"per_second": 0}, "per_second must be"),
        ({"api_key": ""}, "BABOU_API_KEY"),
        ({"local_share": 0}, "local_share must be more than 0"),
        ({"local_share": 1.5}, "local_share must be more than 0"),
        ({"timeout": math.inf}, "timeout must be"),
    ],
)
def test_what_can_not_be_used_is_refused_at_once(arguments, told):
    """With a text that says what to set, and no password."""
    arguments = {"url": "redis://localhost", "per_second": 1, "api_key": KEY, **arguments}
    with pytest.raises(ConfigurationError, match=told) as caught:
        RedisBudget(**arguments)
    assert "secret" not in str(caught.value)


def test_the_key_comes_from_the_environment(redis_server, monkeypatch):
    """As for a client."""
    monkeypatch.setenv("BABOU_API_KEY", KEY)
    budgets = [RedisBudget(redis_server.url, 0.001) for _ in range(2)]
    assert [slots(budget) for budget in budgets] == [0, 1]


def test_without_the_extra_the_error_names_it(monkeypatch):
    """Pip install 'babou[redis]'."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r"babou\[redis\]"):
        RedisBudget("redis://localhost", 1, api_key=KEY)

"""Where a client runs: event loops, forked processes, gevent, threads and tasks at once."""

import asyncio
import contextlib
import gc
import subprocess
import sys
import threading

import pytest
import trio
import uvloop

import babou
from babou_contract.mock_server import MockServer

IMAGE = "ast_demo_image"


def run(code, **values):
    """Run a program of its own."""
    for name, value in values.items():
        code = code.replace(name.upper(), repr(value))
    command = [sys.executable, "-W", "ignore", "-c", code]  # of forking with threads
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


class TestEventLoops:
    """Each loop of anyio."""

    async def use(self, server, tmp_path):
        """Do all that a task can."""
        async with babou.AsyncClient(server.api_key, base_url=server.base_url) as client:
            asset = await client.assets.get(IMAGE)
            assert await client.assets.wait(IMAGE) == asset
            path = await client.assets.download(asset, tmp_path)
            assert path.stat().st_size == asset.size
            server.fault("never_answers")
            with pytest.raises(babou.APITimeoutError):
                await client.with_options(timeout=0.1, max_retries=0).assets.get(IMAGE)
            server.clear_faults()

    @pytest.mark.parametrize("loop", [asyncio.SelectorEventLoop, uvloop.new_event_loop])
    def test_asyncio_and_uvloop(self, server, tmp_path, loop):
        """wait_many runs on both."""

        async def many():
            async with babou.AsyncClient(server.api_key, base_url=server.base_url) as client:
                return [result.asset_id async for result in client.assets.wait_many([IMAGE])]

        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(self.use(server, tmp_path))
            assert runner.run(many()) == [IMAGE]

    @pytest.mark.filterwarnings("error")
    def test_an_iteration_that_is_left_and_closed_leaves_nothing_open(self, server):
        """Else trio warns of each asynchronous generator."""

        async def leave():
            async with babou.AsyncClient(server.api_key, base_url=server.base_url) as client:
                assets = client.assets
                for items in (aiter(assets.list()), assets.list().pages(), assets.watch(IMAGE)):
                    async with contextlib.aclosing(items):
                        async for _ in items:
                            break
                    del items
                gc.collect()
                await trio.lowlevel.checkpoint()

        with pytest.MonkeyPatch.context() as patch:
            unraisable = []
            patch.setattr(sys, "unraisablehook", unraisable.append)
            trio.run(leave)
        assert unraisable == []

    def test_trio(self, server, tmp_path):
        """All but wait_many, which says so."""

        async def many():
            async with babou.AsyncClient(server.api_key, base_url=server.base_url) as client:
                async for _ in client.assets.wait_many([IMAGE]):
                    pass

        trio.run(self.use, server, tmp_path)
        with pytest.raises(babou.ConfigurationError, match="wait_many needs asyncio"):
            trio.run(many)

    def test_one_client_in_several_event_loops(self, server):
        """Connections, and turns, are those of a loop: with more calls than turns as well."""
        told = run(LOOPS, key=server.api_key, url=server.base_url)
        assert int(told) <= 40, told

    def test_what_an_ended_event_loop_left_open_is_closed_by_the_next(self, server):
        """No connection waits for the garbage collector."""
        client = babou.AsyncClient(server.api_key, base_url=server.base_url)
        here = client._runner.transport._here
        asyncio.run(client.assets.get(IMAGE))
        [kept] = here.pool.empty()
        here.pool.keep(kept)
        asyncio.run(client.assets.get(IMAGE))
        assert kept._network.fileno() == -1
        asyncio.run(client.close())
        assert not here.pool.empty()


LOOPS = """
import asyncio, os, babou
client = babou.AsyncClient(KEY, base_url=URL)

async def fifty():
    return await asyncio.gather(*(client.assets.get("ast_demo_image") for _ in range(50)))

for _ in range(6):
    assert {asset.id for asset in asyncio.run(fifty())} == {"ast_demo_image"}
print(len(os.listdir("/proc/self/fd")))  # those of the loops before are closed
asyncio.run(client.close())
"""


def test_first_use_from_many_threads_and_loops_at_once(server):
    """Synchronous and asynchronous clients, each with its first call at the same moment."""
    barrier, seen = threading.Barrier(12), []
    clients = [babou.Client(server.api_key, base_url=server.base_url) for _ in range(2)]

    def synchronous(client):
        barrier.wait()
        seen.append(client.assets.get(IMAGE).id)

    def asynchronous():
        async def fetch():
            async with babou.AsyncClient(server.api_key, base_url=server.base_url) as client:
                seen.append((await client.assets.get(IMAGE)).id)

        barrier.wait()
        asyncio.run(fetch())

    threads = [threading.Thread(target=synchronous, args=(client,)) for client in clients * 3]
    threads += [threading.Thread(target=asynchronous) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [IMAGE] * 12
    for client in clients:
        client.close()


FORK = """
import asyncio, os, babou
ids = IDS
{make}
for asset_id in ids:
    assert fetch(asset_id) == asset_id  # a connection is kept
child = os.fork()
mine = ids[0] if child else ids[1]
wrong = sum(fetch(mine) != mine for _ in range(100))
{close}
if not child:
    os._exit(1 if wrong else 0)
assert not wrong
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
"""
SYNC = {
    "make": "client = babou.Client(KEY, base_url=URL)\nfetch = lambda i: client.assets.get(i).id",
    "close": "client.close()",
}
ASYNC = {
    "make": (
        "client = babou.AsyncClient(KEY, base_url=URL)\nrunner = asyncio.Runner()\n"
        "fetch = lambda i: runner.run(client.assets.get(i)).id"
    ),
    "close": "if child:\n    runner.run(client.close()); runner.close()",
}


@pytest.mark.parametrize("kind", [SYNC, ASYNC], ids=["sync", "async"])
def test_a_child_process_does_not_read_its_parents_answers(server, kind):
    """A fork copies kept connections; the child drops them, and makes its own."""
    ids = [server.add(), server.add()]
    if kind is ASYNC:  # an event loop cannot be used in both processes: the child makes one
        kind = kind | {"make": kind["make"] + "\nos.register_at_fork(after_in_child=renew)"}
        kind["make"] = (
            "def renew():\n    global runner\n    asyncio._set_running_loop(None)\n"
            "    runner = asyncio.Runner()\n" + kind["make"]
        )
    code = FORK.replace("{make}", kind["make"]).replace("{close}", kind["close"])
    run(code, ids=ids, key=server.api_key, url=server.base_url)


FORK_UNDER_LOCK = """
import os, signal, babou
budget = babou.RateBudget(1000)
client = babou.Client(KEY, base_url=URL, budget=budget)
client.assets.get("ast_demo_image")  # a connection is kept
with client._runner.transport._pool._lock, budget._lock():  # as another thread may at any time
    child = os.fork()
    if not child:
        os._exit(client.assets.get("ast_demo_image").id != "ast_demo_image")
signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
signal.alarm(20)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
client.close()
"""


def test_a_fork_while_another_thread_calls_does_not_hang(server):
    """The child has the locks as they were, and not the thread that would release them."""
    run(FORK_UNDER_LOCK, key=server.api_key, url=server.base_url)


GEVENT = """
import gevent.monkey
gevent.monkey.patch_all()
import gevent, babou, tempfile
client = babou.Client(KEY, base_url=URL)
jobs = [gevent.spawn(client.assets.get, "ast_demo_image") for _ in range(30)]
gevent.joinall(jobs, timeout=60)
assert [job.value.id for job in jobs] == ["ast_demo_image"] * 30
assert [r.asset_id for r in client.assets.wait_many(["ast_demo_image"])] == ["ast_demo_image"]
with tempfile.TemporaryDirectory() as folder:
    assert client.assets.download("ast_demo_image", folder).stat().st_size
named = babou.Client(KEY, base_url=URL.replace("127.0.0.1", "localhost"))
assert named.assets.get("ast_demo_image").is_ready
named.close()
client.close()
print("done")
"""


def test_a_program_that_gevent_has_patched():
    """Sockets, threads, locks and selectors are gevent's there."""
    with MockServer() as server:
        assert run(GEVENT, key=server.api_key, url=server.base_url) == "done\n"

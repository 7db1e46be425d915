"""Which engine sends, and what is told of those that can do less."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from pyreqwest.client import SyncClientBuilder

import babou
from babou import _engines, _pyreqwest_engine, _threads

IMAGE = "ast_demo_image"
PATIENCE = 10.0


def engine_of(client):
    return type(client._runner.engine).__name__


@pytest.mark.parametrize("kind", [babou.Client, babou.AsyncClient])
@pytest.mark.parametrize(
    ("installed", "choice", "expected"),
    [
        (True, None, "PyreqwestEngine"),
        (True, "httpx", "HttpxEngine"),
        (True, "pyreqwest", "PyreqwestEngine"),
        (False, None, "HttpxEngine"),
        (False, "httpx", "HttpxEngine"),
    ],
)
def test_the_fastest_that_is_installed_is_used_or_the_one_named(
    monkeypatch, kind, installed, choice, expected
):
    """Installing the extra `fast` is all that it takes, and a name chooses the other."""
    monkeypatch.setattr(_engines, "find_spec", lambda _name: object() if installed else None)
    assert engine_of(kind("sk-bab-1", engine=choice)).removeprefix("Async") == expected


@pytest.mark.parametrize("kind", [babou.Client, babou.AsyncClient])
def test_an_engine_that_is_not_there_is_an_error(monkeypatch, kind):
    """Who names an engine gets that one, or is told how to."""
    with pytest.raises(babou.ConfigurationError, match="not 'requests'"):
        kind("sk-bab-1", engine="requests")
    monkeypatch.setattr(_engines, "find_spec", lambda _name: None)
    with pytest.raises(babou.ConfigurationError, match=r"pip install .babou\[fast\]"):
        kind("sk-bab-1", engine="pyreqwest")


def test_an_engine_that_was_named_is_closed_with_its_client(server, open_door):
    """The client made it, by name or not."""
    door = open_door()
    door("get", IMAGE)
    door.close_client()
    with pytest.raises(babou.ClientClosedError):
        door("get", IMAGE)


@pytest.mark.parametrize("method", ["get", "wait", "download"])
def test_ctrl_c_is_heard_while_the_server_is_silent(server, engine, tmp_path, monkeypatch, method):
    """Nobody has to wait for a deadline to stop a program."""
    asset_id = server.add(content=b"x" * 100)
    if method == "download":
        server.fault("storage_stall", asset_id=asset_id, after=10)
    else:
        server.fault("never_answers", asset_id=asset_id)
    client = babou.Client(server.api_key, base_url=server.base_url, engine=engine, timeout=60.0)

    def interrupt():
        while not server.requests:
            time.sleep(0.01)
        time.sleep(0.2)  # a download's second request
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    began = time.monotonic()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        getattr(client.assets, method)(asset_id)
    assert time.monotonic() - began < PATIENCE
    interrupting.join()
    client.close()


FORKED = """
import os, sys, babou
client = babou.Client("{key}", base_url="{url}", engine="{engine}")
assert client.assets.get("ast_demo_image").is_ready
if os.fork():
    raise SystemExit(os.waitstatus_to_exitcode(os.wait()[1]))
if "{which}" == "another":
    client = babou.Client("{key}", base_url="{url}", engine="{engine}")
try:
    client.assets.get("ast_demo_image")
    client.close()
except babou.ConfigurationError as error:
    client.close()
    print(error)
    os._exit(3)
os._exit(0)
"""


@pytest.mark.parametrize("which", ["the same", "another"])
def test_a_forked_process_is_told_that_pyreqwest_cant_follow(server, engine, which):
    """It would wait for ever; it is told how to go on instead. httpx follows."""
    code = FORKED.format(key=server.api_key, url=server.base_url, engine=engine, which=which)
    done = run(code)
    expected = {"httpx": (0, ""), "pyreqwest": (3, 'use engine="httpx"')}[engine]
    assert (done.returncode, done.stderr) == (expected[0], "")
    assert expected[1] in done.stdout


LEAVING = """
import asyncio, threading, time, babou

class Slow(asyncio.SelectorEventLoop):
    def call_soon_threadsafe(self, *arguments, **options):
        super().call_soon_threadsafe(*arguments, **options)
        if threading.current_thread() is not threading.main_thread():
            print("in", flush=True)
            time.sleep(0.3)  # meanwhile the main thread has its result, and goes on to the end
            print("out", flush=True)

async def main():
    async with babou.AsyncClient("{key}", base_url="{url}", engine="{engine}") as client:
        await client.assets.get("ast_demo_image")

with asyncio.Runner(loop_factory=Slow) as runner:
    runner.run(main())
"""


def test_a_program_that_ends_at_once_leaves_no_thread_in_python(server, engine):
    """The interpreter would tear pyreqwest's thread out of it, which can end in an abort."""
    done = run(LEAVING.format(key=server.api_key, url=server.base_url, engine=engine))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("in") == done.stdout.count("out")


def test_leaving_is_for_the_process_that_made_calls(monkeypatch):
    """In a child process there is no such thread, and waiting for it would never end."""
    built = []
    monkeypatch.setattr(
        _pyreqwest_engine, "SyncClientBuilder", lambda: built.append(1) or SyncClientBuilder()
    )
    _pyreqwest_engine._let_it_leave(os.getpid())
    assert len(built) == 1
    _pyreqwest_engine._let_it_leave(0)
    assert len(built) == 1


@pytest.fixture
def one_answer():
    """Return a function that serves some bytes once, to whoever connects."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(answer):
        def run():
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield serve
    listening.close()


@pytest.mark.parametrize("value", ["café".encode(), "café".encode("latin-1")], ids=["utf8", "1"])
def test_a_header_that_is_not_ascii_disturbs_no_other(one_answer, open_door, value):
    """RFC 9110, 5.5, lets servers send what is not ASCII; only that value may be lost."""
    body = b'{"error": "Asset not found", "code": "NOT_FOUND"}'
    url = one_answer(
        b"HTTP/1.1 404 No\r\nX-Name: %b\r\nX-Request-Id: r-1\r\nVary: a\r\nVary: b\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (value, len(body), body)
    )
    with pytest.raises(babou.NotFoundError) as caught:
        open_door(base_url=url, max_retries=0)("get", IMAGE)
    assert caught.value.request_id == "r-1"
    assert caught.value.headers["vary"] == "a, b"
    assert caught.value.headers.get("x-name", "café") == "café"


def test_a_child_process_neither_uses_nor_closes_its_parents_connections(monkeypatch):
    """Both would wait for threads that are not there."""
    clients = _pyreqwest_engine.Clients(SyncClientBuilder)
    clients.get()
    assert len(clients.made()) == 1
    monkeypatch.setattr(os, "getpid", lambda: 0)
    assert clients.made() == []
    with pytest.raises(babou.ConfigurationError, match="forked"):
        clients.get()

    class Forked:
        """What pyreqwest says in a child of a process that has used it."""

        def __getattr__(self, _name):
            return lambda *_args, **_options: self

        def build(self):
            raise RuntimeError("initialized before fork()")

    with pytest.raises(babou.ConfigurationError, match="forked"):
        _pyreqwest_engine.Clients(Forked).get()


def test_an_error_without_causes_speaks_for_itself():
    """What pyreqwest refuses by itself has no chain of causes."""
    assert _pyreqwest_engine._reason(ValueError("no")) == "no"


def test_one_client_is_kept_for_streams():
    """Downloads share connections; who changes the timeout again and again piles up nothing."""
    clients = _pyreqwest_engine.Clients(SyncClientBuilder)
    whole, first = clients.get(), clients.get(1.0)
    assert clients.get(1.0) is first
    assert clients.get(2.0) is not first
    assert clients.get() is whole
    assert len(clients.made()) == 2


def test_what_is_threadsed_goes_on_alone_and_its_thread_is_kept():
    """A cancelled action holds up nobody, and the next one needs no new thread."""
    cancel, released, done = threading.Event(), threading.Event(), threading.Event()

    def slow():
        cancel.set()
        released.wait(60)
        done.set()
        return threading.get_ident()

    with pytest.raises(ConnectionAbortedError):
        _threads.abandonable(slow, cancel)
    assert not done.is_set()
    released.set()
    assert done.wait(10)
    first = _threads.abandonable(threading.get_ident, None)
    assert _threads.abandonable(threading.get_ident, None) == first != threading.get_ident()


def test_what_an_threadsable_action_raises_is_raised():
    """The thread in between changes nothing."""
    with pytest.raises(ZeroDivisionError):
        _threads.abandonable(lambda: 1 / 0, None)
    assert _threads.abandonable(lambda: "next", None) == "next"


def test_outside_of_the_main_thread_nothing_is_handed_over():
    """Where no signal arrives, and nobody cancels, the action runs where it is called."""
    seen = []

    def call():
        seen.append(_threads.abandonable(threading.get_ident, None) == threading.get_ident())

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert seen == [True]


def test_a_thread_that_is_not_needed_ends(monkeypatch):
    """Threads are kept for a while, not for ever, and a call that comes then gets a new one."""
    monkeypatch.setattr(_threads, "_idle", [])
    monkeypatch.setattr(_threads, "_KEPT", 0.01)
    thread = _threads.abandonable(threading.current_thread, None)
    thread.join(10)
    assert not thread.is_alive()
    assert _threads._idle == []
    assert _threads.abandonable(lambda: "another", None) == "another"


ABANDONED = """
import threading, time
from babou._threads import abandonable

cancel = threading.Event()
cancel.set()

def slow():
    time.sleep(0.15)
    print("out", flush=True)

try:
    abandonable(slow, cancel)
except ConnectionAbortedError:
    print("left", flush=True)
"""


def test_what_is_abandoned_may_end_before_the_interpreter_does():
    """Coming back from a compiled library while Python is torn down aborts the process."""
    done = run(ABANDONED)
    assert (done.returncode, done.stdout, done.stderr) == (0, "left\nout\n", "")


def test_nobody_waits_long_for_what_was_abandoned(monkeypatch):
    """What a silent server holds up doesn't hold up the end of the program."""
    released, answers = threading.Event(), _threads.SimpleQueue()
    monkeypatch.setattr(_threads, "_busy", set())
    monkeypatch.setattr(_threads, "_PATIENCE", 0.02)
    _threads.start(lambda: released.wait(60), answers)
    _threads._let_them_leave()
    assert len(_threads._busy) == 1
    released.set()
    answers.get(timeout=10)
    assert not _threads._busy


def test_a_child_process_forgets_its_parents_threads(monkeypatch):
    """It has none of them."""
    monkeypatch.setattr(_threads, "_idle", [1])
    monkeypatch.setattr(_threads, "_busy", {2})
    _threads._forget()
    assert not _threads._idle
    assert not _threads._busy


CHILD = """
import os, signal
from babou._threads import abandonable
abandonable(lambda: None, None)
if os.fork():
    raise SystemExit(os.waitstatus_to_exitcode(os.wait()[1]))
signal.alarm(10)
os._exit(abandonable(lambda: 0, None))
"""


def test_a_child_process_does_not_wait_for_its_parents_threads():
    """The threads stay behind when a process forks; its child makes its own."""
    assert run(CHILD).returncode == 0


def run(code):
    command = [sys.executable, "-W", "ignore", "-c", code]  # of forking with threads
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

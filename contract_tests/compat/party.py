"""Both clients at work: a process for each version, and a server that answers by the script."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from attrs import field, frozen

from compat.model import NotJudgedError

Json = Any
KEY = "sk-bab-compat-"
_NUMBER = re.compile(rf"{KEY}(\d+)")
_DRIVER = Path(__file__).with_name("driver.py")


@frozen
class Answer:
    """What the server says."""

    body: bytes
    status: int = 200
    media: str = "application/json"
    headers: Mapping[str, str] = field(factory=dict)


@frozen
class Sent:
    """A request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Stage:
    """A server on loopback that gives each order's answer, and keeps the order's requests.

    An order is known by the number at the end of its key, wherever a client puts the key.
    """

    def __init__(self) -> None:
        self._answers: dict[int, Answer] = {}
        self._sent: dict[int, list[Sent]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def order(self, answer: Answer) -> int:
        """Keep an answer ready, and return its number."""
        with self._lock:
            number = len(self._answers)
            self._answers[number] = answer
            self._sent[number] = []
        return number

    def sent(self, number: int) -> list[Sent]:
        """Return the requests of an order."""
        return self._sent[number]

    def _reply(self, sent: Sent) -> Answer:
        text = " ".join([sent.target, *sent.headers.values()])
        found = _NUMBER.search(text)
        if found is None:  # a client that sends no key at all
            return Answer(b"", status=599)
        self._sent[int(found[1])].append(sent)
        return self._answers[int(found[1])]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        reply = self._reply

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # head and body in one write, or the client waits for the second

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = reply(Sent(self.command, self.path, headers, body))
                self.send_response_only(answer.status, "Said")
                more = {"Content-Type": answer.media} if answer.media else {}
                length = {"Content-Length": str(len(answer.body))}
                for name, value in {**more, **length, **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"" if self.command == "HEAD" else answer.body)
                self.wfile.flush()

        return Handler


class Client:
    """One version of babou in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", stage: Stage, name: str) -> None:
        self._process, self._stage, self.name = process, stage, name
        self.asked = 0

    def ask(self, do: str, **order: Json) -> Json:
        """Give an order that needs no server, and return what came of it."""
        assert self._process.stdin  # noqa: S101  (a pipe)
        assert self._process.stdout  # noqa: S101  (a pipe)
        self.asked += 1
        try:
            self._process.stdin.write(json.dumps({"do": do, **order}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        return json.loads(line)

    def meet(self, do: str, answer: Answer, **arguments: Json) -> tuple[Json, list[Sent]]:
        """Let the client make a call, and return what it made of the answer, and what it sent."""
        number = self._stage.order(answer)
        order = {"arguments": arguments, "key": f"{KEY}{number}", "base_url": self._stage.base_url}
        return self.ask(do, **order), self._stage.sent(number)

    def _ended(self) -> NotJudgedError:
        assert self._process.stderr  # noqa: S101  (a pipe)
        told = self._process.stderr.read().strip().splitlines() or ["it said nothing"]
        return NotJudgedError(f"The {self.name} client does not start: {told[-1]}")


@contextmanager
def client(python: Path | str, name: str, stage: Stage, path: str = "") -> Iterator[Client]:
    """Start a version of babou, found on `path` or installed in the interpreter's environment."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("BABOU_", "PYTHON"))}
    bare = {n: v for n, v in kept.items() if not n.lower().endswith("_proxy")}
    process = subprocess.Popen(  # noqa: S603  (every argument is this file's own)
        [python, "-P", "-W", "ignore", _DRIVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=bare | {"PYTHONPATH": path, "PYTHONUTF8": "1", "AWS_EC2_METADATA_DISABLED": "true"},
    )
    try:
        yield Client(process, stage, name)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            assert pipe  # noqa: S101  (all three are pipes)
            with suppress(BrokenPipeError):
                pipe.close()


def path_of(root: Path) -> str:
    """Return the search path on which a checkout's packages are found."""
    return os.pathsep.join([str(root / "wrapper"), str(root / "generated")])


def here() -> str:
    """Return the interpreter that runs the checkout."""
    return sys.executable

"""The process in which schemathesis makes requests: started early, told to begin, and served.

It opens no connection. What it makes comes here, and is sent like any other request of the run:
with the run's pace and its retries, to the one server, with the run's key.
"""

import base64
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import h11

from babou_contract.probing import keys
from babou_contract.probing.answers import Answer, Credential
from babou_contract.probing.asks import Call
from babou_contract.probing.failures import StoppedError
from babou_contract.probing.session import Session
from babou_contract.settings import Settings
from babou_contract.specification import spec
from babou_contract.specification.operations import Operation
from babou_contract.specification.references import Document, complete

Said = dict[str, Any]

_FAST = {"HYPOTHESIS_NO_PLUGINS": "1"}  # trio's loads all of pytest, which takes half a second
_MOST_LOST = 3  # requests in a row without an answer, after which no more are sent


def is_installed() -> bool:
    """Say whether schemathesis can be had, without importing it."""
    return importlib.util.find_spec("schemathesis") is not None


class Fuzzing:
    """The process in which schemathesis runs."""

    def __init__(self, settings: Settings, session: Session) -> None:
        self._session, self._settings = session, settings
        self._process = subprocess.Popen(
            [sys.executable, "-m", "babou_contract.probing.fuzzing_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={"HYPOTHESIS_STORAGE_DIRECTORY": tempfile.gettempdir(), **_FAST, **os.environ},
        )
        self._complaints: list[str] = []
        self._lost = 0
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        if self._process.stderr:
            self._complaints += self._process.stderr.read().splitlines()[-5:]

    def run(
        self, operations: Iterable[Operation], calls: Mapping[str, list[Call]]
    ) -> Iterator[tuple[Said, Answer | None]]:
        """Begin, send what is made, and yield what is told, with the answer that it is about.

        Raises:
            StoppedError: Nothing more can be asked.
        """
        wanted = list(operations)
        job = {
            "spec": document_of(wanted),
            "seed": self._settings.seed,
            "max_examples": self._settings.max_examples,
            "operations": [
                {"id": o.id, "path": o.path, "method": o.method, "known": _known(o, calls)}
                for o in wanted
            ],
        }
        if not self._tell(job):
            yield {"error": self._complaint("it could not be started")}, None
            return
        answer, done = None, False
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101  a pipe
        for line in stdout:
            said = json.loads(line)
            done = done or "done" in said
            if "send" in said:
                answer = self._sent(said["send"])
                self._tell(_told(answer))
            else:
                yield said, answer
        if not done:
            yield {"error": self._complaint("it ended without a word")}, None

    def _credential(self, request: Said) -> Credential | None:
        path = str(request["target"]).partition("?")[0]
        operation = spec.operation_for(request["method"], path)
        return keys.right(self._session.right, operation) if operation else None

    def _complaint(self, otherwise: str) -> str:
        self._listener.join(1)
        return " ".join(self._complaints) or otherwise

    def _tell(self, line: Said) -> bool:
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101  a pipe
        try:
            stdin.write(json.dumps(line) + "\n")
            stdin.flush()
        except OSError:
            return False
        return True

    def _sent(self, request: Said) -> Answer | None:
        try:
            answer = self._session.request(
                request["method"],
                request["target"],
                "schemathesis",
                credential=self._credential(request),
                headers=tuple((name, value) for name, value in request["headers"]),
                content=base64.b64decode(request["body"]),
            )
        except h11.LocalProtocolError:
            return None  # a header that no client could send
        self._lost = self._lost + 1 if answer.is_outage else 0
        if self._lost >= _MOST_LOST:
            raise StoppedError(f"the server is down: {answer.excerpt}")
        return answer

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                try:
                    pipe.close()
                except OSError:
                    continue


def document_of(operations: Iterable[Operation]) -> Document:
    """Return the specification with these operations and no others."""
    whole: Document = json.loads(json.dumps(complete(spec.load())))
    paths: Document = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method] = whole["paths"][one.path][one.method]
    return whole | {"paths": paths}


def _known(operation: Operation, calls: Mapping[str, list[Call]]) -> list[Said]:
    names = {parameter.name for parameter in operation.in_path}
    return [
        {name: value for name, value in call.arguments.items() if name in names}
        for call in calls.get(operation.id, ())
    ]


def _told(answer: Answer | None) -> Said:
    if answer is None or answer.raw is None:
        return {"status": None}
    return {
        "status": answer.raw.status,
        "headers": list(answer.raw.headers),
        "body": base64.b64encode(answer.raw.body).decode(),
        "seconds": answer.exchange.seconds,
    }

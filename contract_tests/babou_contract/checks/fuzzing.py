"""Schemathesis as one check: fuzzing, after the fixed questions."""

import base64
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

from babou_contract.checks.registry import NotJudgedError, Register, Tally
from babou_contract.model import Boundary, Exchange
from babou_contract.probing.observations import Observations
from babou_contract.probing.redaction import SHOWN
from babou_contract.probing.session import Session
from babou_contract.settings import Settings
from babou_contract.specification import places, spec
from babou_contract.specification.references import complete

check = Register(Boundary.spec_server)

_FOR_EVER = 1e9
_ABOUT_CONTENT = {"JsonSchemaError", "UndefinedContentType", "MissingContentType", "MalformedJson"}
_BY_STATUS = {
    "statuses-are-documented",
    "known-assets-are-found",
    "unknown-ids-are-not-found",
    "near-misses-are-not-found",
}
_TOLD_BY = {  # the checks that tell the same, and better
    "JsonSchemaError": {"bodies-obey-the-schema", "unknown-ids-are-not-found"},
    "UndefinedContentType": {"media-types-are-documented"},
    "MissingContentType": {"media-types-are-documented"},
    "MalformedJson": {"bodies-are-strict-json", "framing-is-true"},
    "ContentDeserializationError": {"bodies-are-strict-json", "framing-is-true"},
    "UndefinedStatusCode": _BY_STATUS,
    "RejectedPositiveData": _BY_STATUS,
    "ServerError": {"no-id-makes-the-server-fail"},
}


def is_installed() -> bool:
    """Say whether schemathesis can be had, without importing it."""
    return importlib.util.find_spec("schemathesis") is not None


class Fuzzing:
    """The process in which schemathesis runs: started early, told to begin, and read."""

    def __init__(self, settings: Settings, session: Session) -> None:
        self._session, self._settings = session, settings
        self._process = subprocess.Popen(
            [sys.executable, "-m", "babou_contract.probing.fuzzing_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            # Straight to the server, with this key and no other, and no traces in the folder.
            # The authority that SSL_CERT_FILE names is trusted, as everywhere else.
            env={
                "HYPOTHESIS_STORAGE_DIRECTORY": tempfile.gettempdir(),
                **(
                    {"REQUESTS_CA_BUNDLE": path}
                    if (path := os.environ.get("SSL_CERT_FILE"))
                    else {}
                ),
                **os.environ,
                "NO_PROXY": "*",
                "NETRC": os.devnull,
            },
        )
        self._complaints: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        if self._process.stderr:
            self._complaints += self._process.stderr.read().splitlines()[-5:]

    def run(self, assets: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """Begin, and yield what is told."""
        settings = self._settings
        job = {
            "base_url": self._session.base_url,
            "api_key": settings.api_key,
            "assets": list(assets),
            "seed": settings.seed,
            "max_examples": settings.max_examples,
            "timeout": settings.timeout,
            "rate_limit": settings.rate_limit,
            "seconds": min(self._session.left(), _FOR_EVER),
            "allow_unsafe_methods": settings.allow_unsafe_methods,
            "spec": _spec_with(assets),
        }
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101  both are pipes
        assert stdout is not None  # noqa: S101
        try:
            stdin.write(json.dumps(job) + "\ngo\n")
            stdin.flush()
        except OSError:
            self._listener.join(1)
            yield {"error": " ".join(self._complaints) or "it could not be started"}
            return
        told = False
        for line in stdout:
            said = json.loads(line)
            told = told or "done" in said or "stopped" in said
            yield said
        if not told:
            self._listener.join(1)
            yield {"error": " ".join(self._complaints) or "it ended without a word"}

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


def _spec_with(assets: tuple[str, ...]) -> dict[str, Any]:
    """Return the spec with known ids for examples: those of the document are somebody else's."""
    document: dict[str, Any] = json.loads(json.dumps(complete(spec.load())))
    operation = spec.asset_operation()
    for parameter in document["paths"][operation.path][operation.method]["parameters"]:
        if parameter["in"] == "path":
            parameter["example"] = assets[0]
    return document


@check("Requests that schemathesis makes out of the spec are answered as the spec says.")
def schemathesis(observations: Observations, tally: Tally) -> None:
    """Run its phases for one GET: examples, coverage, fuzzing, with the known ids among them."""
    assets = observations.settled() or observations.shown()
    observations.of("known")
    if observations.stopped or not assets:
        raise NotJudgedError(observations.stopped or "no asset was seen")
    if observations.fuzzing is None:
        raise NotJudgedError("schemathesis is not installed")
    began, last = observations.session.elapsed(), {}
    for said in observations.fuzzing.run(assets):
        tally.case(said.get("cases", 0))
        if "exchange" in said:
            exchange = _exchange(said["exchange"], began)
            observations.session.record(exchange)
            last[said["exchange"]["url"]] = exchange
        elif _TOLD_BY.get(said.get("kind", ""), set()) & observations.failed:
            tally.hidden += 1
        elif "failure" in said:
            _tell(said, last.get(said["url"]), observations, tally)
        elif "stopped" in said:
            observations.lack(said["stopped"])
        elif "error" in said:
            observations.lack(f"schemathesis: {said['error']}")


def _exchange(said: dict[str, Any], began: float) -> Exchange:
    return Exchange(
        method=said["method"],
        url=said["url"],
        headers=(("Authorization", f"Bearer {SHOWN}"),),
        status=said["status"],
        received=tuple(map(tuple, said["received"])),
        body=base64.b64decode(said["body"]),
        error=said["error"],
        started=began + said["started"],
        seconds=said["seconds"],
        purpose="schemathesis",
    )


def _tell(
    said: dict[str, Any], exchange: Exchange | None, observations: Observations, tally: Tally
) -> None:
    if exchange is None:
        exchange = Exchange(
            said["method"], said["url"], (("Authorization", f"Bearer {SHOWN}"),), said["status"]
        )
    lines = said["message"].strip().splitlines() or [said["failure"]]
    part = ["content"] if said["kind"] in _ABOUT_CONTENT else []
    where = places.answer(said["status"] or "200", *part)
    tally.disagree(
        f"schemathesis: {said['failure']}: {lines[0]}",
        expected="an answer as the spec has it",
        received=lines[0],
        detail="\n".join(lines[1:]),
        exchange=exchange,
        seed=observations.settings.seed,
        **places.at(*where),
    )

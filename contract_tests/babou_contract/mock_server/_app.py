"""The pure core: a request in, an answer out. It keeps state, and writes what is uploaded."""

import itertools
import re
import secrets
import threading
from collections import deque
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote

from attrs import evolve

from babou_contract.specification import spec

from . import handlers  # noqa: F401  each registers itself
from ._active_faults import ActiveFaults, Target, changed, rewrite
from ._arguments import WrongArgumentError, WrongPathError, arguments
from ._assets import Entry
from ._bodies import has_body, head_problem, limit_of, taken
from ._calls import HANDLERS, Call
from ._documented import error, invalid, refusal, success
from ._faults import Stage
from ._keys import Keys
from ._lifecycle import Lifecycle
from ._messages import RecordedRequest, Request, Response, Rewrite
from ._reception import Intake
from ._routes import Match, Routes
from ._storage import StoredFile, last_modified, no_such_key, not_allowed, serve
from ._store import Store

STORAGE = "/storage/"

_KEPT_REQUESTS = 100_000  # a server that runs for days stays small
_HOST = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:.]+\](:\d+)?", re.ASCII)
_MAX_TARGET = 8000  # octets; RFC 9110, 4.1 asks for at least that much


class App:
    """Assets, keys and faults, and the answers that follow from them; safe to use from threads."""

    def __init__(self, *, keys: Keys, uploads: Lifecycle, rewrite: Rewrite | None = None) -> None:
        self.base_url = ""
        self.is_everywhere = False  # whether it listens on all addresses
        self.lock = threading.RLock()
        self.store = Store(uploads)
        self.faults = ActiveFaults()
        self.recorded: deque[RecordedRequest] = deque(maxlen=_KEPT_REQUESTS)
        self.keys = keys
        self.rewrite = rewrite
        self._routes = Routes(spec.operations())
        self._request_ids = itertools.count(1)
        self._run_id = secrets.token_hex(4)

    def intake(self, request: Request) -> Intake:
        """Say what is to become of the body of a request whose head is here."""
        if not has_body(request) or request.path.startswith(STORAGE):
            return Intake()
        match = self._routes.find(request.method, request.path)
        with self.lock:
            refused = isinstance(self._checked(request, match), Response)
            if refused or match.operation is None or not match.operation.bodies:
                return Intake()
            limit, on_disk = limit_of(match.operation, request)
            intake = Intake(wanted=True, limit=limit, folder=self.store.folder if on_disk else None)
            return changed(self.faults.strike(_target(match), Stage.INTAKE), intake)

    def handle(self, request: Request) -> Response:
        """Answer a request, and record it."""
        with self.lock:
            match = self._routes.find(request.method, request.path)
            request = evolve(request, operation_id=match.operation_id)
            answer = self._answer(request, match)
        if hook := self.rewrite:  # outside the lock: the hook may wait for another thread
            answer = hook(request, answer)
        self.record(request, None if answer.wire.start != "answer" else answer.status)
        return answer

    def record(self, request: Request, status: int | None) -> None:
        """Note a request, and with which status it was answered (None: not at all)."""
        match = self._routes.find(request.method, request.path)
        recorded = RecordedRequest(
            request.method,
            request.target,
            request.headers,
            status,
            request.time,
            request.connection,
            match.operation_id,
            request.body_size,
            request.body_sha256,
        )
        with self.lock:
            self.recorded.append(recorded)

    def refusal(self, request: Request) -> Response | None:
        """Return the answer to a request without the right key; None with it."""
        code = self.keys.bearer_problem(request)
        return error(401, code) if code else None

    def _answer(self, request: Request, match: Match) -> Response:
        path = request.path
        entry = None
        if is_storage := path.startswith(STORAGE):
            entry = self.store.stored(path.removeprefix(STORAGE).partition("/")[0])
            target = Target(entry.asset.id if entry else None, is_storage=True)
        else:
            target = _target(match)
        request = changed(self.faults.strike(target, Stage.REQUEST), request)
        replaced = self.faults.strike(target, Stage.ANSWER)
        if replaced:
            answer = rewrite(replaced, request, Response())
        elif is_storage:
            answer = self._bytes(request, entry)
        else:
            answer = self._api(request, match)
        after = self.faults.strike(target, Stage.BODY, Stage.WIRE)
        answer = rewrite(after, request, answer)
        extra = [("Date", formatdate(request.time, usegmt=True))]
        if not is_storage:
            extra.append(("x-request-id", f"req_{self._run_id}{next(self._request_ids):08x}"))
        return evolve(answer, headers=(*answer.headers, *extra))

    def _api(self, request: Request, match: Match) -> Response:
        read = self._checked(request, match)
        operation = match.operation
        if isinstance(read, Response) or operation is None:
            return error(404) if not isinstance(read, Response) else read
        body = taken(operation, request)
        if isinstance(body, Response):
            return body
        handler = HANDLERS.get(operation.id)
        if handler is None:
            return success(operation)

        def show(entry: Entry) -> dict[str, Any]:
            return self._members(request, entry)

        subject = unquote(match.subject or "")
        return handler(Call(operation, request, read, body, self.store, show, subject))

    def _checked(self, request: Request, match: Match) -> dict[str, Any] | Response:
        """Return the arguments of a request, or what is wrong with it by its head alone."""
        if len(request.target) > _MAX_TARGET:
            return error(400).with_wire(close=True)
        operation = match.operation
        if code := self.keys.problem(match.security, request):
            return refusal(operation, 401, code)
        if operation is None and match.allowed:
            return error(405).with_header("Allow", ", ".join(match.allowed))
        if operation is None:
            return error(404)
        try:
            read = arguments(operation, request, match.in_path)
        except WrongArgumentError as problem:
            in_path = isinstance(problem, WrongPathError)
            return invalid(operation, str(problem), in_path=in_path)
        return head_problem(operation, request) or read

    def _members(self, request: Request, entry: Entry) -> dict[str, Any]:
        """Return the members of an asset as a request sees them, which is a read unless by HEAD."""
        state = entry.state(request.time) if request.method == "HEAD" else entry.read(request.time)
        members = entry.asset.in_state(state, base_url=self._reached_at(request))
        target = Target(entry.asset.id, request.operation_id)
        effects = self.faults.strike(target, Stage.MEMBERS)
        if not effects:
            return members
        shown: dict[str, Any] = rewrite(effects, request, Response().with_json(members)).json()
        return shown

    def _reached_at(self, request: Request) -> str:
        """Return where the storage is for who asks: on all addresses, where the request came."""
        host = request.header("host") or ""
        return f"http://{host}" if self.is_everywhere and _HOST.fullmatch(host) else self.base_url

    def _bytes(self, request: Request, entry: Entry | None) -> Response:
        if request.method not in ("GET", "HEAD"):
            return not_allowed()
        asset = entry.asset if entry else None
        if entry is None or asset is None or asset.content is None:
            return no_such_key()
        if asset.in_state(entry.state(request.time), base_url="")["url"] is None:
            return no_such_key()
        members = asset.members
        file = StoredFile(
            asset.content,
            str(members.get("content_type")),
            entry.etag,
            last_modified(members.get("created_at")),
        )
        effects = self.faults.strike(Target(asset.id, is_storage=True), Stage.FILE)
        return serve(request, changed(effects, file))


def _target(match: Match) -> Target:
    subject = None if match.subject is None else unquote(match.subject)
    return Target(subject, match.operation_id)

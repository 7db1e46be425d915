"""The pure core: a request in, an answer out. It keeps state, and does no I/O."""

import itertools
import re
import secrets
import threading
from collections import deque
from email.utils import formatdate
from urllib.parse import unquote_to_bytes

from attrs import evolve

from babou_contract.specification import spec

from ._assets import Asset, Entry
from ._faults import ActiveFaults, Stage, rewrite
from ._faults_answers import error
from ._messages import RecordedRequest, Request, Response, Rewrite
from ._storage import FileChange, StoredFile, last_modified, no_such_key, not_allowed, serve

STORAGE = "/storage/"

_KEPT_REQUESTS = 100_000  # a server that runs for days stays small
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:.]+\](:\d+)?", re.ASCII)
_MAX_TARGET = 8000  # octets; RFC 9110, 4.1 asks for at least that much


class App:
    """Assets, keys and faults, and the answers that follow from them; safe to use from threads."""

    def __init__(self, *, api_key: str, expired_key: str, rewrite: Rewrite | None = None) -> None:
        self.base_url = ""
        self.is_everywhere = False  # whether it listens on all addresses
        self.lock = threading.RLock()
        self.entries: dict[str, Entry] = {}
        self.faults = ActiveFaults()
        self.recorded: deque[RecordedRequest] = deque(maxlen=_KEPT_REQUESTS)
        self._stored: dict[str, Entry] = {}
        self._api_key = api_key
        self._expired_key = expired_key
        self._key_prefix = spec.key_prefix()
        try:
            self._before_id = spec.asset_path("")  # such as /api/v1/assets/
            self._longest_id = spec.max_id_length()
        except LookupError:  # the document has no operation that reads an asset: there are none
            self._before_id, self._longest_id = "/\n/", 0
        self._before_name = self._before_id.rstrip("/").rpartition("/")[0] + "/"
        self.rewrite = rewrite
        self._request_ids = itertools.count(1)
        self._run_id = secrets.token_hex(4)

    def put(self, asset: Asset) -> None:
        """Take in an asset, or replace the one of its id."""
        with self.lock:
            entry = Entry(asset)
            self.entries[asset.id] = self._stored[asset.storage_key] = entry

    def handle(self, request: Request) -> Response:
        """Answer a request, and record it."""
        with self.lock:
            answer = self._answer(request)
        if hook := self.rewrite:  # outside the lock: the hook may wait for another thread
            answer = hook(request, answer)
        silent = answer.wire.start != "answer"
        recorded = RecordedRequest(
            request.method,
            request.target,
            request.headers,
            None if silent else answer.status,
            request.time,
            request.connection,
        )
        with self.lock:
            self.recorded.append(recorded)
        return answer

    def _answer(self, request: Request) -> Response:
        path = request.path
        storage = path.startswith(STORAGE)
        if storage:
            entry = self._stored.get(path.removeprefix(STORAGE).partition("/")[0])
            asset_id = entry.asset.id if entry else None
        else:
            entry, asset_id = None, _asset_id(path, self._before_id)
        replaced = self.faults.strike(asset_id, Stage.ANSWER, storage=storage)
        if replaced:
            answer = rewrite(replaced, request, Response())
        elif storage:
            answer = self._bytes(request, entry)
        else:
            answer = self._api(request, asset_id)
        after = self.faults.strike(asset_id, Stage.BODY, Stage.WIRE, storage=storage)
        answer = rewrite(after, request, answer)
        extra = [("Date", formatdate(request.time, usegmt=True))]
        if not storage:
            extra.append(("x-request-id", f"req_{self._run_id}{next(self._request_ids):08x}"))
        return evolve(answer, headers=(*answer.headers, *extra))

    def _api(self, request: Request, asset_id: str | None) -> Response:
        if problem := self._problem(request, asset_id):
            return problem
        entry = self.entries.get(asset_id or "")
        if entry is None:
            return error(404)
        state = entry.state(request.time) if request.method == "HEAD" else entry.read(request.time)
        members = entry.asset.in_state(state, base_url=self._reached_at(request))
        effects = self.faults.strike(entry.asset.id, Stage.MEMBERS, storage=False)
        return rewrite(effects, request, Response().with_json(members))

    def _reached_at(self, request: Request) -> str:
        """Return where the storage is for who asks: on all addresses, where the request came."""
        host = request.header("host") or ""
        return f"http://{host}" if self.is_everywhere and _HOST.fullmatch(host) else self.base_url

    def _problem(self, request: Request, asset_id: str | None) -> Response | None:
        """Return what is wrong with the request before any asset is looked up."""
        if len(request.target) > _MAX_TARGET:
            return error(400).with_wire(close=True)
        path = request.path
        if path.startswith(self._before_name) and (refusal := self.refusal(request)):
            return refusal
        segment = path.removeprefix(self._before_id)
        if segment in {path, ""} or "/" in segment:
            return error(404)
        if request.method not in ("GET", "HEAD"):
            return error(405).with_header("Allow", "GET, HEAD")
        if asset_id is None or len(asset_id) > self._longest_id or _CONTROL.search(asset_id):
            return error(400, "VALIDATION_ERROR")
        return None

    def refusal(self, request: Request) -> Response | None:
        """Return the answer to a request without the right key; None with it."""
        scheme, _, key = (request.header("authorization") or "").partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            return error(401, "UNAUTHORIZED")
        if not key.startswith(self._key_prefix):
            return error(401, "INVALID_API_KEY_FORMAT")
        if key == self._expired_key:
            return error(401, "API_KEY_EXPIRED")
        # In a time that does not tell how much of a wrong key is right.
        right = secrets.compare_digest(key.encode("utf-8", "replace"), self._api_key.encode())
        return None if right else error(401, "UNAUTHORIZED")

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
        for effect in self.faults.strike(asset.id, Stage.FILE, storage=True):
            if isinstance(effect, FileChange):
                file = effect.change(file)
        return serve(request, file)


def _asset_id(path: str, before: str) -> str | None:
    """Return the id in a path, decoded; None where there is none, or no UTF-8."""
    segment = path.removeprefix(before)
    if segment == path or "/" in segment:
        return None
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        return None

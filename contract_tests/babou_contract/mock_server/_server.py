"""The server that a test starts: what it knows, and what can be ordered of it."""

import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from babou_contract.specification import spec, usable

from . import _demo
from ._admin import Admin
from ._app import App
from ._assets import make
from ._file import load
from ._keys import Keys, key_prefix
from ._lifecycle import Lifecycle
from ._listener import Listener
from ._messages import RecordedRequest, Rewrite
from ._service import Service


class MockServer:
    """A real HTTP server on loopback that answers like the API, or misbehaves as told.

    Use it as a context manager, or call `start` and `close`; every method is safe in any thread.

    Args:
        host: Address to listen on.
        port: Port to listen on, 0 for a free one.
        api_key: The key that is right, of the documented form; made at random where None.
        assets: Whether the documented and the demo assets are there from the start.
        admin: Whether the admin API is there, for whoever has the key.
        clock: Seconds since 1970, for lifecycles by time and for HTTP dates.
        uploads: The life of what is uploaded; by default it is uploading in the answer to the
            upload, processing in the next one that shows it, and then ready.
        rewrite: Called last with each request and its answer; returns the answer to send.
        on_request: Called with each request once it is answered, in the server's thread.

    Raises:
        ValueError: No request with this key would be accepted.
        UnusableError: The specification cannot be served; the text names the line.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | None = None,
        assets: bool = True,
        admin: bool = False,
        clock: Callable[[], float] = time.time,
        uploads: Lifecycle | None = None,
        rewrite: Rewrite | None = None,
        on_request: Callable[[RecordedRequest], None] | None = None,
    ) -> None:
        if problem := usable.problem(spec.load()):
            raise problem
        prefix = key_prefix()
        if api_key is not None and not re.fullmatch(rf"{prefix}[!-~]+", api_key):
            raise ValueError(f"a key is {prefix} and characters of ASCII, without white space")
        self.api_key = api_key or f"{prefix}mock-{secrets.token_hex(12)}"
        self.expired_key = f"{prefix}mock-expired-{secrets.token_hex(8)}"
        self.about: Mapping[str, str] = {}
        self._address = (host, port)
        keys = Keys(self.api_key, self.expired_key)
        self._app = App(keys=keys, uploads=uploads or _demo.uploads(), rewrite=rewrite)
        admins = Admin(self, self._app.refusal) if admin else None
        self._listener = Listener(Service(self._app, admins, on_request), clock)
        if assets:
            known = _demo.all_demos()
            self.about = {demo.asset.id: demo.about for demo in known}
            for demo in known:
                self._app.store.put(demo.asset)

    def __repr__(self) -> str:
        return f"<MockServer {self._app.base_url or 'not started'}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_failure: object) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        """Where the server is, `http://127.0.0.1:PORT`.

        Raises:
            RuntimeError: The server was not started.
        """
        if not self._app.base_url:
            raise RuntimeError("the mock server was not started: use it in a `with`, or start() it")
        return self._app.base_url

    @property
    def rewrite(self) -> Rewrite | None:
        """The hook that has the last word on every answer; it may be set at any time."""
        return self._app.rewrite

    @rewrite.setter
    def rewrite(self, hook: Rewrite | None) -> None:
        self._app.rewrite = hook

    @property
    def uploads(self) -> Lifecycle:
        """The life of what is uploaded; it may be set at any time."""
        return self._app.store.uploads

    @uploads.setter
    def uploads(self, lifecycle: Lifecycle) -> None:
        self._app.store.uploads = lifecycle

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The requests so far, oldest first; the last 100,000 of them."""
        with self._app.lock:
            return tuple(self._app.recorded)

    @property
    def assets(self) -> tuple[str, ...]:
        """The ids that the server knows."""
        with self._app.lock:
            return tuple(self._app.store.entries)

    def add(
        self,
        /,
        id: str | None = None,
        *,
        kind: str = "image",
        content: bytes | None = None,
        lifecycle: Lifecycle | None = None,
        allow_unknown: bool = False,
        **members: object,
    ) -> str:
        """Add an asset, or replace the one with this id; return its id.

        It is like the spec's example named `kind`, with these members changed, and its bytes are
        on this server unless `url` says where else. Members that are not yet known in a state are
        null there. A member or a state that the documentation doesn't list is taken only with
        `allow_unknown`.

        Raises:
            ValueError: There is no such kind, both `state` and `lifecycle` are given, or a member
                or a state is not documented, and not allowed either.
        """
        id = self._app.store.new_id() if id is None else id
        asset = make(
            id,
            kind=kind,
            content=content,
            lifecycle=lifecycle,
            allow_unknown=allow_unknown,
            **members,
        )
        with self._app.lock:
            self._app.store.put(asset)
        return id

    def fault(
        self,
        name: str,
        /,
        *,
        asset_id: str | None = None,
        operation_id: str | None = None,
        times: int | None = None,
        allow_unknown: bool = False,
        **parameters: object,
    ) -> None:
        """Switch a fault on: for one asset or all, for the next `times` requests or for ever.

        With `operation_id` it strikes the requests to that operation only, such as `listAssets`.
        A fault in a member that the documentation doesn't list needs `allow_unknown`.

        Raises:
            ValueError: The fault, the operation or a parameter is unknown or unusable.
        """
        with self._app.lock:
            self._app.faults.add(
                name,
                asset_id=asset_id,
                operation_id=operation_id,
                times=times,
                allow_unknown=allow_unknown,
                parameters=parameters,
            )

    def load(self, path: str | os.PathLike[str]) -> list[str]:
        """Add the assets and switch on the faults of a file in YAML or JSON; return the ids.

        Raises:
            ValueError: The file can't be read, or something in it makes no sense; the text names
                the line and the entry.
        """
        ids = load(self, Path(path))
        self.about = {**self.about, **dict.fromkeys(ids, f"from {path}")}
        return ids

    def clear_faults(self) -> None:
        """Switch all faults off."""
        with self._app.lock:
            self._app.faults.clear()

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        with self._app.lock:
            self._app.recorded.clear()

    def url_of(self, asset_id: str) -> str:
        """Return where the asset's bytes are, whatever its state.

        Raises:
            KeyError: There is no such asset.
        """
        with self._app.lock:
            asset = self._app.store.entries[asset_id].asset
        if asset.content is None:
            return str(asset.members.get("url"))
        return self.base_url + asset.storage_path

    def start(self) -> Self:
        """Listen, and serve in a thread; a server that runs already is left alone.

        Raises:
            OSError: The address cannot be had.
        """
        host, port = self._address
        if not self._listener.is_running:
            bound = self._listener.start(host, port)
            everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  only compared
            shown, self._app.is_everywhere = everywhere.get(host, host), host in everywhere
            self._app.base_url = f"http://{f'[{shown}]' if ':' in shown else shown}:{bound}"
        return self

    def close(self) -> None:
        """Stop at once, open connections included, and forget what was uploaded.

        A server that doesn't run is left alone.
        """
        self._listener.close()
        with self._app.lock:
            self._app.store.forget_uploads()

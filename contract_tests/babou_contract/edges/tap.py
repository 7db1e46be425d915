"""A client as anybody has one, with a tap between it and the network."""

import httpx
from attrs import define, field

import babou
from babou_contract.checks import NotExercisedError
from babou_contract.model import Exchange
from babou_contract.scene import Scene
from babou_contract.session import Answer
from babou_contract.wire import Headers, Raw, decoded


@define
class Tap(httpx.BaseTransport):
    """Stands between the client and the network, and keeps each answer as it came."""

    scene: Scene
    inner: httpx.BaseTransport = field(factory=httpx.HTTPTransport)
    heard: list[Answer] = field(factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, within the run's rate, and keep what comes."""
        session = self.scene.session
        session.turn()
        started = session.elapsed()
        response = self.inner.handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101  a sync transport
        content = b"".join(response.stream)
        response.close()
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in response.headers.raw)
        raw = decoded(Raw(response.status_code, headers, content))
        self.heard.append(Answer(self._exchange(request, raw, headers, started), raw))
        session.record(self.heard[-1].exchange)
        return httpx.Response(
            raw.status, headers=response.headers.raw, stream=httpx.ByteStream(content)
        )

    def close(self) -> None:
        """Close the connections."""
        self.inner.close()

    def _exchange(
        self, request: httpx.Request, raw: Raw, headers: Headers, started: float
    ) -> Exchange:
        session = self.scene.session
        hide = session.keeper.hide
        return Exchange(
            method=request.method,
            url=hide(str(request.url)),
            headers=tuple((n, hide(v)) for n, v in request.headers.items()),
            status=raw.status,
            received=tuple((n, hide(v)) for n, v in headers),
            body=session.keeper.hide_bytes(raw.body),
            started=started,
            seconds=session.elapsed() - started,
            purpose="the client's",
        )


@define
class Stranger:
    """A client as anybody has one, with a tap on its connection."""

    client: babou.Client
    tap: Tap

    def asked(self, asset_id: str) -> tuple[babou.Asset | None, babou.BabouError | None, Answer]:
        """Ask for an asset; return what the client gave or raised, and what it was made from.

        Raises:
            NotExercisedError: No answer came at all.
        """
        before = len(self.tap.heard)
        asset, error = None, None
        try:
            asset = self.client.assets.get(asset_id)
        except babou.BabouError as raised:
            error = raised
        if len(self.tap.heard) == before:
            raise NotExercisedError(f"the client got no answer: {error}")
        return asset, error, self.tap.heard[-1]


def strangers(scene: Scene, key: str | None = None) -> Stranger:
    """Return a client of the server."""
    scene.of("known")
    tap = Tap(scene)
    scene.to_close.append(tap.close)
    client = babou.Client(
        key if key is not None else scene.settings.api_key,
        base_url=scene.session.base_url,
        timeout=min(scene.settings.timeout, max(0.1, scene.session.left())),
        transport=babou.HttpxTransport(httpx.Client(transport=tap)),
    )
    return Stranger(client, tap)


@define
class AsyncTap(httpx.AsyncBaseTransport):
    """Lets an asynchronous client use the same tap."""

    tap: Tap

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send as the synchronous transport does."""
        response = self.tap.handle_request(request)
        return httpx.Response(
            response.status_code, headers=response.headers.raw, content=b"", stream=response.stream
        )

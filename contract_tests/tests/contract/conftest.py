"""A small server, right or wrong, and runs against it, without schemathesis: that takes seconds."""

import socket
import ssl
import threading

import pytest

from babou_contract import run
from babou_contract.checks import spec_server
from babou_contract.mock_server import MockServer, by_reads
from babou_contract.model import Boundary, Outcome
from babou_contract.probing import fuzzing
from babou_contract.settings import Settings

IMAGE, WAY, FAILED = "ast_testImage00001", "ast_testWay0000002", "ast_testFailed0003"


@pytest.fixture
def small_server():
    """A server with an asset that is ready, one on its way, and one that failed."""
    with MockServer(assets=False) as server:
        server.add(IMAGE)
        server.add(WAY, kind="video", lifecycle=by_reads("uploading", "processing", "ready"))
        server.add(FAILED, kind="video", state="failed")
        yield server


@pytest.fixture
def without_schemathesis(monkeypatch):
    """Leave its check out of the run."""
    monkeypatch.setattr(fuzzing, "is_installed", lambda: False)
    others = tuple(check for check in spec_server.CHECKS if check.name != "schemathesis")
    monkeypatch.setattr(spec_server, "CHECKS", others)


@pytest.fixture
def judge(small_server, without_schemathesis):
    """Return a function that checks the small server, and gives the report."""

    def check(rewrite=None, *, only=("3",), on_result=lambda _result: None, **settings):
        small_server.rewrite = rewrite
        given = {
            "base_url": small_server.base_url,
            "api_key": small_server.api_key,
            "assets": (IMAGE, WAY, FAILED),
            "timeout": 30.0,  # whatever else the machine does; what is about time gives its own
            "waived": ("listAssets", "uploadAsset"),
            **settings,
        }
        return run.run(Settings(only=frozenset(map(Boundary.parse, only)), **given), on_result)

    return check


@pytest.fixture
def failed_in():
    """Return a function that names the checks of a report that failed."""

    def names(report):
        return {
            result.check.partition("/")[2]
            for result in report.results
            if result.outcome is Outcome.failed
        }

    return names


class Front:
    """A port in front of the small server: with TLS, or closed by a request that kills it."""

    def __init__(self, inner, tls, kills):
        self._inner, self._tls, self._kills = inner, tls, kills
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self):
        """Stop listening; a last connection wakes the thread."""
        with socket.socket() as last:
            last.connect_ex(("127.0.0.1", self.port))
            self._socket.close()
        self._thread.join()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
                if self._tls:
                    connection = self._tls.wrap_socket(connection, server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                if self._socket.fileno() == -1:
                    return
                continue
            with connection:
                request = connection.recv(65536)
                if not request:
                    continue
                if self._kills(request.partition(b"\r\n")[0]):
                    self._socket.close()
                    return
                self._forward(connection, request)

    def _forward(self, connection, request):
        head, blank, rest = request.partition(b"\r\n\r\n")
        port = int(self._inner.base_url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as inner:
            inner.sendall(head + b"\r\nConnection: close" + blank + rest)
            while piece := inner.recv(65536):
                connection.sendall(piece)


@pytest.fixture
def front(small_server):
    """Return a function that opens such a port, and gives its URL."""
    opened = []

    def open_port(tls=None, kills=lambda _target: False):
        opened.append(Front(small_server, tls, kills))
        return f"{'https' if tls else 'http'}://localhost:{opened[-1].port}"

    yield open_port
    for each in opened:
        each.close()

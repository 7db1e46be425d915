"""Fixtures of the mock server's own tests: a server, its client, raw bytes; and a browser.

And what takes long to make: `made_once`.
"""

import fcntl
import os
import shutil
import socket
import ssl
import time
from functools import cache

import httpx
import pytest

from babou_contract.mock_server import MockServer
from babou_contract.specification import places, spec
from parts import pytest_addoption, pytest_collection_modifyitems

__all__ = ["pytest_addoption", "pytest_collection_modifyitems"]  # pytest's, for `--part`

# Nothing here speaks TLS, and reading the trusted certificates takes httpx 30 ms per client.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Return a function that has a folder made by the first process that asks, for all of them."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # that of the run; without workers it would be that of all runs

    def made(name, make):
        root = shared / name
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not root.exists():
                aside = shared / f"{name}-in-{os.getpid()}"
                make(aside)
                aside.rename(root)
        return root

    return made


@pytest.fixture
def mock_server():
    with MockServer() as server:
        yield server


@pytest.fixture
def open_api():
    """Return a function that opens a client of a server, with its key unless told otherwise."""
    clients = []

    def connect(server, **headers):
        headers = {"Authorization": f"Bearer {server.api_key}"} | headers
        base_url = f"{server.base_url}/api/v1/assets/"
        client = httpx.Client(
            base_url=base_url, headers=headers, timeout=5, trust_env=False, verify=NO_TLS
        )
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def mock_api(mock_server, open_api):
    return open_api(mock_server)


@pytest.fixture
def storage():
    """Return a client without any key, as a download has it."""
    with httpx.Client(timeout=5, trust_env=False, verify=NO_TLS) as client:
        yield client


@pytest.fixture
def raw():
    """Return a function that sends bytes to a server and returns all that comes until it closes."""

    def exchange(server, sent):
        url = httpx.URL(server.base_url)
        with socket.create_connection((url.host, url.port), timeout=5) as connection:
            connection.sendall(sent)
            received = b""
            while part := connection.recv(65536):
                received += part
        return received

    return exchange


@pytest.fixture
def head():
    """Return a function that writes the head of a GET with the key, as bytes."""

    def write(server, asset_id="ast_demo_image", *more):
        lines = [
            f"GET /api/v1/assets/{asset_id} HTTP/1.1",
            "Host: mock",
            f"Authorization: Bearer {server.api_key}",
            *more,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    return write


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Start Chromium, without a window and without anything it would ask the network for."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.fail(
            "Chromium and its chromedriver are missing; `nox -s docs` says how to come by them"
        )
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "disable-dev-shm-usage",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "lang=en-US",
        f"user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # Its own driver: Selenium would otherwise look for one, and tell its makers that it did.
    neutral = os.environ | {"TZ": "UTC", "LC_ALL": "C.UTF-8", "SE_OFFLINE": "true"}
    service = webdriver.ChromeService(executable_path=driver, env=neutral)
    running = webdriver.Chrome(options=options, service=service)
    yield running
    running.quit()


@pytest.fixture
def emulate():
    """Return a function that has the browser be a phone or a desk, light or dark, a printer."""

    def emulate_it(browser, size=None, scheme="light", media=""):
        if size:
            width, height = size
            browser.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
            )
        else:
            browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": media, "features": features}
        )

    return emulate_it


# The driver may say that a page is there while it is loading still, or before it was drawn for
# the first time; its address, its state and its first paint are the page's own.
ARRIVED = """
const painted = performance.getEntriesByName('first-contentful-paint').length > 0;
const at = [location.href, document.readyState, painted || location.href === 'about:blank'];
return at[0] === arguments[0] && at[1] === 'complete' && at[2] ? null : at;
"""


@pytest.fixture
def arrive():
    """Return a function that opens an address, and returns when its page can be looked at."""

    def go(browser, url, seconds=30):
        browser.get(url)
        end = time.monotonic() + seconds
        while at := browser.execute_script(ARRIVED, url):
            assert time.monotonic() < end, f"{url}: address, state and whether it was drawn: {at}"
            time.sleep(0.01)

    return go


@pytest.fixture
def edit_once(monkeypatch):
    """Return a function that edits the specification, once, and gives the line of the edit."""

    def edit(old, new):
        before, once, after = spec.text().partition(old)
        assert once
        assert old not in after
        monkeypatch.setattr(spec, "text", lambda: before + new + after)
        # Read anew, by functions that remember nothing of the one before.
        monkeypatch.setattr(spec, "load", cache(spec.load.__wrapped__))
        monkeypatch.setattr(places, "_tree", cache(places._tree.__wrapped__))
        return before.count("\n") + 1

    return edit


@pytest.fixture(
    params=[
        ("openapi: 3.1.0", "openapi: 3.0.3", "openapi is 3.0.3: only OpenAPI 3.1 is supported"),
        ("^2[0-9]{3}-", r"^\p{L}", r"Python cannot read the pattern ^\p{L}: bad escape \p"),
        (
            '- $ref: "#/components/schemas/AssetState',
            '- $ref: "#/components/schemas/State',
            "the reference #/components/schemas/State leads",
        ),
    ],
    ids=["version", "pattern", "reference"],
)
def unusable(edit_once, request):
    """Make the specification one that no value can be held against: its line, what is told."""
    old, new, told = request.param
    return edit_once(old, new), told


@pytest.fixture
def no_yaml(edit_once):
    """Make the specification one that cannot be read: its line, what is told."""
    return edit_once("bearerFormat: sk-bab-*", "bearerFormat: [}"), "it is not YAML: "

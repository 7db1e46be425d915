"""What tests with real engines share: programs on a page, and processes that can be killed."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from babou_contract.mock_server import MockServer
from page_blocks import blocks

ROOT = Path(__file__).parents[3]
ENDS = (b'"ready"', b'"error"', b'"failed"')


@pytest.fixture
def ended():
    """Return how often each asset was sent in a state that ends its wait, by its path."""
    return Counter()


@pytest.fixture
def server(ended):
    """Return a mock server that counts, for each asset, how often it said that a wait is over."""

    def count(request, response):
        if any(b'"state": ' + end in response.body for end in ENDS):
            ended[request.path.rpartition("/")[2]] += 1
        return response

    with MockServer(rewrite=count) as running:
        yield running


@pytest.fixture
def page(tmp_path):
    """Return a function that writes the named blocks of a page as files, and returns the folder."""

    def write(name):
        for block in blocks((ROOT / "docs" / "guide" / name).read_text(encoding="utf-8")):
            if block.title:
                (tmp_path / block.title).write_text(block.code, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a program of Python; its output is in `NAME.log`."""
    running = []

    def begin(*command, environment, name):
        log = (tmp_path / f"{name}.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, *command], cwd=tmp_path, env=environment, stdout=log, stderr=log
        )
        running.append((process, log))
        return process

    yield begin
    for process, log in running:
        process.kill()
        process.wait()
        log.close()


@pytest.fixture
def eventually():
    """Return a function that waits until something is the case, and fails when that takes long."""

    def wait(what, seconds=60.0):
        end = time.monotonic() + seconds
        while not (found := what()):
            assert time.monotonic() < end, "it did not come to that"
            time.sleep(0.02)
        return found

    return wait


@pytest.fixture
def environment(server, tmp_path):
    """Return the environment of a worker: the key, and nothing that would leave this machine."""
    scripts = str(Path(sys.executable).parent)
    return {
        "PATH": os.pathsep.join((scripts, os.environ["PATH"])),
        "HOME": str(tmp_path),
        "BABOU_API_KEY": server.api_key,
        "BABOU_BASE_URL": server.base_url,
    }

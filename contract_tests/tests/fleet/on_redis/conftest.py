"""Redis as a process of the tests' own, on a free port, that can be killed and started again."""

import socket
import subprocess
import time

import pytest
from redis import Redis, RedisError


class RedisServer:
    """A redis-server that writes each change to disk before it answers."""

    def __init__(self, folder):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self.client = Redis.from_url(f"{self.url}/0", decode_responses=True)
        self._folder, self._process = folder, None

    def start(self):
        """Start it, with what it kept; return once it answers."""
        persistent = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        own = ["--port", str(self.port), "--dir", str(self._folder), "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(["redis-server", *own, *persistent], stdout=-3)
        end = time.monotonic() + 20
        while True:
            try:
                return self.client.ping()
            except RedisError:
                assert time.monotonic() < end, "redis-server does not answer"
                time.sleep(0.02)

    def kill(self):
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def close(self):
        self.client.close()
        self.kill()


@pytest.fixture
def redis_server(tmp_path):
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.close()

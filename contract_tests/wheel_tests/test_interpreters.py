"""The wheel in an empty environment of each supported Python that this machine has."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
PYTHON = "Programming Language :: Python :: "
SUPPORTED = [line.removeprefix(PYTHON) for line in PROJECT["classifiers"] if PYTHON in line]

SMOKE = """
import http.server, json, threading
import babou

DOCUMENT = {
    "id": "ast_1", "name": "a.png", "url": "https://storage.test/a", "content_type": "image/png",
    "size": 1, "state": "ready", "duration": None, "width": 2, "height": 3,
    "created_at": "2025-12-02T10:00:00Z",
}

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers["Authorization"] == "Bearer sk-bab-secret"
        error = {"error": "Unauthorized", "code": "UNAUTHORIZED"}
        body = json.dumps(DOCUMENT if known else error).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
with babou.Client("sk-bab-secret", base_url=url) as client:
    asset = client.assets.get("ast_1")
    assert asset.is_ready and asset.to_dict() == DOCUMENT, asset
    assert "secret" not in repr(client) + repr(vars(client))
with babou.Client("sk-bab-wrong", base_url=url) as client:
    try:
        client.assets.get("ast_1")
    except babou.AuthenticationError as error:
        print(error, babou.__version__)
"""


def interpreters():
    """Return the supported Pythons that are here, pyenv's among them."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    folders = [*os.environ["PATH"].split(os.pathsep), *map(str, pyenv.glob("*/bin"))]
    for version in SUPPORTED:
        for folder in folders:
            found = shutil.which(f"python{version}", path=folder)
            if found and _starts(found):
                yield pytest.param(found, id=version)
                break


def _starts(python):
    """Tell whether it is a Python, and not a signpost to one that is not installed."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("interpreter", list(interpreters()))
def test_the_wheel_works_by_itself(new_environment, interpreter, wheel, tmp_path):
    """Without extras: an asset, a refused key, no warning; with its extra, the command line."""
    environment = new_environment(tmp_path, interpreter=interpreter)
    environment.install(str(wheel))
    told = environment.run(str(environment.python), "-W", "error", "-c", SMOKE)
    assert "HTTP 401 UNAUTHORIZED" in told
    assert told.split()[-1] == PROJECT["version"]
    environment.install(f"{wheel}[cli]")
    assert PROJECT["version"] in environment.run("babou", "--version")
    assert "Exit codes" in environment.run("babou", "--help")
    assert "BABOU_API_KEY" in environment.run("babou", "get", "ast_1", code=2)


def test_the_supported_pythons_are_those_that_the_metadata_name():
    """The first of the classifiers is the lowest that can be installed."""
    assert PROJECT["requires-python"] == f">={SUPPORTED[0]}"

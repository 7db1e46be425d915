"""Serve fixed answers with nginx, which is fast enough not to matter."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from benchmarks.processes import ROOT, free_ports, pinned, wait_for_port

MEBIBYTE = 1 << 20
ASSET: dict[str, object] = {
    "id": "ast_abc123xyz456789012",
    "name": "uploaded-file",
    "url": "s3://babou-assets/assets/ast_abc123xyz456789012-original",
    "content_type": "image/png",
    "size": 245678,
    "state": "ready",
    "duration": None,
    "width": 1920,
    "height": 1080,
    "created_at": "2025-12-02T10:00:00Z",
}
ANSWERS: dict[str, dict[str, object]] = {
    "/api/v1/assets/": ASSET,
    "/v1/models/": {"id": "model-1", "object": "model", "created": 1700000000, "owned_by": "me"},
    "/v1/tasks/": {
        "id": "17f20503-6c24-4c16-946b-35dbbce2af2f",
        "status": "SUCCEEDED",
        "createdAt": "2025-12-02T10:00:00Z",
        "output": ["http://127.0.0.1/output"],
    },
}
"""What is answered to each peer: one small object, of the form that it expects."""

_CONFIGURATION = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 3600s;
    default_type application/json;
    sendfile on;
    tcp_nodelay on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{plain} backlog=4096;
{answers}
    }}
    server {{
        listen 127.0.0.1:{secure} ssl backlog=4096;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.pem;
{downloads}
        location /files/ {{ root {folder}; default_type application/octet-stream; }}
    }}
}}
"""


@frozen
class Server:
    """Where nginx listens."""

    url: str
    secure_url: str
    ca: Path

    @property
    def media(self) -> str:
        """Return the address of the file."""
        return f"{self.secure_url}/files/media.bin"


@contextmanager
def serve(*, cores: set[int] | None = None, media: int = 0) -> Iterator[Server]:
    """Run nginx on free ports, with a certificate for this run and a file of so many MiB."""
    import trustme  # noqa: PLC0415 (only where a server is run)

    program = _program()
    with tempfile.TemporaryDirectory(prefix="babou-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the worker process may run as another user
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
            folder / "server.pem"
        )
        (folder / "files").mkdir()
        with (folder / "files" / "media.bin").open("wb") as file:
            for _ in range(media):
                file.write(os.urandom(MEBIBYTE))
        plain, secure = free_ports(2)
        urls = f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}"
        server = Server(*urls, folder / "ca.pem")
        download = {**ASSET, "url": server.media, "size": media * MEBIBYTE}
        text = _CONFIGURATION.format(
            folder=folder,
            plain=plain,
            secure=secure,
            answers=_locations(ANSWERS),
            downloads=_locations({"/api/v1/assets/": download}),
        )
        (folder / "nginx.conf").write_text(text, "utf-8")
        process = subprocess.Popen(
            [program, "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=pinned(cores),
        )
        try:
            wait_for_port(plain, process)
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def _program() -> str:
    """Return nginx's path; install it where it is missing and that can be done."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    if not shutil.which("nginx", path=path):
        script = ROOT / "contract_tests" / "install_debian.py"
        subprocess.run([sys.executable, script, "nginx-light", "curl"], check=False)
    program = shutil.which("nginx", path=path)
    if program is None:
        raise RuntimeError("nginx is missing: install the Debian package nginx-light")
    return program


def _locations(answers: dict[str, dict[str, object]]) -> str:
    """Return nginx's words for answers that name what was asked for."""
    return "\n".join(
        f"        location ~ ^{path}(?<asked>[^/]+)$ {{ return 200 '{_asked(body)}'; }}"
        for path, body in answers.items()
    )


def _asked(body: dict[str, object]) -> str:
    return json.dumps({**body, "id": "$asked"})

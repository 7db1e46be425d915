"""Write all files of a report, or none of them."""

import html
import json
from collections.abc import Iterable
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote

from babou_contract.model import Report, to_json
from babou_contract.report import _html, _junit


class SecretFoundError(Exception):
    """A secret would have been written; nothing was."""


def write_reports(report: Report, directory: Path, secrets: Iterable[str] = ()) -> tuple[Path, ...]:
    """Write contract.json, junit.xml and report.html, and return their paths in this order.

    The directory is made where it is missing. Each file replaces an older one in one step, and only
    when all are complete.

    Raises:
        SecretFoundError: One of `secrets` is in what would be written; nothing is then.
        OSError: The directory cannot be written to.
    """
    secrets = tuple(secrets)
    texts = {
        "contract.json": _as_json(report),
        "junit.xml": _junit.render(report),
        "report.html": _html.render(report),
    }
    check_secrets(texts, secrets)
    _check_bodies(report, secrets)  # in Base64 or hexadecimal a secret is not seen
    directory.mkdir(parents=True, exist_ok=True)
    return _put(texts, directory)


def check_secrets(texts: dict[str, str], secrets: Iterable[str]) -> None:
    """Look for secrets in named texts, as they are and as JSON, HTML, XML and URLs spell them.

    Raises:
        SecretFoundError: There is one; the message names the text and not the secret.
    """
    spellings = {spelled for secret in filter(None, secrets) for spelled in _spellings(secret)}
    for name, text in texts.items():
        if any(spelled in text for spelled in spellings):
            raise SecretFoundError(
                f"{name} would hold the API key; nothing was written. "
                "Look at where the server repeats it."
            )


def _spellings(secret: str) -> set[str]:
    return {
        secret,
        json.dumps(secret)[1:-1],
        html.escape(secret),
        html.escape(secret, quote=False),
        quote(secret, safe="", errors="surrogatepass"),
    }


def _check_bodies(report: Report, secrets: Iterable[str]) -> None:
    shown = [found.exchange for found in report.disagreements if found.exchange]
    bodies = {sent.body for sent in (*report.exchanges, *shown)}
    check_secrets(
        {f"answer {n}": body.decode("latin-1") for n, body in enumerate(bodies, 1)}, secrets
    )


def _as_json(report: Report) -> str:
    """Return the report with a line for each member and for each item of its lists.

    It can be searched by line, and is written five times as fast as with an indent.
    """
    members = []
    for name, value in to_json(report).items():
        is_list = value and isinstance(value, list)
        told = "[\n" + ",\n".join(map(json.dumps, value)) + "\n]" if is_list else json.dumps(value)
        members.append(f"{json.dumps(name)}: {told}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def _put(texts: dict[str, str], directory: Path) -> tuple[Path, ...]:
    waiting = {directory / name: directory / f".{name}.{token_hex(8)}" for name in texts}
    try:
        for text, temporary in zip(texts.values(), waiting.values(), strict=True):
            with temporary.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        for path, temporary in waiting.items():
            temporary.replace(path)
    finally:
        for temporary in waiting.values():
            temporary.unlink(missing_ok=True)
    return tuple(waiting)

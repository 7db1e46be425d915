"""The request of an exchange as a line for a shell: run, it shows what came again."""

import re
import shlex

from babou_contract.model import Exchange

_MOST_BYTES = 2000  # a longer body is cut: the line is for a person
_LEFT_TO_CURL = {"accept", "accept-encoding", "connection", "host", "user-agent"}


def curl(exchange: Exchange) -> str:
    """Return the request as a line for a shell, in which the key is a variable."""
    words = ["curl", "-sS", "-i", "--globoff", "--path-as-is"]
    if exchange.method == "HEAD":
        words.append("--head")
    elif exchange.method != "GET":
        words += ["-X", exchange.method]
    words += _encoding(exchange)
    words += _body(exchange.sent)
    words.append(shlex.quote(exchange.url))
    for name, value in exchange.headers:
        if name.lower() not in _LEFT_TO_CURL:
            words += ["-H", _quoted(f"{name}: {value}" if value else f"{name};")]
    return _before(exchange.sent) + " ".join(words)


def _body(sent: bytes) -> list[str]:
    """Send a body as it was: a text in the line, bytes from a pipe."""
    if not sent:
        return []
    return ["--data-binary", "@-" if _is_binary(sent) else shlex.quote(sent.decode())]


def _before(sent: bytes) -> str:
    """Return what writes a body of bytes into the pipe."""
    if not _is_binary(sent):
        return ""
    octal = "".join(f"\\{byte:03o}" for byte in sent[:_MOST_BYTES])
    return f"printf '{octal}' | "


def _is_binary(sent: bytes) -> bool:
    return sent.startswith(b"@") or not sent.decode("latin-1").isprintable() or not sent.isascii()


def _encoding(exchange: Exchange) -> list[str]:
    """Ask for the encoding where it matters: curl by itself asks for none."""
    asked = next((v for n, v in exchange.headers if n.lower() == "accept-encoding"), "")
    if exchange.header("content-encoding") is None and asked != "identity":
        return []
    if re.search(r"\bgzip\b", asked):
        return ["--compressed"]  # which complains of a body that is not what its header says
    return ["-o", "-", "-H", shlex.quote(f"Accept-Encoding: {asked}")]


def _quoted(text: str) -> str:
    """Quote for a shell, and leave the key's variable, as `probes` wrote it, to be filled in."""
    return f'"{text}"' if "BABOU_API_KEY" in text else shlex.quote(text)

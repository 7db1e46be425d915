"""The request of an exchange as a line for a shell: run, it shows what came again."""

import re
import shlex

from babou_contract.model import Exchange

_LEFT_TO_CURL = {"accept", "accept-encoding", "connection", "host", "user-agent"}


def curl(exchange: Exchange) -> str:
    """Return the request as a line for a shell, in which the key is a variable."""
    words = ["curl", "-sS", "-i", "--globoff", "--path-as-is"]
    if exchange.method == "HEAD":
        words.append("--head")
    elif exchange.method != "GET":
        words += ["-X", exchange.method]
    words += _encoding(exchange)
    words.append(shlex.quote(exchange.url))
    for name, value in exchange.headers:
        if name.lower() not in _LEFT_TO_CURL:
            words += ["-H", _quoted(f"{name}: {value}" if value else f"{name};")]
    return " ".join(words)


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

"""The request of an exchange as a line for a shell: run, it shows what came again."""

import re
import shlex

from babou_contract.model import Exchange

_MOST_BYTES = 2000  # a longer body is cut: the line is for a person
_LEFT_TO_CURL = {
    *("accept", "accept-encoding", "connection", "content-length", "host", "user-agent")
}


def curl(exchange: Exchange) -> str:
    """Return the request as a line for a shell, in which the key is a variable."""
    words = ["curl", "-sS", "-i", "--globoff", "--path-as-is"]
    if exchange.method == "HEAD":
        words.append("--head")
    elif exchange.method != "GET":
        words += ["-X", exchange.method]
    words += _encoding(exchange)
    source, body = _body(exchange)
    words += [*body, _quoted(exchange.url)]
    for name, value in exchange.headers:
        if name.lower() not in _LEFT_TO_CURL:
            words += ["-H", _quoted(f"{name}: {value}" if value else f"{name};")]
    if body and not _value(exchange, "content-type"):
        words += ["-H", "Content-Type:"]  # or curl sends one of its own
    return source + " ".join(words)


def _body(exchange: Exchange) -> tuple[str, list[str]]:
    """Return what writes a body into a pipe, if that is needed, and the arguments that send it."""
    sent, announced = exchange.sent, int(_value(exchange, "content-length") or 0)
    from_pipe = ["--data-binary", "@-"]
    if announced and not sent:
        return f"head -c {announced} /dev/zero | ", from_pipe
    if len(sent) > _MOST_BYTES and len(set(sent)) == 1:
        return f"head -c {len(sent)} /dev/zero | tr '\\0' '\\{sent[0]:03o}' | ", from_pipe
    if _is_binary(sent):
        octal = "".join(f"\\{byte:03o}" for byte in sent[:_MOST_BYTES])
        return f"printf '{octal}' | ", from_pipe
    return "", ["--data-binary", shlex.quote(sent[:_MOST_BYTES].decode())] if sent else []


def _is_binary(sent: bytes) -> bool:
    return sent.startswith(b"@") or not sent.decode("latin-1").isprintable() or not sent.isascii()


def _value(exchange: Exchange, header: str) -> str:
    return next((value for name, value in exchange.headers if name.lower() == header), "")


def _encoding(exchange: Exchange) -> list[str]:
    """Ask for the encoding where it matters: curl by itself asks for none."""
    asked = _value(exchange, "accept-encoding")
    if exchange.header("content-encoding") is None and asked != "identity":
        return []
    if re.search(r"\bgzip\b", asked):
        return ["--compressed"]  # which complains of a body that is not what its header says
    return ["-o", "-", "-H", shlex.quote(f"Accept-Encoding: {asked}")]


def _quoted(text: str) -> str:
    """Quote for a shell, and leave the key's variable, as `probes` wrote it, to be filled in."""
    return f'"{text}"' if "BABOU_API_KEY" in text else shlex.quote(text)

"""Why no answer came, in words for a person."""

import socket
import ssl
from enum import Enum

import h11


class Failure(Enum):
    """How it came that there is no answer."""

    refused = "no connection"
    lost = "the connection was lost, or something else than an answer came"
    slow = "no whole answer in time"
    unusable = "no address, no TLS, or no certificate that is trusted"


class NotJudgedError(Exception):
    """A check could not see what it has to: the server refused, failed, or was too slow."""


class StoppedError(NotJudgedError):
    """Nothing more can be asked in this run; the text says why."""


class WireError(Exception):
    """No whole answer came; the text says why, in words for a person."""

    def __init__(self, text: str, failure: Failure) -> None:
        super().__init__(text)
        self.failure = failure


def told(error: OSError | UnicodeError | h11.RemoteProtocolError, begun: bytes) -> WireError:
    """Say in words why no answer came; `begun` are the first bytes of what did."""
    if isinstance(error, ssl.SSLCertVerificationError):
        text = (
            f"the server's certificate is not trusted ({error.verify_message}). If it should be, "
            "name the file with its authority's certificate in SSL_CERT_FILE"
        )
        return WireError(text, Failure.unusable)
    if isinstance(error, ssl.SSLError):
        why = (error.reason or str(error)).replace("_", " ").lower()
        text = f"the port does not speak TLS as it should ({why}): is it http://, not https://?"
        return WireError(text, Failure.unusable)
    if isinstance(error, (socket.gaierror, UnicodeError)):
        why = getattr(error, "strerror", None) or str(error)
        return WireError(f"the host's name has no address ({why})", Failure.unusable)
    if begun:
        return WireError(f"what came is no whole HTTP answer: {begun!r}", Failure.lost)
    if isinstance(error, (h11.RemoteProtocolError, ConnectionResetError, BrokenPipeError)):
        how = "closed" if isinstance(error, h11.RemoteProtocolError) else "reset"
        return WireError(f"the server {how} the connection without an answer", Failure.lost)
    refused = isinstance(error, ConnectionRefusedError)
    why = "the connection was refused" if refused else f"no connection is possible ({error})"
    return WireError(why, Failure.refused)

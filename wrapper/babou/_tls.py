"""The one TLS context of all clients, made when the first connection needs it.

Reading the certificate authorities costs more than a hundred requests. So what httpx and httpcore
are given when a client is made is `LATE`, which trusts nobody, and the network streams put the real
one in its place when they begin a handshake.
"""

from __future__ import annotations

import functools
import ssl

import httpx

from babou._errors import ConfigurationError

LATE = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def in_time(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return the context to use for a handshake: that of all clients in the place of `LATE`."""
    return _shared() if context is LATE else context


@functools.cache
def _shared() -> ssl.SSLContext:
    try:
        context = httpx.create_ssl_context()
    except (ValueError, OSError) as error:
        raise ConfigurationError(
            f"The environment's certificate settings cannot be used: {error}. "
            "Look at SSL_CERT_FILE and SSL_CERT_DIR."
        ) from error
    context.set_alpn_protocols(["http/1.1"])
    return context

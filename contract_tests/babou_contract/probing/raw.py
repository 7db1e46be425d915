"""An answer as it came, and what its Content-Encoding hides."""

import zlib

from attrs import evolve, frozen

Headers = tuple[tuple[str, str], ...]

MAX_BODY = 4 << 20
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_ENCODINGS = {"gzip", "x-gzip", "deflate"}


@frozen
class Raw:
    """An answer as it came; `faults` are the lies that its framing and encoding told."""

    status: int
    headers: Headers
    body: bytes
    faults: tuple[str, ...] = ()
    reason: str = ""

    @property
    def text(self) -> bytes:
        """All that the server wrote: the reason phrase, the headers, the body."""
        head = "\n".join([self.reason, *(f"{name}: {value}" for name, value in self.headers)])
        return head.encode("latin-1", "replace") + b"\n" + self.body

    def header(self, name: str) -> str | None:
        """Return the first value of a header, in any case of letters."""
        return next((value for key, value in self.headers if key.lower() == name), None)


def decoded(raw: Raw, accepted: str) -> Raw:
    """Take the body out of its Content-Encoding, which the request has to have accepted."""
    encoding = (raw.header("content-encoding") or "identity").strip().lower()
    if encoding == "identity" or not raw.body:
        return raw
    if encoding.removeprefix("x-") not in accepted or encoding not in _ENCODINGS:
        fault = f"Content-Encoding is {encoding!r}, and the request accepts {accepted or 'any'}"
        raw = evolve(raw, faults=(*raw.faults, fault))
    if encoding not in _ENCODINGS:
        return raw
    inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        body = inflate.decompress(raw.body, MAX_BODY)
    except zlib.error as error:
        fault = f"Content-Encoding says {encoding!r}, but the body is not: {error}"
        return evolve(raw, faults=(*raw.faults, fault))
    faults = raw.faults
    if not inflate.eof:
        faults = (*faults, f"the {encoding} body is not complete")
    elif inflate.unused_data:
        faults = (*faults, f"{len(inflate.unused_data)} bytes follow the {encoding} body")
    return evolve(raw, body=body, faults=faults)

"""Make errors of ours from what a transport raises; take the key out of its answers and errors.

A server may repeat the key anywhere, and an HTTP library may quote it, or a signed URL.
"""

from __future__ import annotations

import contextvars
import functools
import re
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from attrs import frozen

from babou._core.messages import Headers, Response, unusable
from babou._errors import APIConnectionError, APITimeoutError, BabouError, ConfigurationError

if TYPE_CHECKING:
    from babou._core.config import Secret
    from babou._core.messages import Request

_OK = 200
_LEAST = 0.001  # seconds; with less, nothing is sent
_QUOTED = re.compile(r"[: ]*\b(?:bytearray\()?b['\"].*", re.DOTALL)
_RUN = 8
"""Characters in a row that a text has in common with a secret if it repeats a part of it."""

_ESCAPED = frozenset("/\"'\\")  # JSON and Python's repr may put a backslash before these

AT_WORK = contextvars.ContextVar("babou_transport_at_work", default=False)
"""Whether a transport uses its HTTP library now, whose log may show the key or a signed URL."""


@frozen
class ErrorMap:
    """The exceptions of an HTTP library, by their meaning."""

    late: tuple[type[BaseException], ...]
    broken: tuple[type[BaseException], ...]
    impossible: tuple[type[BaseException], ...]
    """The request can't be sent: its address is wrong, or a setting of the environment."""


class Translated:
    """A context manager that raises this package's errors in place of the library's."""

    __slots__ = ("_map", "_request", "_timeout", "_was_at_work")

    def __init__(self, error_map: ErrorMap, request: Request, timeout: float) -> None:
        self._map, self._request, self._timeout = error_map, request, timeout

    def __enter__(self) -> None:
        self._was_at_work = AT_WORK.get()
        AT_WORK.set(True)

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        AT_WORK.set(self._was_at_work)
        if error is None or isinstance(error, BabouError):
            return
        _forget_what_came(error)
        if isinstance(error, self._map.late):
            raise timed_out(self._request, self._timeout) from error
        if isinstance(error, self._map.broken):
            raise not_whole(self._request, _reason(error)) from error
        if isinstance(error, self._map.impossible):
            raise ConfigurationError(
                f"{place(self._request)} cannot be reached: {_reason(error)}. Check the address, "
                "and the proxy and certificate settings of the environment."
            ) from error


def _forget_what_came(error: BaseException) -> None:
    """Remove the bytes that an error quotes: they may contain the key, or a signed URL."""
    error.args = tuple(
        _QUOTED.sub("", each) if isinstance(each, str) else each for each in error.args
    )
    for behind in (*error.args, error.__cause__):
        if isinstance(behind, BaseException):
            _forget_what_came(behind)


def _reason(error: BaseException) -> str:
    return str(error).rstrip(".") or type(error).__name__


ERRORS = ErrorMap(
    late=(TimeoutError, APITimeoutError),
    broken=(Exception,),
    impossible=(
        *(TypeError, AttributeError, NameError, LookupError),
        *(AssertionError, NotImplementedError, ImportError),
    ),
)
"""What a transport of the caller's may raise; `impossible` are mistakes in its code."""


def timed_out(request: Request, timeout: float) -> APITimeoutError:
    if timeout < _LEAST:
        return APITimeoutError(f"no time was left to ask {place(request)}. Raise timeout=.")
    return APITimeoutError(
        f"no whole answer from {place(request)} within {timeout:.3g} s. "
        "Raise timeout=, or check the network."
    )


def not_whole(request: Request, reason: str) -> APIConnectionError:
    return APIConnectionError(
        f"no whole answer from {place(request)}: {reason}. "
        "Check the network, BABOU_BASE_URL and the proxy settings."
    )


def place(request: Request) -> str:
    """Return the address without the parts that may be secret: user, path, query."""
    scheme, _, rest = request.url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"


@functools.lru_cache(16)
def _spellings(key: str) -> re.Pattern[str]:
    """Return a pattern that finds a key: as it is, percent-encoded, or escaped as in JSON."""
    spelled = []
    for each in key:
        itself = (r"\\?" if each in _ESCAPED else "") + re.escape(each)
        code = "".join(f"[{digit}{digit.upper()}]" for digit in f"{ord(each):02x}")
        spelled.append(rf"(?:{itself}|%{code}|\\u00{code})")
    return re.compile("".join(spelled))


@functools.lru_cache(16)
def _is_changed_in_urls(key: str) -> bool:
    return quote(key, safe="") != key


def _may_repeat(text: str, key: str) -> bool:
    """Tell, at little cost, whether a text may contain a key in one of its spellings."""
    return key in text or "\\" in text or ("%" in text and _is_changed_in_urls(key))


def _hide(text: str, key: str) -> str:
    return _spellings(key).sub("***", text)


def received(answer: Response, secret: Secret, now: float) -> Response:
    """Return an answer without the key, so that no error can show it; with the time, but for a 200.

    Raises:
        APIResponseValidationError: The transport returned something else.
    """
    if not isinstance(answer, Response):
        raise unusable("a babou.Response", type(answer).__name__)
    key, body, headers = secret.reveal(), answer.body, answer.headers
    if _may_repeat(text := body.decode("latin-1"), key):
        body = _hide(text, key).encode("latin-1")
    if _may_repeat("\n".join(headers.values()), key):
        headers = Headers({name: _hide(value, key) for name, value in headers.items()})
    if answer.status == _OK and body is answer.body and headers is answer.headers:
        return answer  # as it nearly always is
    return Response(answer.status, headers, body, now)


def hide_key(error: BabouError, secret: Secret) -> None:
    """Take the key out of a transport's error, which may quote what the server sent."""

    def hidden(value: Any) -> Any:  # noqa: ANN401 (whatever the error holds)
        return _hide(value, secret.reveal()) if isinstance(value, str) else value

    error.args = tuple(map(hidden, error.args))
    vars(error).update({name: hidden(value) for name, value in vars(error).items()})


def translated(error: Exception, request: Request, secret: Secret | None = None) -> BabouError:
    """Return the error that leaves the client in place of one that a transport raised.

    Of an exception that is not ours only the class is named: its text may quote anything. It is the
    cause of the new error, unless its traceback shows a secret.
    """
    if isinstance(error, BabouError):
        if secret is not None:
            hide_key(error, secret)
        return error
    module, name = type(error).__module__, type(error).__qualname__
    name = name if module == "builtins" else f"{module}.{name}"
    ours: BabouError = not_whole(request, name)
    if isinstance(error, ERRORS.late):
        ours = APITimeoutError(
            f"no whole answer from {place(request)}: {name}. Raise timeout=, or check the network."
        )
    elif isinstance(error, ERRORS.impossible):
        ours = ConfigurationError(
            f"{name} came out of the transport, which is a mistake in its code. "
            f"{place(request)} may have received the request all the same."
        )
    ours.__cause__ = error
    if _shows_a_secret(error, request, secret):
        shown = BabouError(f"{name}. Its text is not shown: it has a part of the key or URL in it.")
        ours.__cause__ = shown.with_traceback(error.__traceback__)
    return ours


def _shows_a_secret(error: Exception, request: Request, secret: Secret | None) -> bool:
    """Tell whether a traceback has a part of the key, or of the URL's user or query, in it."""
    shown = _plain("".join(traceback.format_exception(error)))
    address, _, query = request.url.partition("?")
    user = address.partition("://")[2].partition("/")[0].rpartition("@")[0]
    for each in map(_plain, (query, user, secret.reveal() if secret else "")):
        if each and any(
            each[at : at + _RUN] in shown for at in range(max(1, len(each) - _RUN + 1))
        ):
            return True
    return False


def _plain(text: str) -> str:
    """Return a text without percent-encoding and without the backslashes of JSON and `repr`."""
    return unquote(text).replace("\\", "")

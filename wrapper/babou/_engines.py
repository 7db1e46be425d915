"""Which engine a client is given: by name, by what is installed, or the caller's own."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from babou._errors import ConfigurationError

if TYPE_CHECKING:
    from babou._engine import AsyncEngine, Engine

EngineName = Literal["httpx", "pyreqwest"]


def engine_for(choice: Engine | EngineName | None) -> Engine:
    """Return the engine of a `Client`.

    Raises:
        ConfigurationError: There is no engine of that name, or it isn't installed.
    """
    if choice is not None and not isinstance(choice, str):
        return choice
    if _name(choice) == "httpx":
        from babou._httpx_engine import HttpxEngine  # noqa: PLC0415 (the HTTP library comes late)

        return HttpxEngine()
    from babou._pyreqwest_engine import PyreqwestEngine  # noqa: PLC0415

    return PyreqwestEngine()


def async_engine_for(choice: AsyncEngine | EngineName | None) -> AsyncEngine:
    """Return the engine of an `AsyncClient`; the arguments are those of `engine_for`."""
    if choice is not None and not isinstance(choice, str):
        return choice
    if _name(choice) == "httpx":
        from babou._async_httpx_engine import AsyncHttpxEngine  # noqa: PLC0415

        return AsyncHttpxEngine()
    from babou._async_pyreqwest_engine import AsyncPyreqwestEngine  # noqa: PLC0415

    return AsyncPyreqwestEngine()


def _name(choice: str | None) -> str:
    installed = find_spec("pyreqwest") is not None
    name = choice or ("pyreqwest" if installed else "httpx")
    if name not in {"httpx", "pyreqwest"}:
        raise ConfigurationError(
            f'engine must be "httpx", "pyreqwest" or an HttpxEngine, not {choice!r}.'
        )
    if name == "pyreqwest" and not installed:
        raise ConfigurationError(
            'The engine "pyreqwest" is not installed. Install it with: pip install "babou[fast]"'
        )
    return name

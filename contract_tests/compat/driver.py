"""What runs inside each version's environment: it uses that version as a stranger would.

It reads one JSON document a line and answers each with one. It needs nothing but babou, of
which it knows the public names and the generated functions, and belongs to no version, so that what
differs comes from babou.
"""

import datetime as dt
import enum
import functools
import importlib
import inspect
import json
import pkgutil
import sys
import typing
from collections.abc import Callable
from typing import Any, Protocol

import httpx

import babou
from babou_generated.client import AuthenticatedClient, Client

Json = Any

_PLAIN = (str, int, float, bool, type(None))
_POLLS = 3
_PROTOCOLS = {"__enter__", "__aenter__", "__getitem__", "__contains__", "__iter__", "__bool__"}


def get(order: Json) -> Json:
    """Fetch an asset, and tell what the caller has in hand."""
    return {"given": _members("asset", _client(order).assets.get(_id(order)))}


def list_assets(order: Json) -> Json:
    """Fetch a page of the list, and tell what the caller has in hand, its first asset included."""
    method = _assets(order).list
    page = next(iter(method(**_known(method, order["arguments"])).pages()))
    given = {n: v for n, v in _members("page", page).items() if n != "page.assets"}
    return {"given": given | (_members("asset", page.assets[0]) if page.assets else {})}


def upload(order: Json) -> Json:
    """Upload some bytes, and tell what the caller has in hand."""
    method = _assets(order).upload
    arguments = {"content_type": "image/png"} | _known(method, order["arguments"])
    return {"given": _members("asset", method(b"bytes", **arguments))}


def calls(_order: Json) -> Json:
    """Tell which calls this version can make."""
    return {"calls": [name for name in _CALLS if hasattr(babou.Assets, name)]}


def _assets(order: Json) -> Any:  # noqa: ANN401  (of a version that may lack the method)
    return _client(order).assets


def generated(order: Json) -> Json:
    """Ask for an operation with the generated code, which needs no method of the client."""
    asked = order["arguments"]
    function = _generated(asked["operation"])
    names = {**vars(sys.modules[function.__module__]), **_models(), "httpx": httpx}
    names |= {"AuthenticatedClient": AuthenticatedClient, "Client": Client}
    hints = typing.get_type_hints(function, names)
    given = {_bare(name): value for name, value in asked["given"].items()}
    arguments = {n: _made(given[_bare(n)], hint) for n, hint in hints.items() if _bare(n) in given}
    client = AuthenticatedClient(base_url=order["base_url"], token=order["key"])
    return {"status": int(function(client=client, **arguments).status_code)}


def _generated(operation: str) -> Callable[..., Any]:
    folder = importlib.import_module("babou_generated.api")
    for module in pkgutil.walk_packages(folder.__path__, "babou_generated.api."):
        if _bare(module.name.rpartition(".")[2]) == _bare(operation):
            found: Callable[..., Any] = importlib.import_module(module.name).sync_detailed
            return found
    raise LookupError(operation)


@functools.cache
def _models() -> dict[str, Any]:
    """Return the generated models by name, which the functions may name for type checkers only."""
    folder = importlib.import_module("babou_generated.models")
    modules = pkgutil.iter_modules(folder.__path__, "babou_generated.models.")
    found = [vars(importlib.import_module(module.name)) for module in modules]
    return {n: v for names in found for n, v in names.items() if inspect.isclass(v)}


def _bare(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _made(value: Json, hint: Any) -> Any:  # noqa: ANN401  (of a generated type)
    """Return a value as the generated code takes it: a model, a member of an enum, or as it is."""
    for kind in typing.get_args(hint) or (hint,):
        if isinstance(value, dict) and hasattr(kind, "from_dict"):
            return kind.from_dict(value)
        if inspect.isclass(kind) and issubclass(kind, enum.Enum):
            return kind(value)
    return value


def _id(order: Json) -> str:
    found: str = order["arguments"].get("id", "ast_1")
    return found


def _known(method: Callable[..., object], arguments: Json) -> Json:
    return {n: v for n, v in arguments.items() if n in inspect.signature(method).parameters}


def wait(order: Json) -> Json:
    """Wait for an asset with a few polls, and tell how that ends."""
    # Counted, not timed: three polls without an end are a wait that goes on.
    policy = babou.PollPolicy(
        factor=0.0, minimum=0.001, maximum=0.001, jitter=0.0, max_attempts=_POLLS
    )
    client = _client(order).with_options(poll=policy)
    verdict = client.assets.check(_id(order)).reason
    try:
        client.assets.wait(_id(order), timeout=60)
    except babou.WaitTimeoutError:
        return {"wait": "goes on", "check": verdict}
    except babou.AssetFailedError:
        return {"wait": "fails", "check": verdict}
    return {"wait": "ends", "check": verdict}


def default_request(order: Json) -> Json:
    """Tell which request goes out where no address is given; nothing is sent."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(404)

    with httpx.Client(transport=httpx.MockTransport(answer)) as own:
        client = babou.Client(order["key"], max_retries=0, **_over(own))
        try:
            client.assets.get("ast_1")
        except babou.NotFoundError:
            return {"url": str(seen[0].url)}
    raise RuntimeError("a 404 was taken for an asset")


def _over(own: httpx.Client) -> Json:
    """Return the option that has a client use an httpx client of ours; 0.1 had another name."""
    if hasattr(babou, "HttpxTransport"):
        return {"transport": babou.HttpxTransport(own)}
    return {"engine": babou.HttpxEngine(own)}


def surface(_order: Json) -> Json:
    """Tell every public name, with its members and parameters."""
    return {name: _described(getattr(babou, name)) for name in babou.__all__}


_key = ""


def _client(order: Json) -> babou.Client:
    global _key  # noqa: PLW0603  (the one client asks for the key of the order at hand)
    _key = order["key"]
    return _client_of(order["base_url"])


@functools.cache
def _client_of(base_url: str) -> babou.Client:
    return babou.Client(lambda: _key, base_url=base_url, timeout=60, max_retries=0)


def _members(label: str, thing: Any) -> Json:  # noqa: ANN401  (a class of one of two versions)
    names = [name for name in dir(thing) if not name.startswith(("_", "additional_"))]
    values = {name: getattr(thing, name) for name in names}
    return {f"{label}.{n}": _value(v) for n, v in values.items() if not callable(v)}


def _value(value: Any) -> Json:  # noqa: ANN401  (any value)
    shown = value.value if isinstance(value, enum.Enum) else value
    if isinstance(shown, dt.datetime):
        shown = shown.isoformat()
    if not isinstance(shown, (*_PLAIN, list, dict)):
        shown = repr(shown)
    return {"value": shown, "types": [kind.__name__ for kind in type(value).__mro__]}


def _failure(error: Exception) -> Json:
    told = {n: v for n, v in vars(error).items() if isinstance(v, _PLAIN)}
    kinds = [kind.__name__ for kind in type(error).__mro__]
    return {"error": {"kinds": kinds, "text": str(error), "told": told}}


def _described(thing: Any) -> Json:  # noqa: ANN401  (a class or a value)
    if not inspect.isclass(thing):
        return {"kind": "value"}
    if issubclass(thing, enum.Enum):
        return {"kind": "enum", "states": {member.name: member.value for member in thing}}
    public = [n for n in dir(thing) if n in _PROTOCOLS or not n.startswith("_")]
    found = {name: inspect.getattr_static(thing, name) for name in public}
    functions = {name: _function(getattr(thing, name)) for name, v in found.items() if _called(v)}
    fields = [field.name for field in getattr(thing, "__attrs_attrs__", ())]
    fields += list(getattr(thing, "__annotations__", {}))
    fields += [name for name, v in found.items() if isinstance(v, property)]
    is_error = issubclass(thing, Exception)
    is_made = "__init__" in vars(thing) and Protocol not in thing.__bases__
    init = _function(thing.__init__)[1:] if is_made else None
    if is_error:  # what they are told, they keep, or most of it
        fields += [parameter["name"] for parameter in init or ()]
    return {
        "kind": "error" if is_error else "class",
        "bases": [kind.__name__ for kind in thing.__mro__[1:]],
        "init": init,
        "members": sorted({name for name in fields if not name.startswith("_")}),
        "methods": {n: v for n, v in functions.items() if not (is_error and hasattr(Exception, n))},
        "coroutines": sorted(n for n in functions if inspect.iscoroutinefunction(found[n])),
        "classmethods": sorted(n for n in functions if isinstance(found[n], classmethod)),
    }


def _called(attribute: object) -> bool:
    return inspect.isfunction(attribute) or isinstance(attribute, (classmethod, staticmethod))


def _function(function: Callable[..., object]) -> list[Json]:
    return [
        {
            "name": parameter.name,
            "kind": parameter.kind.name,
            "required": parameter.default is inspect.Parameter.empty,
            "type": _annotation(parameter.annotation),
        }
        for parameter in inspect.signature(function).parameters.values()
    ]


def _annotation(annotation: Any) -> str:  # noqa: ANN401  (a type, or its text)
    if annotation is inspect.Parameter.empty:
        return ""
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


_CALLS = {"get": get, "list": list_assets, "upload": upload}
_ORDERS = {f.__name__: f for f in (wait, default_request, surface, calls, generated)} | _CALLS


def main() -> None:
    """Carry out orders until there are no more."""
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = _ORDERS[order["do"]](order)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is the result)
            answer = _failure(error)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

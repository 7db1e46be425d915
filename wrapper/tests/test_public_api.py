"""The public API stands on one screen, is documented, and says the same of both clients."""

import ast
import inspect
import re
import subprocess
import sys
import typing
from importlib import metadata

import pytest

import babou
from babou import (
    AssetList,
    AsyncAssetList,
    AsyncClient,
    AsyncHttpxTransport,
    Client,
    HttpxTransport,
)
from babou._async_client import AsyncAssets
from babou._client import Assets

PUBLIC = {name: getattr(babou, name) for name in babou.__all__ if name != "__version__"}
CLASSES = {name: value for name, value in PUBLIC.items() if inspect.isclass(value)}
CLIENTS = [
    (Client, AsyncClient),
    (Assets, AsyncAssets),
    (AssetList, AsyncAssetList),
    (HttpxTransport, AsyncHttpxTransport),
]
SAME_WORD = {"__enter__": "__aenter__", "__exit__": "__aexit__"}


def methods(cls: type) -> dict[str, object]:
    """Return the public methods and properties that a class of this package defines."""
    return {
        name: member
        for base in reversed(cls.__mro__)
        if base.__module__.startswith("babou")
        for name, member in vars(base).items()
        if not name.startswith("_")
        and (callable(member) or isinstance(member, (property, classmethod, staticmethod)))
    }


def function(member: object) -> typing.Any:
    """Return the function in a method, class method or property."""
    member = member.fget if isinstance(member, property) else member
    return inspect.unwrap(getattr(member, "__func__", member))


METHODS = {
    f"{cls.__name__}.{name}": member
    for cls in CLASSES.values()
    for name, member in methods(cls).items()
    if not member.__class__.__name__.startswith("member")
}


def run(code: str) -> str:
    """Return what a new Python prints."""
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_all_is_sorted_and_whole():
    """Each public name is listed, and each listed name is there."""
    offered = {
        name
        for name, value in vars(babou).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert babou.__all__ == sorted(babou.__all__)
    assert len(babou.__all__) == len(set(babou.__all__))
    assert set(babou.__all__) == {
        name for name in offered if name not in {"TYPE_CHECKING", "Any"}
    } | {"__version__"}
    assert dir(babou) == babou.__all__


def test_late_names_are_those_that_type_checkers_see():
    """What is imported for type checkers only is found at run time in the same module."""
    tree = ast.parse(inspect.getsource(babou))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == babou._LATE


def test_name_that_is_not_there_is_an_attribute_error():
    """As of any module."""
    with pytest.raises(AttributeError, match="module 'babou' has no attribute 'Clinet'"):
        _ = babou.Clinet


def test_version_is_that_of_the_installed_package():
    """Asked for late: reading metadata is slow."""
    babou.__dict__.pop("__version__", None)
    assert babou.__version__ == metadata.version("babou")


@pytest.mark.parametrize("name", ["_Assets", "HttpxTransport", "Asset", "WaitResult"])
def test_late_names_are_looked_up_once(name):
    """The second look needs no import."""
    if name in babou._LATE:
        babou.__dict__.pop(name, None)
        assert getattr(babou, name) is vars(babou)[name] is PUBLIC[name]
    else:
        assert not hasattr(babou, name)


# The words of the first are in the specification; the others are aliases, which have none.
UNDOCUMENTED = {"AssetState", "VerdictReason", "WaitResult"}


@pytest.mark.parametrize("name", sorted({*PUBLIC} - UNDOCUMENTED))
def test_public_name_is_documented(name):
    """Each public class says what it is."""
    assert re.search(r"\w.*\.", inspect.getdoc(PUBLIC[name]) or "")


@pytest.mark.parametrize("name", METHODS)
def test_public_method_is_documented(name):
    """Each public method's docstring begins with a sentence, its own or its parent's."""
    cls, _, method = name.partition(".")
    doc = inspect.getdoc(getattr(PUBLIC[cls], method))
    inherited = method == "additional_keys"  # of the generated class
    assert inherited or re.match(r"[A-Z].*[.:]", doc or ""), doc


@pytest.mark.parametrize("statement", ["import babou", "from babou import Client, AsyncClient"])
def test_import_does_not_load_the_http_stack(statement):
    """It costs more than all the rest: it comes with the first client."""
    loaded = run(f"{statement}; import sys; print(*sys.modules)").split()
    heavy = {"httpx", "httpcore", "h11", "ssl", "asyncio", "fastjsonschema", "importlib.metadata"}
    assert not heavy & set(loaded)


def test_synchronous_client_loads_neither_asyncio_nor_httpx():
    """They take a third of the time in which a command of the command line is done."""
    made = "import babou; babou.Client('sk-bab-1')"
    loaded = run(f"{made}; import sys; print(*sys.modules)").split()
    assert "httpcore" in loaded
    assert not {"httpx", "asyncio"} & set(loaded)


def test_star_import_gives_every_public_name():
    """Late names included."""
    names = run("from babou import *; print(*globals())").split()
    assert set(babou.__all__) <= set(names)


def parameters(member: object) -> dict[str, tuple[object, object]]:
    """Return name → (kind, default) of a method's parameters."""
    return {
        name: (parameter.kind, parameter.default)
        for name, parameter in inspect.signature(function(member)).parameters.items()
        if name != "cancel"
    }


def first_sentence(member: object) -> str:
    """Return a docstring's first sentence."""
    return (inspect.getdoc(member) or "").partition("\n\n")[0].replace("httpx.Async", "httpx.")


@pytest.mark.parametrize(("sync", "other"), CLIENTS, ids=lambda cls: cls.__name__)
def test_both_clients_have_the_same_methods_in_the_same_words(sync, other):
    """Names, parameters (except `cancel`), defaults, first sentences."""
    ours, theirs = methods(sync), methods(other)
    assert list(ours) == list(theirs)
    for name, member in ours.items():
        assert parameters(member) == parameters(theirs[name]), name
        assert first_sentence(member) == first_sentence(theirs[name]), name
    assert parameters(sync.__init__) == parameters(other.__init__)


@pytest.mark.parametrize(("sync", "other"), [(Client, AsyncClient), (Assets, AsyncAssets)])
def test_annotations_of_both_clients_differ_only_in_waiting(sync, other):
    """What one returns, the other promises to return."""
    for name, member in methods(sync).items():
        assert plain_annotations(member) == plain_annotations(methods(other)[name]), name


def plain_annotations(member: object) -> dict[str, str]:
    """Return a method's annotations without what tells waiting from not waiting."""
    many = re.compile(r"(?:Async)?(?:Generator|Iterator)\[(\w+)(?:, None)*\]")
    return {
        name: many.sub(r"many \1", str(annotation)).replace("AsyncAssetList", "AssetList")
        for name, annotation in function(member).__annotations__.items()
        if name != "cancel"
    }


def test_both_clients_are_context_managers():
    """`with` and `async with` close them."""
    for name, other in SAME_WORD.items():
        assert parameters(vars(Client)[name]) == parameters(vars(AsyncClient)[other])


def sources(tree: ast.Module, module: str) -> dict[str, tuple[str, str]]:
    """Return where the names in a module come from: module and name there."""
    found = {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    own = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    own |= {
        target.id for node in assigned for target in node.targets if isinstance(target, ast.Name)
    }
    return found | {name: (module, name) for name in own}


def written_annotations(cls: ast.ClassDef) -> typing.Iterator[ast.expr]:
    """Yield the annotations in a class, but for those of what is private in it."""
    for part in cls.body:
        if isinstance(part, ast.AnnAssign) and not ast.unparse(part.target).startswith("_"):
            yield part.annotation
        is_function = isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))
        if is_function and not re.match(r"_[^_]", part.name):
            given = [node for node in ast.walk(part.args) if isinstance(node, ast.arg)]
            yield from (each.annotation for each in given if each.annotation is not None)
            yield part.returns


# The clients make these; nobody else calls them.
MADE_BY_CLIENTS = {"Assets": {"Runner", "Options"}, "AsyncAssets": {"AsyncRunner", "Options"}}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_whatever_stands_in_a_public_signature_can_be_imported_from_here(name):
    """Who writes a function around a call has to name the same types."""
    missing = set()
    for base in CLASSES[name].__mro__:
        if (
            base.__module__.split(".")[0] != "babou"
        ):  # what is generated names the same, and no more
            continue
        tree = ast.parse(inspect.getsource(sys.modules[base.__module__]))
        known = sources(tree, base.__module__)
        [cls] = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and node.name == base.__name__
        ]
        for annotation in written_annotations(cls):
            for node in ast.walk(annotation):
                module, original = known.get(ast.unparse(node), ("", ""))
                if module.split(".")[0] == "babou":
                    missing |= {original} - {*babou.__all__}
    assert missing == MADE_BY_CLIENTS.get(name, set())


@pytest.mark.parametrize("name", ["VerdictReason", "WaitResult"])
def test_a_public_alias_stands_for_public_types(name):
    """It is made of words, or of classes that can be imported as well."""
    parts = typing.get_args(PUBLIC[name])
    assert parts
    assert all(isinstance(part, str) or part in CLASSES.values() for part in parts)


@pytest.mark.parametrize("name", METHODS)
def test_no_public_signature_names_the_http_library(name):
    """The day the HTTP library is replaced, nothing public changes but the transports."""
    annotations = getattr(function(METHODS[name]), "__annotations__", {})
    assert not [text for text in map(str, annotations.values()) if "httpx." in text]


@pytest.mark.parametrize("name", CLASSES)
def test_only_two_transports_are_made_from_the_http_library(name):
    """HttpxTransport and AsyncHttpxTransport take the caller's own client."""
    annotations = getattr(CLASSES[name].__init__, "__annotations__", {})
    named = [text for text in map(str, annotations.values()) if "httpx." in text]
    assert bool(named) is (name in {"HttpxTransport", "AsyncHttpxTransport"})

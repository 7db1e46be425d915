"""What griffe can't see in the code by itself: values of named defaults, and what attrs adds."""

from __future__ import annotations

import contextlib
from typing import Any

import griffe

_ATTRS = {"attrs.frozen", "attrs.define"}
_ONLY, _EITHER = griffe.ParameterKind.keyword_only, griffe.ParameterKind.positional_or_keyword


class Signatures(griffe.Extension):
    """Show 600.0, and not DEFAULT_WAIT_TIMEOUT; give classes of attrs their constructor."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:  # noqa: ANN401 (as griffe calls it)
        """Go through a package once it is loaded whole."""
        _complete(pkg)


def _complete(holder: griffe.Object) -> None:
    for member in list(holder.members.values()):
        if isinstance(member, griffe.Class):
            _add_constructor(member)
        if isinstance(member, griffe.Function):
            for parameter in member.parameters:
                parameter.default = _value(parameter.default, holder)
        elif isinstance(member, griffe.Module | griffe.Class):
            _complete(member)


def _value(default: str | griffe.Expr | None, holder: griffe.Object) -> str | griffe.Expr | None:
    if not isinstance(default, griffe.ExprName):
        return default
    with contextlib.suppress(KeyError, griffe.GriffeError):
        constant = holder.modules_collection[default.canonical_path]
        if constant.is_attribute and default.name.isupper() and constant.value is not None:
            return str(constant.value)
    return default


def _add_constructor(cls: griffe.Class) -> None:
    by_attrs = [each for each in cls.decorators if each.callable_path in _ATTRS]
    if not by_attrs or "__init__" in cls.members:
        return
    kind = _ONLY if "kw_only=True" in str(by_attrs[0].value) else _EITHER
    parameters = [
        griffe.Parameter(
            name, kind=kind, annotation=member.annotation, default=_field_default(member.value)
        )
        for name, member in cls.members.items()
        if isinstance(member, griffe.Attribute) and member.annotation and name.isidentifier()
        if not name.startswith("_") and "property" not in member.labels
    ]
    made = griffe.Function("__init__", parameters=griffe.Parameters(*parameters))
    cls.set_member("__init__", made)


def _field_default(value: str | griffe.Expr | None) -> str | griffe.Expr | None:
    """Return the default in `field(default=…)`, or the value itself."""
    if not isinstance(value, griffe.ExprCall):
        return value
    told = {
        each.name: each.value for each in value.arguments if isinstance(each, griffe.ExprKeyword)
    }
    return told.get("default") if value.canonical_path == "attrs.field" else value

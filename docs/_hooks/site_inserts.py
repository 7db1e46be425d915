"""The parts of pages that are made of the code: what it raises, what it accepts, what it does."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import attrs

import babou
import site_command_line
import site_errors
import site_specification
from babou_contract.mock_server import FAULTS, MockServer, Stage
from babou_contract.specification.assets import asset_schema
from site_tables import cell, table

if TYPE_CHECKING:
    from collections.abc import Callable

_STAGES = {
    Stage.INTAKE: "How the body of a request is read",
    Stage.REQUEST: "The request, before it is looked at",
    Stage.FILE: "The stored file, before it is served",
    Stage.MEMBERS: "Members of an asset, wherever it is shown",
    Stage.ANSWER: "Another answer in place of the right one",
    Stage.BODY: "The bytes of the body",
    Stage.WIRE: "How the answer is sent",
}
_MOMENTS = {
    "at once": 0,
    "1 s": 1,
    "10 s": 10,
    "1 min": 60,
    "10 min": 600,
    "1 h": 3600,
}


def faults() -> str:
    """Return the tables of the mock server's faults, by what they change."""
    parts = []
    for stage, words in _STAGES.items():
        rows = (
            (f"`{each.name}`", f"`{each.signature}`" if each.signature else "", cell(each.about))
            for each in FAULTS.values()
            if each.stage is stage
        )
        parts += [f"### {words}", table(("fault", "parameters", "what it does"), rows)]
    return "\n\n".join(parts)


def demo_assets() -> str:
    """Return the table of the assets that every mock server has."""
    rows = ((f"`{id}`", cell(about)) for id, about in MockServer().about.items())
    return table(("asset", "what it shows"), rows)


def asset_members() -> str:
    """Return the table of an asset's members, with the types that Python sees."""
    described = asset_schema()["properties"]
    rows = (
        (
            f"`{member.name}`",
            f"`{cell(str(member.type))}`",
            cell(described[member.name]["description"]),
        )
        for member in attrs.fields(babou.Asset)
        if member.name in described
    )
    return table(("member", "type", "meaning"), rows)


def pauses() -> str:
    """Return the table of the default policy's pauses, without their jitter."""
    policy = babou.PollPolicy(jitter=0.0)
    rows = []
    for words, moment in _MOMENTS.items():
        polls, at = 1, 0.0
        while (at := at + policy.delay(at)) <= moment:
            polls += 1
        rows.append((words, f"{policy.delay(moment):.1f} s", str(polls)))
    return table(("after", ">pause", ">polls so far"), rows)


def policy_options() -> str:
    """Return the table of what can be set on a policy."""
    described = inspect.getdoc(babou.PollPolicy) or ""
    told = dict(
        line.strip().split(": ", 1) for line in described.split("Attributes:\n")[1].splitlines()
    )
    defaults = babou.PollPolicy()
    rows = ((f"`{name}`", f"`{getattr(defaults, name)}`", cell(told[name])) for name in told)
    return table(("option", "default", "meaning"), rows)


INSERTS: dict[str, Callable[[], str]] = {
    "asset-members": asset_members,
    "command-line": site_command_line.commands,
    "demo-assets": demo_assets,
    "error-tree": site_errors.tree,
    "error-statuses": site_errors.statuses,
    "exit-codes": site_command_line.exit_codes,
    "faults": faults,
    "pauses": pauses,
    "policy-options": policy_options,
    "specification": site_specification.page,
}

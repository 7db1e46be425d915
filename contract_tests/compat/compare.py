"""Compare the released client with the one of a checkout, each against the other's spec."""

import json
import time
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve

from babou_contract.specification.bodies import unnamed
from babou_contract.specification.normal_form import normal
from babou_contract.specification.operations import operations
from compat import (
    asked,
    by_schema,
    changelog,
    exposed,
    generated,
    party,
    textdiff,
    typing_check,
    unexposed,
)
from compat.additions import additions
from compat.evidence import Seen
from compat.exposed import Step
from compat.gather import differences
from compat.model import NotJudgedError, Report, least_version
from compat.party import Client, Stage
from compat.released import CACHE, ROOT, Released
from compat.specification import Specification, Versions, paired

Json = Any


def compare(root: Path = ROOT, *, cache: Path = CACHE) -> Report:
    """Return what differs between the last release and a checkout, and what follows from it.

    Args:
        root: The checkout.
        cache: Where the release's environment and mypy's findings are kept.

    Raises:
        NotJudgedError: Nothing can be said; the text tells why, and what to do.
    """
    began = time.monotonic()
    released = Released.of(root, cache)
    specs = paired(
        Specification.in_wheel(released.wheel),
        Specification.in_file(root / "openapi" / "babou.yaml"),
    )
    for spec in specs:
        spec.operations  # noqa: B018  (reads it all, so that an unsound one is told of first)
    version = _version(root)
    _require_current(root, specs[1])
    released.install()
    with ExitStack() as stack:
        stage = stack.enter_context(Stage())
        start = partial(party.client, stage=stage)
        old = stack.enter_context(start(released.python, "released"))
        new = stack.enter_context(start(party.here(), "new", path=party.path_of(root)))
        return evolve(
            _judged(root, released, specs, (old, new), version), seconds=time.monotonic() - began
        )


def _version(root: Path) -> str:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    version: str = tomllib.loads(text)["project"]["version"]
    return version


def _require_current(root: Path, spec: Specification) -> None:
    """Refuse to judge models that were generated from another spec than this one."""
    path = root / "generated" / "babou_generated" / "schemas.json"
    text = path.read_text(encoding="utf-8").replace("#/$defs/", "#/components/schemas/")
    known = json.loads(text)["$defs"]
    taken = spec.simplified
    schemas = taken["components"].get("schemas", {}) | unnamed(operations(taken))

    def meaning(schema: Json) -> Json:
        return _bare(normal(schema, spec.document, schemas.keys()))

    if known.keys() != schemas.keys() or any(
        meaning(schema) != meaning(known[name]) for name, schema in schemas.items()
    ):
        raise NotJudgedError(
            "generated/babou_generated is not that of openapi/babou.yaml. Run: nox -s evolve"
        )


def _bare(schema: Json) -> Json:
    if isinstance(schema, list):
        return [_bare(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    words = {"description", "title", "examples"}
    return {
        key: _bare(value)
        for key, value in schema.items()
        if key not in words or isinstance(value, dict)
    }


def _judged(
    root: Path,
    released: Released,
    specs: Versions,
    clients: tuple[Client, Client],
    version: str,
) -> Report:
    old_spec, new_spec = specs
    old_names, new_names = (client.ask("surface") for client in clients)
    unjudged: list[str] = []
    uses = typing_check.released_uses(released, old_names)
    with ThreadPoolExecutor(1) as pool:  # mypy works beside the clients
        typed = pool.submit(typing_check.new_complaints, released, root, uses)
        methods = tuple(exposed.driven(specs, clients))
        keys = {s.operation.place[1:] for one in methods for s in (one.old, one.new)}
        steps = [step for one in methods for step in exposed.steps(one)]
        others = unexposed.pairs(specs, keys)
        steps.append(partial(by_schema.judged, specs, keys))
        steps += [partial(generated.requests, pair, clients) for pair in others]
        steps += [partial(asked.addresses, one.old, one.new) for one in methods[:1]]
        found = list(_tolerant(steps, unjudged, specs))
        complaints = typed.result()
    made = differences(
        specs,
        textdiff.changes(old_spec, new_spec),
        found,
        complaints,
        additions(old_names, {} if "error" in new_names else new_names),
    )
    level = max((one.level for one in made), default=None)
    least = least_version(released.version, level) if level is not None else released.version
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    name, section = changelog.section(text, version, released.version)
    return Report(
        released.version,
        version,
        least,
        made,
        tuple(changelog.missing(section, made)),
        name,
        tuple(dict.fromkeys(unjudged)),
        tuple(pair.label for pair in others),
        sum(client.asked for client in clients) + len(uses),
    )


def _tolerant(steps: Iterable[Step], unjudged: list[str], specs: Versions) -> Iterator[Seen]:
    """Carry out each step; one that can't be judged is told of, and the others go on."""
    for step in steps:
        try:
            yield from step()
        except NotJudgedError as error:
            unjudged.append(_broken(specs, str(error)))


def _broken(specs: Versions, text: str) -> str:
    """Say what could not be judged, with the line of the spec whose change is to blame."""
    found = list(textdiff.changes(*specs))
    blamed = [c for c in found if not c.is_wording or c.keyword == "operationId"]
    named = [c for c in blamed if c.place.name.lower() in text.lower()]
    for change in named or blamed[:1]:
        line = specs[1].line(change.place.anchor)  # of what is around it, where it is gone
        return f"{text} Look at {specs[1].name}:{line}: {change.place.label} ({change})."
    return text

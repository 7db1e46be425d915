"""Carry one fault or variant out: a good server, what is wrong with it, and the whole check."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from attrs import asdict, field, frozen

from babou_contract.mock_server import MockServer
from babou_contract.model import Boundary, Outcome, Report
from babou_contract.probing.mock_target import populate
from babou_contract.run import run
from babou_contract.settings import Settings
from kill_matrix.model import (
    SPEC,
    Edit,
    Fault,
    Hook,
    Party,
    Populate,
    Variant,
    World,
    changed,
    install,
)

ROOT = Path(__file__).resolve().parents[2]
_COPIED = ("openapi", "generated", "wrapper", "contract_tests", "pyproject.toml")
_LEFT_OUT = ("kill_matrix", "wheel_tests", ".*")
_SOURCES = ("contract_tests", "wrapper", "generated")
_SERVED = tuple(boundary for boundary in Boundary if boundary.needs_server)
_MORE = (
    ("image", "image/jpeg", "ready"),
    ("video", "video/webm", "error"),
    ("image", "image/webp", "ready"),
)
_FEW = 20  # bodies made by chance, beside all mutations of the examples
_MOST = 120.0  # seconds for one run, however wrong the server


@frozen
class Seen:
    """What a run said: its exit code, and the texts of each check that failed."""

    exit_code: int
    failed: dict[str, str] = field(factory=dict)
    reasons: dict[str, str] = field(factory=dict)
    seconds: float = 0.0
    crash: str = ""


def seen_in(report: Report) -> Seen:
    """Return what a report says."""
    return Seen(
        report.exit_code,
        {
            result.check: "\n".join(
                f"{d.summary} | {d.expected} | {d.received} | {d.detail}"
                for d in result.disagreements
            )
            for result in report.results
            if result.outcome is Outcome.failed
        },
        {result.check: result.reason for result in report.results if result.reason},
        report.seconds,
    )


def _usual(server: MockServer) -> tuple[str, ...]:
    """Add what the check's own server has, and assets of which nobody told the check."""
    known = populate(server)
    for number, (kind, media, state) in enumerate(_MORE, 1):
        server.add(f"ast_matrix{number:04}", kind=kind, content_type=media, state=state)
    return known


@contextmanager
def world_of(hook: Hook | None = None, assets: Populate | None = None) -> Iterator[World]:
    """Start a good server, and let the hook spoil it."""
    with MockServer(assets=False) as server:
        world = World(server, (assets or _usual)(server))
        if hook is not None:
            install(world, hook)
        yield world


def judge(case: Fault | Variant, *, whole: bool = False) -> Seen:
    """Run the check against one fault or variant.

    A fault is held against the boundary of the check that is named for it, or against all
    (`whole`); a variant against the two that a server takes part in, since the others don't see it.
    """
    asked = _SERVED if isinstance(case, Variant) else case.boundaries
    boundaries = tuple(Boundary) if whole else asked
    if isinstance(case, Variant):
        return _ask(case.hook, boundaries, assets=case.populate)
    if case.group.party is Party.server:
        # No fault is named for what is found by chance.
        return _ask(case.hook, boundaries, timeout=case.timeout, max_examples=0)
    with world_of() as world, edited(case) as root:
        return _run_there(root, world, boundaries)


def _ask(
    hook: Hook | None,
    boundaries: tuple[Boundary, ...],
    *,
    assets: Populate | None = None,
    **settings: Any,  # noqa: ANN401  fields of Settings
) -> Seen:
    """Run the check in this process, against a server of its own."""
    with world_of(hook, assets) as world:
        told = Settings(
            base_url=world.server.base_url,
            api_key=world.server.api_key,
            assets=world.ids,
            time_limit=_MOST,
            only=frozenset(boundaries) & frozenset(_SERVED),
            allow_unsafe_methods=True,
            **settings,
        )
        began = time.monotonic()
        try:
            return seen_in(run(told))
        except Exception:  # noqa: BLE001  a check that falls over is a result, and not ours to hide
            return Seen(-1, seconds=time.monotonic() - began, crash=traceback.format_exc())


@contextmanager
def edited(fault: Fault) -> Iterator[Path]:
    """Copy the project into a temporary folder, with the fault's edits."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in _COPIED:
            source, target = ROOT / name, root / name
            if source.is_file():
                shutil.copy2(source, target)
            else:
                shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        for edit in fault.edits:
            carry_out(edit, root)
        if fault.spec:
            path = root / SPEC
            document = changed(yaml.safe_load(path.read_text(encoding="utf-8")), fault.spec)
            path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        yield root


def carry_out(edit: Edit, root: Path) -> None:
    """Apply one edit: change a file, create it, or delete it."""
    path = root / edit.path
    if edit.new is None:
        path.unlink()
    elif not edit.old:
        path.write_text(edit.new, encoding="utf-8", newline="\n")
    else:
        text = edit.apply(path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8", newline="\n")


def _run_there(root: Path, world: World, boundaries: tuple[Boundary, ...]) -> Seen:
    """Run the check in a process of its own, with the copy's modules."""
    told = {
        "base_url": world.server.base_url,
        "api_key": world.server.api_key,
        "assets": world.ids,
        "time_limit": _MOST,
        "allow_unsafe_methods": True,
        "max_examples": _FEW,
        "only": [boundary.name for boundary in boundaries],
    }
    path = os.pathsep.join(str(root / source) for source in _SOURCES)
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603  this very Python, this package's own module
        [sys.executable, "-c", _CHILD],
        input=json.dumps(told),
        env=os.environ | {"PYTHONPATH": path, "PYTHONUTF8": "1"},
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    seconds = time.monotonic() - began
    if done.returncode:
        return Seen(-1, seconds=seconds, crash=done.stderr)
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return Seen(**{**made, "seconds": seconds})


_CHILD = """
import json, sys
from babou_contract.model import Boundary
from babou_contract.run import run
from babou_contract.settings import Settings
told = json.load(sys.stdin)
told["assets"], told["only"] = tuple(told["assets"]), frozenset(map(Boundary.parse, told["only"]))
report = run(Settings(**told))
sys.path += [%r]
from kill_matrix.judge import as_json, seen_in
print(as_json(seen_in(report)))
""" % str(ROOT / "contract_tests")  # noqa: UP031  braces are the script's own


def as_json(seen: Seen) -> str:
    """Write what was seen as one line."""
    return json.dumps(asdict(seen))

"""What mypy says of the callers' code: that of the released types, read against both versions."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from compat import usage
from compat.model import NotJudgedError
from compat.party import path_of
from compat.released import Released
from compat.usage import Use

Json = Any

_MYPY = "mypy"
_LINE = re.compile(r"usage\.py:(\d+): (error|note): (.*)")
_REVEALED = re.compile(r'Revealed type is "(.*)"$')
_NO_ATTRIBUTE = "[attr-defined]"


@frozen
class Complaint:
    """What mypy says of one use."""

    use: Use
    text: str


def released_uses(released: Released, surface: Json) -> tuple[Use, ...]:
    """Return what callers of the release can write, each with its type; kept with the wheel."""
    sources = [Path(usage.__file__), Path(__file__)]
    told = json.dumps(surface, sort_keys=True).encode()
    stamp = hashlib.sha256(b"".join([*(p.read_bytes() for p in sources), told])).hexdigest()[:16]
    kept = released.home / f"uses-{stamp}.json"
    if kept.exists():
        return tuple(Use(**use) for use in json.loads(kept.read_text(encoding="utf-8")))
    # Made aside and moved into place: another comparison may be doing the same.
    with tempfile.TemporaryDirectory(dir=released.home) as folder:
        cache, fresh = Path(folder) / _MYPY, Path(folder) / kept.name
        found = (*usage.uses(surface), *_probed(released, surface, cache))
        for said in complaints(found, released.python, "", cache):
            raise NotJudgedError(
                "mypy does not accept this use of the released version, so it can't be held "
                f"against the new one: {said.use.shown}: {said.text}"
            )
        fresh.write_text(json.dumps([asdict(use) for use in found]), encoding="utf-8")
        fresh.replace(kept)
        with suppress(OSError):  # another one was faster
            cache.rename(released.home / _MYPY)
    return found


def new_complaints(released: Released, root: Path, uses: tuple[Use, ...]) -> list[Complaint]:
    """Return what mypy says of the released uses with the babou of a checkout."""
    cache = root / ".compat_cache" / _MYPY
    if not cache.exists() and (released.home / _MYPY).exists():
        shutil.copytree(released.home / _MYPY, cache)  # the standard library is the same
    return list(complaints(uses, sys.executable, path_of(root), cache))


def _probed(released: Released, surface: Json, cache: Path) -> Iterator[Use]:
    probes = tuple(usage.probes(surface))
    text, at = usage.module(probes)
    lines = _mypy(text, released.python, "", cache)
    wrong = {number: said for number, kind, said in lines if kind == "error"}
    for number, said in wrong.items():
        if not said.endswith(_NO_ATTRIBUTE):  # an error that doesn't keep what it is told
            raise NotJudgedError(f"mypy can't tell the type of {at[number].shown}: {said}")
    for number, _, said in lines:
        revealed = _REVEALED.match(said)
        if revealed and number not in wrong and revealed[1] != "None":
            yield usage.typed(at[number], revealed[1], surface)


def complaints(
    uses: tuple[Use, ...], python: Path | str, path: str, cache: Path
) -> Iterator[Complaint]:
    """Yield what mypy --strict says of uses, with the babou that an interpreter or a path has."""
    text, at = usage.module(uses)
    for number, kind, said in _mypy(text, python, path, cache):
        if kind == "error":
            if number not in at:
                raise NotJudgedError(f"mypy does not accept the imports of the usage: {said}")
            yield Complaint(at[number], said)


def _mypy(text: str, python: Path | str, path: str, cache: Path) -> list[tuple[int, str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "usage.py").write_text(text, encoding="utf-8")
        done = subprocess.run(  # noqa: S603  (every argument is this file's own)
            [
                *(sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-pretty"),
                *("--no-color-output", "--no-error-summary", "--follow-imports=silent"),
                *("--python-executable", python, "--cache-dir", cache, "usage.py"),
            ],
            cwd=folder,
            # PYTHONPATH would show the checkout to the released environment.
            env={n: v for n, v in os.environ.items() if n != "PYTHONPATH"} | {"MYPYPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode not in {0, 1} or "INTERNAL ERROR" in done.stderr:
        raise NotJudgedError(f"mypy can't be run here: {(done.stderr or done.stdout).strip()}")
    lines = [_LINE.match(line) for line in done.stdout.splitlines()]
    return [(int(found[1]), found[2], found[3]) for found in lines if found]

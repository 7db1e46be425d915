"""Verdicts in a file, a line of JSON each, so that a long run can be broken off and resumed."""

import json
from pathlib import Path

from attrs import asdict

from kill_matrix.verdict import Fate, Verdict


def read(file: Path) -> dict[str, Verdict]:
    """Return the verdicts of a file by their names, the last of each; none if it is not there."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    found = [json.loads(line) for line in lines]
    return {
        one["name"]: Verdict(**{**one, "fate": Fate[one["fate"]], "by": tuple(one["by"])})
        for one in found
    }


def add(file: Path, found: Verdict) -> None:
    """Add a verdict."""
    line = json.dumps({**asdict(found), "fate": found.fate.name})
    with file.open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")

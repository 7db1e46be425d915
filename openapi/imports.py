"""What the client imports from the generated package."""  # noqa: INP001  (a script's)

import ast
from pathlib import Path

import generate


def modules(files: generate.Files) -> set[str]:
    """Return the modules among the files of the generated package."""
    parts = (Path(generate.PACKAGE.name, name).with_suffix("").parts for name in files)
    return {".".join(part for part in names if part != "__init__") for names in parts}


def needed() -> set[str]:
    """Return the modules of the generated package from which the client imports."""
    paths = (generate.ROOT / "wrapper" / "babou").rglob("*.py")
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in paths)
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    names = {node.module or "" for node in nodes}
    return {name for name in names if name.partition(".")[0] == generate.PACKAGE.name}

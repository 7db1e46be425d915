"""Generate generated/babou_generated from the spec, or check that it is current.

    python openapi/generate.py            replace the folder
    python openapi/generate.py --check    exit with 1, and the difference, if it is not current

The bytes depend on babou.yaml, generator.yaml and the versions pinned in pyproject.toml, and on
nothing else: not on the working directory, the locale, the Python version or files nearby.
"""  # noqa: INP001  (a script, in a folder that is no package)

import argparse
import copy
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import fastjsonschema
import yaml

from babou_contract.specification import patterns
from babou_contract.specification.bodies import unnamed
from babou_contract.specification.keywords import inside
from babou_contract.specification.normal_form import simplified
from babou_contract.specification.operations import operations
from babou_contract.specification.references import NoSuchReferenceError

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi" / "babou.yaml"
SETTINGS = ROOT / "openapi" / "generator.yaml"
PACKAGE = ROOT / "generated" / "babou_generated"

Files = dict[str, bytes]

VERDICTS = {  # (committed, generated)
    (False, True): "missing",
    (True, False): "not generated",
    (True, True): "differs",
}

INIT = b'''"""The operations and models of the specification; import them from their modules."""
'''  # the generator's imports its client, and with it httpx; this package has a client of its own

ANNOTATIONS = {"title", "description", "examples"}  # these say nothing about validity
FORMATS = (
    "date",
    "date-time",
    "uuid",
)  # the generated code has types for these; others only explain
KNOWN_BODY = re.compile(r"json$|x-www-form-urlencoded$|multipart/form-data$")

VALIDATOR_IMPORT = "from fastjsonschema import JsonSchemaValueException"
VALIDATOR_HEADER = '''"""Validate a document against its schema.

Written by fastjsonschema; what it imports from there stands here instead.
"""

# mypy: ignore-errors

import re


class JsonSchemaValueException(ValueError):
    """A value that its schema does not allow."""

    def __init__(self, message, value=None, name=None, definition=None, rule=None):
        super().__init__(message)
        self.value, self.name, self.definition, self.rule = value, name, definition, rule


JsonSchemaValuesException = JsonSchemaValueException  # for many at once: never raised here
Decimal = float  # a JSON document has no Decimal
'''


class GeneratorError(Exception):
    """Says why nothing could be generated."""


def main() -> int:
    """Generate, or check with --check; return the exit code."""
    parser = argparse.ArgumentParser(description="Generate babou_generated from the spec.")
    parser.add_argument("--check", action="store_true", help="compare only; fail on a difference")
    check = parser.parse_args().check

    try:
        require_pinned_versions()
        files = build()
    except GeneratorError as error:
        say(str(error))
        return 2
    if not check:
        replace(files)
        return 0

    difference = list(compare(committed=read(PACKAGE), fresh=files))
    if not difference:
        return 0
    say(*difference, "generated/babou_generated is not current; run: python openapi/generate.py")
    return 1


def require_pinned_versions() -> None:
    """Refuse to generate with other versions than the `generate` group of pyproject.toml pins.

    Raises:
        GeneratorError: There are others here.
    """
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = dict(pin.split("==") for pin in pyproject["dependency-groups"]["generate"])
    found = {name: installed_version(name) for name in pins}
    if shutil.which("ruff", path=scripts_folder()) is None:
        found["ruff"] = "no executable"
    if found == pins:
        return
    table = [f"  {name}: needs {pins[name]}, found {found[name]}" for name in pins]
    lines = [f"cannot generate with the packages of {sys.prefix}:", *table, "run: nox -s evolve"]
    raise GeneratorError("\n".join(lines))


def installed_version(distribution: str) -> str:
    """Return the version of a distribution in this environment, or "none"."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "none"


def scripts_folder() -> str:
    """Return where this environment keeps its commands."""
    return sysconfig.get_path("scripts")


def build() -> Files:
    """Generate the package into a temporary folder and return its files.

    Raises:
        GeneratorError: The generator doesn't take the spec.
    """
    spec = document()
    with tempfile.TemporaryDirectory() as folder:
        output, path = Path(folder) / PACKAGE.name, Path(folder) / "complete.json"
        taken = with_known_bodies(spec)
        path.write_text(json.dumps(taken, default=str), encoding="utf-8")
        run_generator(path, output)
        files = read(output)
    # The generator writes no marker without project metadata, and the platform's own line endings.
    files = {name: content.replace(b"\r\n", b"\n") for name, content in files.items()}
    named = spec["components"].get("schemas", {}) | unnamed(operations(spec))
    definitions = {name: bare(schema) for name, schema in named.items()}
    return files | {
        "__init__.py": INIT,
        "py.typed": b"# Marker file for PEP 561\n",
        "schemas.json": (
            json.dumps({"$defs": definitions}, indent=2, sort_keys=True) + "\n"
        ).encode(),
        "operations.json": (json.dumps(described(spec), indent=2, sort_keys=True) + "\n").encode(),
        "validators.py": validators(definitions).encode(),
    }


def described(spec: dict[str, Any]) -> dict[str, Any]:
    """Return by its id what the client needs to know of each operation beside its models."""
    return {
        operation.id: {
            "method": operation.method.upper(),
            "path": operation.path,
            "parameters": {
                p["name"]: bare(p["schema"]) for p in operation.written.get("parameters", ())
            },
            "bodies": list(operation.bodies),
            "statuses": list(operation.responses),
        }
        for operation in operations(spec)
    }


def document() -> dict[str, Any]:
    """Return the spec as the generator takes it: it has ways of writing the same that it misreads.

    Raises:
        GeneratorError: A reference leads nowhere.
    """
    spec = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    try:
        return simplified(spec)
    except NoSuchReferenceError as error:
        raise GeneratorError(f"there is no {error.args[0]} in the spec") from None


def with_known_bodies(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a spec whose bodies are of media types that the generator takes."""
    made = copy.deepcopy(spec)
    for operation in operations(made):
        if content := operation.written.get("requestBody", {}).get("content"):
            written = made["paths"][operation.path][operation.method]
            written["requestBody"]["content"] = with_one_binary_type(content)
    return made


def with_one_binary_type(content: dict[str, Any]) -> dict[str, Any]:
    """Return a body's media types with one that the generator knows in the place of all files'.

    It takes bytes as this type only, and would send several with the type of the last.
    """
    known = {name: part for name, part in content.items() if KNOWN_BODY.search(name)}
    files = [part for name, part in content.items() if name not in known]
    return known | ({"application/octet-stream": files[0]} if files else {})


def run_generator(source: Path, output: Path) -> None:
    """Run openapi-python-client, with the ruff of this very environment in its hooks."""
    command: list[str | Path] = [
        *(sys.executable, "-P", "-m", "openapi_python_client", "generate"),
        *("--path", source, "--config", SETTINGS, "--output-path", output),
        *("--meta", "none", "--file-encoding", "utf-8", "--fail-on-warning"),
    ]
    # RUFF_* variables would override the hooks' options; the hash seed orders the generator's sets.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}
    path = os.pathsep.join([scripts_folder(), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(  # noqa: S603  (every argument is this file's own)
        command,
        cwd=output.parent,
        env=inherited | {"PATH": path, "PYTHONUTF8": "1", "PYTHONHASHSEED": "0"},
        check=False,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode != 0:
        raise GeneratorError(f"openapi-python-client failed:\n{done.stdout}\n{done.stderr}")


def bare(schema: Any) -> Any:  # noqa: ANN401  (a JSON Schema: an object, or true or false)
    """Return a schema without annotations, and with its references to `#/$defs/…`."""
    if not isinstance(schema, dict):
        return schema
    return {key: bare_value(key, value) for key, value in schema.items() if key not in ANNOTATIONS}


def validators(definitions: dict[str, Any]) -> str:
    """Return a module that validates `{schema's name: document}` without any other package.

    Raises:
        GeneratorError: fastjsonschema does not take the schemas, or writes other code than it did.
    """
    every = {name: {"$ref": f"#/$defs/{name}"} for name in definitions}
    schema = {"$defs": definitions, "properties": every}
    formats = dict.fromkeys(FORMATS, bool)  # the wrapper passes its own functions
    try:
        code = fastjsonschema.compile_to_code(
            patterns.in_python(without_other_formats(schema)),
            formats=formats,
            use_default=False,
        )
    except (fastjsonschema.JsonSchemaException, patterns.PatternError) as error:
        raise GeneratorError(f"fastjsonschema cannot compile the schemas: {error}") from error
    _, imported, body = code.partition(VALIDATOR_IMPORT)
    if not imported:
        raise GeneratorError("fastjsonschema wrote other imports than openapi/generate.py knows")
    return VALIDATOR_HEADER + body.partition("\n")[2]


def without_other_formats(schema: Any) -> Any:  # noqa: ANN401  (an object, or true or false)
    """Return a schema without the formats that only explain."""
    if not isinstance(schema, dict):
        return schema
    return {
        key: inside(key, value, without_other_formats)
        for key, value in schema.items()
        if key != "format" or value in FORMATS
    }


def bare_value(keyword: str, value: Any) -> Any:  # noqa: ANN401  (whatever the keyword takes)
    """Return what a keyword of a schema holds, with `bare` applied to the schemas in it."""
    if keyword == "$ref":
        return value.replace("#/components/schemas/", "#/$defs/")
    return inside(keyword, value, bare)


def read(folder: Path) -> Files:
    """Return the files below a folder, by their relative names, without Python's caches."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def replace(files: Files) -> None:
    """Put the package anew in the place of the old one, in one go, whoever interrupts this."""
    with tempfile.TemporaryDirectory(dir=PACKAGE.parent, prefix=".") as folder:
        fresh, old = Path(folder) / "fresh", Path(folder) / "old"
        for name, content in files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            if PACKAGE.exists():
                PACKAGE.rename(old)
            fresh.rename(PACKAGE)
        finally:
            if not PACKAGE.exists():  # interrupted between the two
                old.rename(PACKAGE)


def compare(*, committed: Files, fresh: Files) -> Iterator[str]:
    """Yield what would change: a line on each file that differs, and its unified diff."""
    for name in sorted(committed.keys() | fresh.keys()):
        if committed.get(name) == fresh.get(name):
            continue
        yield f"{VERDICTS[name in committed, name in fresh]}: generated/{PACKAGE.name}/{name}"
        yield from difflib.unified_diff(
            readable(committed.get(name, b"")),
            readable(fresh.get(name, b"")),
            f"committed/{name}",
            f"generated/{name}",
            lineterm="",
        )


def readable(content: bytes) -> list[str]:
    """Return the lines of a file for a diff, with carriage returns made visible."""
    return content.replace(b"\r", rb"\r").decode(errors="backslashreplace").split("\n")


def say(*lines: str) -> None:
    """Write lines to standard error, whatever the terminal can show."""
    text = "".join(f"{line}\n" for line in lines)
    sys.stderr.buffer.write(text.encode(errors="backslashreplace"))


if __name__ == "__main__":
    sys.exit(main())

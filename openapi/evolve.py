"""After an edit of openapi/babou.yaml: do all that follows from it, and tell what came of it.

    python openapi/evolve.py      (or: nox -s evolve)

It lints the spec, generates the package, looks for each operation in exposed.yaml, holds the spec
against the published page, and type-checks. Beside that it compares with the last release. Where
nothing says no, it holds mock server and client against the spec. Where all agree, it raises the
version in pyproject.toml and adds to CHANGELOG.md what is missing; a second time there is nothing
left to do.

Exit codes: 0 done, 1 a step says no, 2 wrong usage, 130 interrupted.
"""  # noqa: INP001  (a script, in a folder that is no package)

# ruff: noqa: PLC0415  (Ctrl-C may come while something is imported)
import sys


def main() -> int:
    """Carry all steps out, and return the exit code."""
    try:
        import argparse
        from pathlib import Path

        parser = argparse.ArgumentParser("evolve", description=(__doc__ or "").partition("\n")[0])
        parser.parse_args()
        try:
            import order

            import babou_contract
        except ModuleNotFoundError as error:
            parser.error(f"{error.name} is not installed here; run: nox -s evolve")
        if not Path(babou_contract.__file__).is_relative_to(order.ROOT):
            parser.error("the packages installed here are another checkout's; run: nox -s evolve")
        return 0 if order.carried_out() else 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. What is generated is whole; run it again to go on.\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())

"""Print the changelog's section for a version, as the notes of its release.

The version has to be that of pyproject.toml, and the section to have a date: exit code 1 if not.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main(version: str) -> int:
    """Return an exit code."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]["version"]
    if version != project:
        print(f"the release is {version}, but pyproject.toml says {project}", file=sys.stderr)
        return 1
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)"
    section = re.search(heading, changes, re.DOTALL | re.MULTILINE)
    if section is None:
        print(f"CHANGELOG.md has no section '## [{version}] - YYYY-MM-DD'", file=sys.stderr)
        return 1
    print(section[1].strip())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

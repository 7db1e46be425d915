"""Where the parts of the project are: in a source checkout, or in an installed wheel."""

import importlib.util
from importlib import resources
from pathlib import Path


def root() -> Path | None:
    """Return the source checkout that this package is part of, None in a wheel."""
    folder = Path(__file__).resolve().parents[2]
    return folder if (folder / "openapi" / "DECISIONS.md").is_file() else None


def openapi() -> Path:
    """Return the folder of the spec, its generator and its decisions."""
    packed = Path(str(resources.files("babou_contract"))) / "openapi"
    checkout = root()
    return packed if checkout is None else checkout / "openapi"


def generated() -> Path | None:
    """Return the folder of the generated package, without importing it."""
    found = importlib.util.find_spec("babou_generated")
    return Path(found.origin).parent if found is not None and found.origin else None

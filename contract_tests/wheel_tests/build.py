"""Build sdist and wheel twice, under conditions that differ, and see that the bytes are the same.

    python contract_tests/wheel_tests/build.py FOLDER

leaves them in FOLDER. The second time they are built in another place, with another umask, locale
and time zone, and the wheel from the tree instead of the sdist. Only files that git knows are built
in; what else lies in the checkout does not matter.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
KNOWN = ["git", "ls-files", "-z"]
CONDITIONS = (
    {"umask": 0o022, "variables": {"LC_ALL": "C", "TZ": "UTC"}, "what": ()},
    {
        "umask": 0o077,
        "variables": {"LC_ALL": "C.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7"},
        "what": ("--sdist", "--wheel"),
    },
)


def build(folder: Path, *, umask: int, variables: dict[str, str], what: tuple[str, ...]) -> None:
    """Build in a copy of the tree in `folder`, into its `dist`."""
    listed = subprocess.run(KNOWN, cwd=ROOT, capture_output=True, check=True).stdout
    for name in sorted({name for name in listed.decode().split("\0") if name}, reverse=bool(what)):
        if (ROOT / name).is_file():  # one that was deleted is known until that is committed
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    # Without the epoch of whoever calls this: hatchling has one of its own, the same everywhere.
    kept = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    command = [sys.executable, "-m", "build", "--installer=uv", *what, "."]
    subprocess.run(command, cwd=folder, env=kept | variables, umask=umask, check=True)


def members(archive: Path) -> dict[str, tuple[str, str]]:
    """Return name → (hash, mode and time) of what is in a wheel or an sdist."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {
                info.filename: (_hash(wheel.read(info)), f"{info.external_attr} {info.date_time}")
                for info in wheel.infolist()
            }
    with tarfile.open(archive) as sdist:
        return {
            info.name: (_hash(sdist.extractfile(info).read()), f"{info.mode} {info.mtime}")
            for info in sdist.getmembers()
        }


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def differences(one: Path, other: Path) -> list[str]:
    """Say how two archives differ; nothing where they are the same bytes."""
    if one.read_bytes() == other.read_bytes():
        return []
    first, second = members(one), members(other)
    told = [
        f"{one.name}: {name}: " + ("other content" if here[0] != there[0] else "other mode or time")
        for name in sorted(first.keys() & second.keys())
        if (here := first[name]) != (there := second[name])
    ]
    told += [f"{one.name}: {name}: in one only" for name in sorted(first.keys() ^ second.keys())]
    return told or [f"{one.name}: the same members, packed otherwise"]


def main(folder: Path) -> int:
    """Return an exit code: 0 where both times gave the same bytes."""
    with tempfile.TemporaryDirectory() as temporary:
        places = [Path(temporary, "a"), Path(temporary, "another", "place")]
        for place, conditions in zip(places, CONDITIONS, strict=True):
            place.mkdir(parents=True)
            build(place, **conditions)
        built = sorted((places[0] / "dist").iterdir())
        told = [
            line
            for archive in built
            for line in differences(archive, places[1] / "dist" / archive.name)
        ]
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(places[0] / "dist", folder)
    print("\n".join(told) or f"twice the same bytes: {', '.join(path.name for path in built)}")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

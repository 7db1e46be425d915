"""What is in wheel and sdist, and what they say of themselves."""

import email
import io
import runpy
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("wrapper/babou", "generated/babou_generated", "contract_tests/babou_contract")
LAW = ("babou.yaml", "exposed.yaml", "generate.py", "generator.yaml")
BUILD = runpy.run_path(str(ROOT / "contract_tests" / "wheel_tests" / "build.py"))


def known(*folders):
    """Return the files that git knows."""
    command = ["git", "ls-files", "-z", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return {name for name in listed.split("\0") if name}


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


def test_the_wheel_holds_the_packages_and_the_specification(wheel, metadata):
    """Each file of the three packages, the law, and nothing else: no test of units, no cache."""
    packages = {
        f"{source.rpartition('/')[2]}{name.removeprefix(source)}"
        for source in SOURCES
        for name in known(source)
    }
    law = {f"babou_contract/openapi/{name}" for name in LAW}
    signed = f"{metadata['Name']}-{metadata['Version']}.dist-info/"
    about = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    names = set(zipfile.ZipFile(wheel).namelist())
    assert names == packages | law | {signed + name for name in about}
    assert {f"{source.rpartition('/')[2]}/py.typed" for source in SOURCES} <= names


def test_the_specification_in_the_wheel_is_the_law_itself(wheel):
    """Byte for byte, with what regenerates the client from it."""
    with zipfile.ZipFile(wheel) as archive:
        for name in LAW:
            packed = archive.read(f"babou_contract/openapi/{name}")
            assert packed == (ROOT / "openapi" / name).read_bytes()


def test_the_sdist_holds_what_git_knows(sdist):
    """All of it but the wheel of another release, so that the tests can be run from it."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    released = {name for name in known("openapi/released") if name.endswith(".whl")}
    assert names == known() - released | {"PKG-INFO"}


@pytest.mark.xdist_group("core")
def test_the_version_stands_in_one_place(metadata, project, core):
    """pyproject.toml: the file's name, the metadata, the package and its User-Agent follow."""
    version = project["version"]
    assert metadata["Version"] == version
    code = (
        "import babou; print(babou.__version__, babou.Client('sk-bab-1')._runner.head.user_agent)"
    )
    told = core.run(str(core.python), "-c", code).split()
    assert told[:2] == [version, f"babou-python/{version}"]
    elsewhere = ["git", "grep", "-lF", f'"{version}"', "--", "wrapper", "generated", "noxfile.py"]
    assert subprocess.run(elsewhere, cwd=ROOT, capture_output=True, check=False).stdout == b""


def test_the_metadata_are_those_of_the_project(metadata, project):
    """Pythons, extras, licence, and the readme that the index shows."""
    urls = (line.split(", ", 1) for line in metadata.get_all("Project-URL"))
    assert dict(urls) == project["urls"]
    assert metadata["Requires-Python"] == project["requires-python"]
    assert metadata["License-Expression"] == project["license"]
    assert set(metadata.get_all("Provides-Extra")) == set(project["optional-dependencies"])
    assert set(metadata.get_all("Classifier")) == set(project["classifiers"])
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True) == (ROOT / "README.md").read_bytes()


def make(path, content, mode):
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("babou/x.py")
        info.size, info.mode = len(content), mode
        archive.addfile(info, io.BytesIO(content))


@pytest.mark.parametrize(
    ("content", "mode", "told"),
    [(b"2", 0o644, "babou/x.py: other content"), (b"1", 0o600, "babou/x.py: other mode")],
)
def test_a_difference_between_two_builds_is_told(tmp_path, content, mode, told):
    """Which file it is, and what is other about it."""
    for folder, *how in (("a", b"1", 0o644), ("b", content, mode)):
        (tmp_path / folder).mkdir()
        make(tmp_path / folder / "x.tar.gz", *how)
    (line,) = BUILD["differences"](tmp_path / "a" / "x.tar.gz", tmp_path / "b" / "x.tar.gz")
    assert told in line
    assert BUILD["differences"](tmp_path / "a" / "x.tar.gz", tmp_path / "a" / "x.tar.gz") == []

"""The finished wheel, as somebody who installs it meets it: new environments, real HTTP.

`nox -s build` has built it.
"""

import json
import subprocess
import sys

import pytest

ID = "ast_demo_lifecycle"


@pytest.mark.xdist_group("core")
def test_the_core_needs_little(core):
    """Only httpx and attrs, and what httpx needs."""
    code = "from importlib.metadata import distributions as d; print(*(x.name for x in d()))"
    assert {name.lower() for name in core.run(str(core.python), "-c", code).split()} == {
        "babou",
        "attrs",
        "httpx",
        *("anyio", "certifi", "h11", "httpcore", "idna", "typing_extensions"),
    } - ({"typing_extensions"} if sys.version_info >= (3, 13) else set())


@pytest.mark.xdist_group("core")
def test_the_command_without_its_extra_says_what_to_install(core):
    """One line and exit code 2, no traceback."""
    told = core.run("babou", "get", "x", code=2)
    assert "babou[cli]" in told
    assert "Traceback" not in told


@pytest.mark.xdist_group("core")
def test_the_core_works_without_extras(core):
    """The client explains a missing key and an unreachable server."""
    code = (
        "import babou, sys\n"
        "try: babou.Client()\n"
        "except babou.ConfigurationError as error: print(error)\n"
        "client = babou.Client('sk-bab-1', base_url='http://127.0.0.1:9', max_retries=0)\n"
        "try: client.assets.get('ast_1')\n"
        "except babou.APIConnectionError as error: print(error)\n"
    )
    told = core.run(str(core.python), "-W", "error", "-c", code)
    assert "BABOU_API_KEY" in told
    assert "127.0.0.1:9" in told


@pytest.mark.xdist_group("full")
def test_the_library_waits_and_downloads(full):
    """Over real HTTP: through a lifecycle, to a file with the very same bytes."""
    code = f"""
import babou
from babou_contract.mock_server import MockServer, by_reads

content = bytes(range(256)) * 4000
with MockServer() as server:
    asset_id = server.add(content=content, lifecycle=by_reads("uploading", "processing", "ready"))
    poll = babou.PollPolicy(minimum=0.01)
    with babou.Client(server.api_key, base_url=server.base_url, poll=poll) as client:
        seen = []
        asset = client.assets.wait(asset_id, timeout=60, on_update=lambda a: seen.append(a.state))
        path = client.assets.download(asset, "bytes.bin", overwrite=True)
    assert seen == ["uploading", "processing", "ready"], seen
    assert path.read_bytes() == content
    assert client.assets.get is not None
print("same bytes as {ID}")
"""
    assert "same bytes" in full.run(str(full.python), "-W", "error", "-c", code)


@pytest.mark.xdist_group("full")
def test_the_command_waits_and_downloads(full):
    """The same from the shell, with nothing configured but by `babou mock`."""
    full.run("babou", "mock", "--", "babou", "wait", ID, "--timeout", "60", "--interval", "0.1")
    full.run(
        "babou", "mock", "--", "sh", "-c",
        f'babou download {ID} --wait 60 -o shell.mov && curl -s "$(babou url ast_demo_image)" '
        "-o image.png",
    )  # fmt: skip
    assert (full.home / "shell.mov").read_bytes()[4:8] == b"ftyp"
    assert (full.home / "image.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.xdist_group("full")
def test_the_pytest_fixture_comes_with_the_wheel(full):
    """`babou_server` is found through the entry point."""
    (full.home / "test_fixture.py").write_text(
        "from babou import Client\n"
        "def test(babou_server):\n"
        "    key, url = babou_server.api_key, babou_server.base_url\n"
        "    with Client(key, base_url=url) as client:\n"
        "        assert client.assets.check('ast_demo_image')\n"
    )
    command = (str(full.python), "-m", "pytest", "-q", "-W", "error", "test_fixture.py")
    assert "1 passed" in full.run(*command)


@pytest.mark.xdist_group("full")
def test_the_contract_check_comes_with_the_wheel(full):
    """Both faces of it: the command, and the same checks in pytest, with the spec on board."""
    report = json.loads(full.run("babou", "contract", "--only", "1,4", "--json"))
    assert report["exit_code"] == 0
    command = (str(full.python), "-m", "pytest", "-q", "--pyargs", "babou_contract")
    assert " passed" in full.run(*command, "--babou-only", "2")


DOWNSTREAM = """
from pathlib import Path
from typing import assert_type
import datetime
import io

import babou
from babou import Asset, AssetState, AsyncClient, Client, PollPolicy, Verdict, WaitResult


def use(client: Client) -> str | None:
    asset = client.assets.get("ast_1")
    assert_type(asset, Asset)
    assert_type(asset.size, int | None)
    assert_type(asset.duration, float | None)
    assert_type(asset.created_at, datetime.datetime)
    assert_type(asset.state, AssetState | str)
    assert_type(client.assets.download(asset, Path("x")), Path)
    assert_type(client.assets.download("ast_1", io.BytesIO()), None)
    assert_type(client.assets.check("ast_1"), Verdict)
    for seen in client.assets.watch("ast_1", timeout=3):
        assert_type(seen, Asset)
    for result in client.assets.wait_many(["ast_1"]):
        assert_type(result, WaitResult)
        if result.error is not None:
            raise result.error
        assert_type(result.asset, Asset)
    for result in client.assets.wait_many(["ast_1"], on_error=print):
        if result.asset is not None:
            continue
        assert_type(result.error, babou.BabouError)
    match PollPolicy().step("ast_1", asset, elapsed=1.0, timeout=2.0):
        case babou.Done(ready):
            assert_type(ready, Asset)
        case babou.Again(delay):
            assert_type(delay, float)
        case babou.Failed(error) | babou.TimedOut(error):
            raise error
    try:
        client.assets.wait("ast_1", timeout=1.0, on_update=print)
    except babou.RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except babou.WaitTimeoutError as error:
        assert_type(error.asset, Asset | None)
    return asset.url


async def use_async(client: AsyncClient) -> None:
    assert_type(await client.assets.get("ast_1"), Asset)
    async for seen in client.assets.watch("ast_1"):
        assert_type(seen, Asset)
    async for result in client.assets.wait_many(["ast_1"]):
        assert_type(result, WaitResult)
    assert_type(await client.assets.download("ast_1", "."), Path)
"""


ONE_ID = """\
from babou import Client


def use(client: Client) -> None:
    asset_id: str = "ast_1"
    for result in client.assets.wait_many(asset_id):
        print(result.asset_id)
    list(client.assets.wait_many(b"ast_1"))
    for result in client.assets.wait_many([asset_id]):
        if result.error:
            raise result.error
        print(result.asset.name)
    for result in client.assets.wait_many([asset_id]):
        if not result.asset:
            raise result.error
    for result in client.assets.wait_many({asset_id: 1}):
        print(result.asset_id)
"""


@pytest.fixture
def downstream(tmp_path):
    file = tmp_path / "downstream.py"
    file.write_text(DOWNSTREAM, encoding="utf-8")
    return file


@pytest.mark.xdist_group("core")
def test_a_downstream_program_passes_mypy_strict(core, downstream):
    """The installed package is typed, for mypy."""
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(core.python)]
    done = subprocess.run(
        [*command, str(downstream)],
        cwd=downstream.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.xdist_group("core")
def test_one_id_in_the_place_of_several_is_a_type_error(core, tmp_path):
    """A text is an iterable of texts, and yet no ids; and mypy narrows results by their truth.

    pyright narrows them by `is None` only, which the program above uses.
    """
    file = tmp_path / "wrong.py"
    file.write_text(ONE_ID, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(core.python)]
    done = subprocess.run(
        [*command, str(file)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    wrong = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [int(line.split(":")[1]) for line in wrong] == [6, 8, 16], done.stdout


@pytest.mark.xdist_group("core")
def test_a_downstream_program_passes_pyright(core, downstream):
    """The installed package is typed, for pyright in its strict mode."""
    (downstream.parent / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = [sys.executable, "-m", "pyright", "--pythonpath", str(core.python)]
    done = subprocess.run(
        [*command, "--project", str(downstream.parent)],
        cwd=downstream.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout

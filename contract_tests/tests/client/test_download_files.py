"""What becomes of files: other processes, killed ones, devices, links, full disks, odd names."""

import fcntl
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest

import babou
from babou import Client
from babou._errors import APITimeoutError
from babou._http import s3
from babou._storage import files
from babou._storage.files import Parts

CONTENT = bytes(range(256)) * 1_250  # 320,000 bytes
DOWNLOAD = """
import sys, babou
key, url, asset_id, target = sys.argv[1:]
try:
    with babou.Client(key, base_url=url, max_retries=0) as client:
        print(client.assets.download(asset_id, target).name)
except babou.BabouError as error:
    print(type(error).__name__, ascii(str(error)))
"""


@pytest.fixture
def asset_id(server):
    return server.add(name="logo.png", content=CONTENT)


@pytest.fixture
def client(server):
    with Client(server.api_key, base_url=server.base_url, max_retries=0) as client:
        yield client


def start(server, asset_id, target, **options):
    arguments = [server.api_key, server.base_url, asset_id, os.fspath(target)]
    command = [sys.executable, "-c", DOWNLOAD, *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )


def said(process):
    return process.communicate(timeout=60)[0]


def parts_in(directory):
    return [path for path in directory.iterdir() if path.suffix == ".part"]


def storage_ranges(server):
    asked = [request for request in server.requests if request.path.startswith("/storage/")]
    return [request.header("range") for request in asked]


def until(condition):
    end = time.monotonic() + 30
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


class TestOtherProcesses:
    """A part belongs to the process that holds its lock, and to nobody once that has ended."""

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
    def test_what_a_killed_process_left_is_continued(
        self, server, client, asset_id, tmp_path, number
    ):
        """Nothing was unwound: the next call finds the part by itself, and leaves none."""
        server.fault("storage_stall", after=100_000, times=1)
        process = start(server, asset_id, tmp_path)
        part = until(lambda: [path for path in parts_in(tmp_path) if path.stat().st_size])[0]
        os.kill(process.pid, number)
        said(process)
        size = part.stat().st_size
        assert client.assets.download(asset_id, tmp_path).read_bytes() == CONTENT
        assert storage_ranges(server) == [None, f"bytes={size}-"]
        assert parts_in(tmp_path) == []

    def test_two_processes_do_not_disturb_each_other(self, server, client, asset_id, tmp_path):
        """The one that comes second begins anew, stores its own, and takes nothing away."""
        server.fault("storage_stall", after=100_000, times=1)
        first = start(server, asset_id, tmp_path)
        part = until(lambda: [path for path in parts_in(tmp_path) if path.stat().st_size])[0]
        assert client.assets.download(asset_id, tmp_path).read_bytes() == CONTENT
        assert parts_in(tmp_path) == [part]
        first.kill()
        said(first)

    def test_the_slower_of_two_leaves_nothing(self, client, asset_id, tmp_path):
        """It says that the file exists, and keeps no part that nobody will ask for."""
        done = []

        def once(*_):
            if not done:
                done.append(True)
                client.assets.download(asset_id, tmp_path)

        with pytest.raises(babou.DownloadError, match="exists"):
            client.assets.download(asset_id, tmp_path, on_progress=once)
        assert [path.name for path in tmp_path.iterdir()] == ["logo.png"]

    def test_what_cannot_be_continued_is_removed(self, client, asset_id, tmp_path):
        """It would lie there for ever, once for each kill."""
        parts = Parts.of(tmp_path / "logo.png", asset_id)
        for validator in (None, '"old"', "not an ETag"):
            part = parts.create(validator)
            part.file.write(b"x" * len(CONTENT))
            part.close()
        client.assets.download(asset_id, tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["logo.png"]

    def test_what_another_process_left_meanwhile_is_removed(self, client, asset_id, tmp_path):
        """The download is whole: nobody asks for a part of it."""

        def left(*_):
            Parts.of(tmp_path / "logo.png", asset_id).create('"v1"').close()

        client.assets.download(asset_id, tmp_path, on_progress=left)
        assert [path.name for path in tmp_path.iterdir()] == ["logo.png"]


class TestParts:
    """The hidden files, by themselves."""

    def test_a_part_in_use_is_nobody_elses(self, tmp_path):
        """It is locked as long as it is open."""
        parts = Parts.of(tmp_path / "a", "ast_1")
        part = parts.create('"v1"')
        assert list(parts.abandoned()) == []
        part.close()
        (found,) = parts.abandoned()
        assert (found.path, found.validator) == (part.path, '"v1"')
        found.remove()

    def test_parts_of_other_targets_and_assets_are_left_alone(self, tmp_path):
        """Each belongs to one asset and one target."""
        Parts.of(tmp_path / "a", "ast_1").create(None).close()
        assert list(Parts.of(tmp_path / "b", "ast_1").abandoned()) == []
        assert list(Parts.of(tmp_path / "a", "ast_2").abandoned()) == []

    def test_an_etag_too_long_for_a_name_is_not_kept(self, tmp_path):
        """The part can't be continued by another call then."""
        part = Parts.of(tmp_path / "a", "ast_1").create('"' + "x" * 250 + '"')
        assert part.validator is None
        part.remove()

    def test_a_name_that_is_no_validator_is_none(self, tmp_path):
        """Somebody else wrote it."""
        parts = Parts.of(tmp_path / "a", "ast_1")
        (tmp_path / f"{parts.stem}abc.=.part").touch()
        (found,) = parts.abandoned()
        assert found.validator is None
        found.remove()

    def test_what_is_no_file_is_passed_over(self, tmp_path):
        """A directory, or a link, of such a name is nobody's part."""
        parts = Parts.of(tmp_path / "a", "ast_1")
        (tmp_path / f"{parts.stem}abc.part").mkdir()
        (tmp_path / "other").touch()
        (tmp_path / f"{parts.stem}def.part").symlink_to(tmp_path / "other")
        assert list(parts.abandoned()) == []

    def test_a_directory_that_cannot_be_listed_has_none(self, tmp_path):
        """One may be allowed to write to a directory, and not to read it."""
        assert list(Parts.of(tmp_path / "gone" / "a", "ast_1").abandoned()) == []

    def test_a_file_system_without_locks_will_do(self, tmp_path, monkeypatch):
        """Then nothing that others left is touched."""

        def refuse(*_):
            raise OSError

        monkeypatch.setattr(fcntl, "flock", refuse)
        parts = Parts.of(tmp_path / "a", "ast_1")
        parts.create(None).close()
        assert list(parts.abandoned()) == []

    def test_a_new_part_that_another_call_removes_is_made_again(self, tmp_path, monkeypatch):
        """Between its making and its lock it looks like one that nobody writes to."""
        real, taken = files._lock, []

        def lock(file):
            if not taken:
                taken.append(file.name)
                os.unlink(file.name)  # noqa: PTH108  (as another call does)
            return real(file)

        monkeypatch.setattr(files, "_lock", lock)
        part = Parts.of(tmp_path / "a", "ast_1").create(None)
        assert part.path.exists()
        assert os.fspath(part.path) != taken[0]
        part.remove()


class TestSpecialFiles:
    """A download to a device never makes a file of it."""

    @pytest.mark.parametrize("overwrite", [False, True])
    def test_a_device_is_written_into(self, client, asset_id, overwrite):
        """As root, `/dev/null` would be gone."""
        path = client.assets.download(asset_id, "/dev/null", overwrite=overwrite)
        assert stat.S_ISCHR(path.stat().st_mode)

    def test_a_full_device_is_told(self, client, asset_id):
        """The system's reason, and what to do."""
        with pytest.raises(babou.DownloadError, match="No space left on device. Make room"):
            client.assets.download(asset_id, "/dev/full")

    def test_a_fifo_gets_the_bytes(self, client, asset_id, tmp_path):
        """Who reads from it gets all of them."""
        fifo, read = tmp_path / "fifo", []
        os.mkfifo(fifo)
        with_reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(with_reader, True)

        def reader():
            with os.fdopen(with_reader, "rb") as file:
                read.append(file.read())

        thread = threading.Thread(target=reader)
        fault = client.assets.get(asset_id)
        writer = os.open(fifo, os.O_WRONLY)  # else the reader could meet an end before the bytes
        thread.start()
        client.assets.download(fault, fifo, overwrite=True)
        os.close(writer)
        thread.join(30)
        assert read == [CONTENT]
        assert stat.S_ISFIFO(fifo.stat().st_mode)

    def test_a_fifo_that_nobody_reads_is_told(self, client, asset_id, tmp_path):
        """It would otherwise block for ever."""
        os.mkfifo(tmp_path / "fifo")
        with pytest.raises(babou.DownloadError, match="Nothing reads from it"):
            client.assets.download(asset_id, tmp_path / "fifo")

    def test_a_link_is_followed(self, client, asset_id, tmp_path):
        """The link stays, and the file appears where it leads, also where there was none."""
        link, target = tmp_path / "link", tmp_path / "elsewhere.png"
        link.symlink_to(target)
        assert client.assets.download(asset_id, link) == link
        assert link.is_symlink()
        assert target.read_bytes() == CONTENT
        with pytest.raises(babou.DownloadError, match="exists"):
            client.assets.download(asset_id, link)


class TestTroubleWithTheDisk:
    """The error says what is kept, and that the next call goes on from it."""

    def test_a_full_disk_keeps_what_is_stored(self, server, client, asset_id, tmp_path):
        """A limit on the size of files stands for the end of the disk's room."""
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limit[1]))
        try:
            with pytest.raises(babou.DownloadError, match="are kept in") as caught:
                client.assets.download(asset_id, tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        (part,) = parts_in(tmp_path)
        assert repr(str(part)) in str(caught.value)
        size = part.stat().st_size
        assert f"The first {size} bytes" in str(caught.value)
        assert client.assets.download(asset_id, tmp_path).read_bytes() == CONTENT
        assert storage_ranges(server)[-1] == f"bytes={size}-"

    def test_a_name_that_cannot_be_stored_is_told(self, client, asset_id, tmp_path):
        """Half of a surrogate pair is in no encoding."""
        with pytest.raises(babou.DownloadError, match="does not have its characters"):
            client.assets.download(asset_id, tmp_path / "\ud800.png")

    @pytest.mark.parametrize(("target", "expected"), [("", "_.png"), ("ä.png", "DownloadError")])
    def test_a_name_that_the_locale_lacks(self, server, tmp_path, target, expected):
        """The server's name is changed so that it can be stored; the caller's is refused."""
        asset_id = server.add(name="ü.png", content=CONTENT)
        ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        program = DOWNLOAD.replace("target = sys.argv[1:]", "target = [*sys.argv[1:4], TARGET]")
        code = program.replace(
            "TARGET", repr(f"{tmp_path}/{target}").encode("unicode_escape").decode()
        )
        command = [sys.executable, "-c", code, server.api_key, server.base_url, asset_id]
        done = subprocess.run(
            command, env=os.environ | ascii_only, capture_output=True, text=True, check=False
        )
        assert done.stdout.startswith(expected), done.stderr
        assert done.stderr == ""


class Stream:
    """A file of the caller's own kind."""

    def __init__(self, answer):
        self.content, self.answer = b"", answer

    def seekable(self):
        return False

    def write(self, chunk):
        taken = bytes(chunk)[: self.answer]
        self.content += taken
        return None if self.answer is None else len(taken)

    def flush(self):
        pass


@pytest.mark.parametrize("answer", [None, 1_000])
def test_a_file_that_takes_a_part_only_gets_the_rest(client, asset_id, answer):
    """As one without a buffer does; another says nothing of how much it took."""
    stream = Stream(answer)
    client.assets.download(asset_id, stream)
    assert stream.content == CONTENT


class TestTimeOfS3:
    """boto3 limits each of its reads; here all of them together are limited."""

    def test_what_takes_too_long_is_left(self):
        """The thread ends by itself, when its read does."""
        event = threading.Event()
        with pytest.raises(APITimeoutError, match="S3 did not send"):
            s3._Time(0.01).within(event.wait)
        event.set()

    def test_what_comes_in_time_is_returned_or_raised(self):
        """As if it had been called here."""
        assert s3._Time(30).within(lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            s3._Time(30).within(lambda: 1 // 0)

"""Downloads over real HTTP and a stand-in for S3: whole files, or none under the final name."""

import contextlib
import errno
import hashlib
import io
import os
import stat
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

import babou
from babou_contract.mock_server import by_reads

CONTENT = hashlib.sha256(b"babou").digest() * 10_000  # 320,000 bytes


@pytest.fixture
def asset_id(server):
    return server.add(name="logo.png", content=CONTENT)


def left_behind(directory):
    return sorted(path.name for path in directory.iterdir() if path.name.startswith("."))


def storage_requests(server):
    return [request for request in server.requests if request.path.startswith("/storage/")]


def test_bytes_arrive_unchanged(client, asset_id, tmp_path):
    """The file is the asset's bytes, and its path is returned."""
    path = client("download", asset_id, tmp_path / "mine.png")
    assert path == tmp_path / "mine.png"
    assert path.read_bytes() == CONTENT
    assert left_behind(tmp_path) == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~_umask()


def _umask():
    current = os.umask(0)
    os.umask(current)
    return current


def test_a_directory_takes_the_assets_name(client, asset_id, tmp_path):
    """In a directory the file has the server's name; a path may be given as text."""
    assert client("download", asset_id, str(tmp_path)) == tmp_path / "logo.png"


def test_the_current_directory_is_the_default(client, asset_id, tmp_path, monkeypatch):
    """Without a destination the file is stored where one stands."""
    monkeypatch.chdir(tmp_path)
    client("download", asset_id)
    assert (tmp_path / "logo.png").read_bytes() == CONTENT


def test_an_asset_that_was_fetched_is_not_fetched_again(server, client, asset_id, tmp_path):
    """An asset in place of its id saves the request."""
    asset = client("get", asset_id)
    client("download", asset, tmp_path)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..",
        "/etc/passwd",
        "C:\\x\\evil.exe",
        "a/../../b",
        "\x1b[2J.png",
        ".bashrc",
        "",
        "   ",
        "CON",
        "nul.txt",
        "x" * 300 + ".png",
        "ü" * 200,
        "\u202egpj.exe",
        "a\x00b",
        "file. ",
    ],
)
def test_no_name_leaves_the_directory(server, client, tmp_path, name):
    """D10: whatever the server calls it, one visible file appears in the directory, no other."""
    inside = tmp_path / "inside"
    inside.mkdir()
    path = client("download", server.add(name=name, content=b"x"), inside)
    assert path.parent == inside
    assert [entry.name for entry in inside.iterdir()] == [path.name]
    assert [entry.name for entry in tmp_path.iterdir()] == ["inside"]
    assert not path.name.startswith(".")
    assert path.name.isprintable()
    assert path.name.partition(".")[0].lower() not in {"con", "nul"}
    assert len(path.name.encode()) < 200


def test_an_existing_file_is_kept(client, asset_id, tmp_path):
    """Nothing is overwritten unless told to; then the old file stays until the new one is whole."""
    target = tmp_path / "logo.png"
    target.write_bytes(b"precious")
    with pytest.raises(babou.DownloadError, match=r"exists.*overwrit"):
        client("download", asset_id, target)
    assert target.read_bytes() == b"precious"
    client("download", asset_id, target, overwrite=True)
    assert target.read_bytes() == CONTENT
    assert left_behind(tmp_path) == []


def test_a_file_that_appears_meanwhile_is_kept(client, asset_id, tmp_path):
    """Two downloads to one name: the second to finish overwrites nothing."""
    target = tmp_path / "logo.png"
    with pytest.raises(babou.DownloadError, match="exists"):
        client("download", asset_id, target, on_progress=lambda *_: target.write_bytes(b"first"))
    assert target.read_bytes() == b"first"


def test_a_file_system_without_hard_links_will_do(client, asset_id, tmp_path, monkeypatch):
    """Where links are not to be had the file is renamed, and still nothing is overwritten."""

    def refuse(*_args):
        raise OSError(errno.EPERM, "not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    target = client("download", asset_id, tmp_path)
    assert target.read_bytes() == CONTENT
    other = tmp_path / "other.png"
    with pytest.raises(babou.DownloadError, match="exists"):
        client("download", asset_id, other, on_progress=lambda *_: other.write_bytes(b"first"))


@pytest.mark.parametrize(
    ("destination", "problem"),
    [("missing/logo.png", "no directory"), ("missing/", "not a directory|no directory")],
)
def test_a_directory_that_is_not_there_is_named(client, asset_id, tmp_path, destination, problem):
    """The error says which directory is missing."""
    with pytest.raises(babou.DownloadError, match=problem):
        client("download", asset_id, f"{tmp_path}/{destination}")


def test_a_path_that_cant_be_written_is_named(client, asset_id, tmp_path, monkeypatch):
    """No permission, or a full disk, is a DownloadError with the system's reason."""
    real = Path.open

    def full(self, mode="r", *args, **kwargs):
        if mode == "xb":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(babou.DownloadError, match="No space left"):
        client("download", asset_id, tmp_path)
    assert left_behind(tmp_path) == []


def test_a_target_that_cant_be_replaced_is_named(client, asset_id, tmp_path):
    """Where the last step fails the error says so, and what was stored is kept."""
    target = tmp_path / "logo.png"
    with pytest.raises(babou.DownloadError, match="directory"):
        client(
            "download",
            asset_id,
            target,
            overwrite=True,
            on_progress=lambda *_: target.mkdir(exist_ok=True),
        )
    assert target.is_dir()


def test_a_range_of_unknown_total_is_continued(server, client, asset_id, tmp_path):
    """`Content-Range: bytes 100000-319999/*` is a right answer too."""
    server.fault("storage_cut", times=1, after=100_000)

    def unknown(_request, answer):
        place = answer.header("content-range")
        return (
            answer.with_header("content-range", place.partition("/")[0] + "/*") if place else answer
        )

    server.rewrite = unknown
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT
    assert storage_requests(server)[-1].status == 206


def test_progress_tells_bytes_and_total(client, asset_id, tmp_path):
    """The function is called with growing numbers, the last one the total."""
    calls = []
    client("download", asset_id, tmp_path, on_progress=lambda *call: calls.append(call))
    assert calls[-1] == (len(CONTENT), len(CONTENT))
    assert calls == sorted(calls)


def test_the_key_never_goes_to_the_storage(server, client, asset_id, tmp_path):
    """The storage sees no Authorization header, nor on a redirect within it."""
    client("download", asset_id, tmp_path)
    server.fault("storage_redirect", times=1, to=server.url_of(server.add(content=CONTENT)))
    client("download", asset_id, tmp_path, overwrite=True)
    assert len(storage_requests(server)) == 3
    assert not any(request.has_key for request in storage_requests(server))


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/", "http://[", "http://a..b/"]
)
def test_a_redirect_to_another_scheme_is_refused(server, client, asset_id, tmp_path, to):
    """Only http and https are followed."""
    server.fault("storage_redirect", to=to)
    with pytest.raises(babou.DownloadError, match="redirect"):
        client("download", asset_id, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_redirects_end(server, client, asset_id, tmp_path):
    """A storage that redirects to itself is left after five times."""
    server.fault("storage_redirect", to=server.url_of(asset_id))
    with pytest.raises(babou.DownloadError, match="more than 5 redirects"):
        client("download", asset_id, tmp_path)


def test_a_transfer_that_breaks_off_is_taken_up(server, client, asset_id, tmp_path):
    """The second request asks for the rest only, on condition that nothing has changed."""
    server.fault("storage_cut", times=1, after=100_000)
    path = client("download", asset_id, tmp_path)
    assert path.read_bytes() == CONTENT
    first, second = storage_requests(server)
    assert first.header("range") is None
    assert second.header("range") == "bytes=100000-"
    assert second.header("if-range").startswith('"')


@pytest.mark.parametrize("fault", ["storage_no_ranges", "storage_no_etag", "storage_weak_etag"])
def test_a_storage_without_resuming_is_asked_again_for_all(
    server, client, asset_id, tmp_path, fault
):
    """Without ranges or a strong ETag the transfer begins again, and ends right."""
    server.fault(fault)
    server.fault("storage_cut", times=1, after=100_000)
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("fault", ["storage_wrong_range"])
def test_a_range_that_was_not_asked_for_is_not_stored(server, client, asset_id, tmp_path, fault):
    """Bytes from another place than asked for would corrupt the file; it is fetched again."""
    server.fault("storage_cut", times=1, after=100_000)
    server.fault(fault)
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT


def test_the_next_call_takes_up_what_was_left(server, open_client, asset_id, tmp_path):
    """An interrupted download leaves a part, not a half file; the next call asks for the rest."""
    client = open_client(max_retries=0)
    server.fault("storage_cut", times=1, after=100_000)
    with pytest.raises(babou.DownloadError, match="broke off at byte 100000"):
        client("download", asset_id, tmp_path)
    (part,) = tmp_path.iterdir()
    assert part.name.startswith(".logo.png.")
    assert part.suffix == ".part"
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT
    assert storage_requests(server)[-1].header("range") == "bytes=100000-"
    assert left_behind(tmp_path) == []


def test_a_user_who_interrupts_finds_a_part(server, client, asset_id, tmp_path):
    """Ctrl-C in the middle leaves nothing under the final name, and the next call goes on."""

    def interrupt(done, _total):
        if done > 50_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client("download", asset_id, tmp_path, on_progress=interrupt)
    assert not (tmp_path / "logo.png").exists()
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT
    assert storage_requests(server)[-1].header("range") is not None


def test_bytes_that_changed_meanwhile_are_not_mixed(server, open_client, asset_id, tmp_path):
    """If-Range makes the storage send the new file whole, so old and new never mix."""
    client = open_client(max_retries=0)
    server.fault("storage_cut", times=1, after=100_000)
    with pytest.raises(babou.DownloadError):
        client("download", asset_id, tmp_path)
    server.fault("storage_changed")
    path = client("download", asset_id, tmp_path)
    changed = path.read_bytes()
    assert len(changed) == len(CONTENT)
    assert changed[:100_000] != CONTENT[:100_000]


def test_a_stale_part_is_discarded(server, open_client, asset_id, tmp_path):
    """A part as long as the asset, or longer, can't be taken up: it is fetched again."""
    client = open_client(max_retries=0)
    server.fault("storage_cut", times=1, after=100_000)
    with pytest.raises(babou.DownloadError):
        client("download", asset_id, tmp_path)
    (part,) = tmp_path.iterdir()
    part.write_bytes(b"?" * len(CONTENT))
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT


def test_a_part_with_a_damaged_name_is_discarded(server, open_client, asset_id, tmp_path):
    """What can't be matched to an ETag is fetched again."""
    client = open_client(max_retries=0)
    server.fault("storage_cut", times=1, after=100_000)
    with pytest.raises(babou.DownloadError):
        client("download", asset_id, tmp_path)
    (part,) = tmp_path.iterdir()
    part.rename(part.with_name(".".join([*part.name.split(".")[:-2], "abc", "part"])))
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT
    assert storage_requests(server)[-1].header("range") is None


def test_a_storage_that_ignores_if_range_is_not_trusted(server, open_client, asset_id, tmp_path):
    """A 206 with another ETag than the part's is not appended."""
    client = open_client(max_retries=0)
    server.fault("storage_cut", times=1, after=100_000)
    with pytest.raises(babou.DownloadError):
        client("download", asset_id, tmp_path)
    server.fault("storage_changed")
    server.fault("storage_ignores_if_range")
    changed = client("download", asset_id, tmp_path).read_bytes()
    assert (len(changed), changed[:9] == CONTENT[:9]) == (len(CONTENT), False)


@pytest.mark.parametrize(
    ("fault", "parameters", "problem"),
    [
        ("storage_expired", {}, "may have expired"),
        ("storage_not_found", {}, "no such file"),
        ("storage_unavailable", {}, "HTTP 503"),
        ("storage_drop_connection", {}, "broke off at byte 0"),
    ],
)
def test_a_refusal_says_what_to_do(
    server, open_client, asset_id, tmp_path, fault, parameters, problem
):
    """The error names the asset, the place without its signature, and the status."""
    server.fault(fault, **parameters)
    with pytest.raises(babou.DownloadError, match=problem) as caught:
        open_client(max_retries=0)("download", asset_id, tmp_path)
    assert caught.value.asset_id == asset_id
    assert asset_id in str(caught.value)
    assert "Signature" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_passing_trouble_is_tried_again(server, client, asset_id, tmp_path):
    """A storage that is busy for a moment is asked again."""
    server.fault("storage_unavailable", times=1, retry_after=0.01)
    server.fault("storage_drop_connection", times=1)
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("size", [len(CONTENT) - 1, len(CONTENT) + 1])
@pytest.mark.parametrize("fault", [None, "storage_chunked"])
def test_the_length_is_checked(server, client, tmp_path, size, fault):
    """The bytes must be as many as the asset's size says, with or without a Content-Length."""
    asset_id = server.add(content=CONTENT, size=size)
    if fault:
        server.fault(fault)
    with pytest.raises(babou.DownloadError, match="size"):
        client("download", asset_id, tmp_path)
    assert not any(path.name == "uploaded-file" for path in tmp_path.iterdir())


def test_an_asset_of_unknown_size_is_downloaded(server, client, tmp_path):
    """A null size checks nothing; the total is the storage's."""
    asset_id = server.add(content=CONTENT, size=None)
    calls = []
    path = client("download", asset_id, tmp_path, on_progress=lambda *call: calls.append(call))
    assert path.read_bytes() == CONTENT
    assert calls[-1] == (len(CONTENT), len(CONTENT))


def test_an_empty_asset_is_an_empty_file(client, tmp_path):
    """Zero bytes are a file too."""
    assert client("download", "ast_demo_empty", tmp_path / "empty").read_bytes() == b""


def test_an_asset_without_a_url_says_so(server, client, tmp_path):
    """No URL yet, or never: the error tells the state and what to do."""
    asset_id = server.add(lifecycle=by_reads("uploading", "error", reads=2), url=None)
    for method in ("url", "download"):
        with pytest.raises(babou.DownloadError, match=r"no URL.*'uploading'.*Wait"):
            client(method, asset_id)
    with pytest.raises(babou.DownloadError, match=r"no URL.*'error'.*Upload"):
        client("url", asset_id)


def test_url_gives_the_url(server, client, asset_id):
    """The URL as the API gave it."""
    assert client("url", asset_id) == server.url_of(asset_id)
    assert client("url", "ast_abc123xyz456789012").startswith("s3://babou-assets/")


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://host/x", "file:///etc/passwd", "javascript:alert(1)", "nonsense", "x://["),
        *("http:///x", "http://[::1/x", "http://a..b/x", f"http://{'a' * 64}/x"),
        *("http://host:port/x", "http://host:99999/x", "http://h\u2028ost/x"),
    ],
)
def test_other_schemes_are_refused(server, client, tmp_path, url):
    """D3: only http, https and s3 are fetched, from a host that can exist."""
    with pytest.raises(babou.DownloadError, match="scheme"):
        client("download", server.add(url=url), tmp_path)


def test_a_file_object_gets_the_bytes(server, client, asset_id):
    """A binary file is written from where it stands, and left open; resuming works in it too."""
    file = io.BytesIO(b"head:")
    file.seek(5)
    server.fault("storage_cut", times=1, after=100_000)
    assert client("download", asset_id, file) is None
    assert file.getvalue() == b"head:" + CONTENT
    server.fault("storage_no_etag")
    server.fault("storage_cut", times=1, after=100_000)
    file.seek(0)
    client("download", asset_id, file)
    assert file.getvalue() == CONTENT


def test_a_failed_download_leaves_nothing_in_a_file_object(server, client, asset_id):
    """So a caller who tries again with the same file has the bytes once."""
    file = io.BytesIO(b"head:")
    file.seek(5)
    server.fault("storage_cut", times=3, after=1000)
    for _ in range(2):
        with contextlib.suppress(babou.DownloadError):
            client("download", asset_id, file, options={"max_retries": 0})
        assert (file.getvalue(), file.tell()) == (b"head:", 5)
    server.clear_faults()
    client("download", asset_id, file)
    assert file.getvalue() == b"head:" + CONTENT


@pytest.mark.parametrize(
    "given", [None, 3, b"path", io.StringIO()], ids=["None", "number", "bytes", "text"]
)
def test_what_is_no_binary_file_is_refused(client, asset_id, given):
    """It says what is wanted."""
    with pytest.raises(babou.ConfigurationError, match="a path, or a file opened for binary writ"):
        client("download", asset_id, given)


class Writer:
    """The least that a file can be."""

    def __init__(self):
        self.written = bytearray()

    def write(self, data):
        self.written += data


class Full(Writer):
    def write(self, _data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def closed():
    file = io.BytesIO()
    file.close()
    return file


def test_an_object_that_only_writes_is_file_enough(client, asset_id):
    """Neither `seekable` nor `flush` is needed."""
    file = Writer()
    client("download", asset_id, file)
    assert file.written == CONTENT


@pytest.mark.parametrize(
    ("make", "words"),
    [(Full, "No space left on device. Make room"), (closed, "closed file")],
    ids=["full", "closed"],
)
def test_a_file_object_that_cannot_be_written_to_is_told(client, asset_id, make, words):
    """As this package's error, as for a path."""
    with pytest.raises(babou.DownloadError, match=f"stored as the file that was given: .*{words}"):
        client("download", asset_id, make())


class Pipe(io.BytesIO):
    """A file that can't be rewound."""

    def seekable(self):
        return False


def test_a_pipe_that_would_need_rewinding_says_so(server, client, asset_id):
    """What has gone down a pipe can't be taken back."""
    server.fault("storage_no_etag")
    server.fault("storage_cut", times=1, after=100_000)
    with pytest.raises(babou.DownloadError, match="rewound"):
        client("download", asset_id, Pipe())


def test_a_file_object_is_not_filled_beyond_the_size(server, client):
    """More bytes than the asset has end the download."""
    asset_id = server.add(content=CONTENT, size=10)
    server.fault("storage_chunked")
    with pytest.raises(babou.DownloadError, match="more bytes"):
        client("download", asset_id, Pipe())


def test_progress_may_use_the_client(server, open_client, asset_id, tmp_path):
    """A function that is called in the middle of a download can fetch another asset."""
    client = open_client()
    if not hasattr(client, "loop"):
        fetched = []
        client(
            "download",
            asset_id,
            tmp_path,
            on_progress=lambda *_: fetched.append(client("get", "ast_demo_image")),
        )
        assert fetched
    assert client("download", asset_id, tmp_path, overwrite=True).read_bytes() == CONTENT


class TestS3:
    """D3: `s3://bucket/key` is fetched with boto3 and its own credential chain."""

    KEY = "a/lo go%20?#ü.png"

    @pytest.fixture
    def bucket(self, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with mock_aws():
            client = boto3.client("s3")
            client.create_bucket(Bucket="media")
            client.put_object(Bucket="media", Key=self.KEY, Body=CONTENT)
            yield client

    @pytest.fixture
    def s3_asset(self, server):
        return server.add(name="logo.png", size=len(CONTENT), url=f"s3://media/{self.KEY}")

    @pytest.mark.usefixtures("bucket")
    def test_an_object_arrives_unchanged(self, client, s3_asset, tmp_path):
        """The object's bytes, under the asset's name."""
        assert client("download", s3_asset, tmp_path).read_bytes() == CONTENT

    def test_a_part_is_taken_up(self, bucket, client, s3_asset, tmp_path):
        """An interrupted download of an object goes on where it stopped, if it has not changed."""

        def interrupt(_done, _total):
            raise KeyboardInterrupt

        for changed in (False, True):
            with pytest.raises(KeyboardInterrupt):
                client("download", s3_asset, tmp_path, on_progress=interrupt)
            assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
            body = CONTENT[::-1] if changed else CONTENT
            bucket.put_object(Bucket="media", Key=self.KEY, Body=body)
            path = client("download", s3_asset, tmp_path)
            assert path.read_bytes() == body
            path.unlink()

    @pytest.mark.usefixtures("bucket")
    def test_a_missing_object_is_a_download_error(self, server, client, tmp_path):
        """The error names the asset and the object."""
        asset_id = server.add(url="s3://media/nothing")
        with pytest.raises(babou.DownloadError, match="s3://media/nothing"):
            client("download", asset_id, tmp_path)

    def test_missing_credentials_are_explained(self, client, s3_asset, tmp_path, monkeypatch):
        """Without credentials the error says which variables to set."""
        for name in list(os.environ):
            if name.startswith("AWS_"):
                monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with pytest.raises(babou.DownloadError, match="AWS_ACCESS_KEY_ID"):
            client("download", s3_asset, tmp_path)

    def test_without_boto3_the_extra_is_named(self, client, s3_asset, tmp_path, monkeypatch):
        """The error names the extra to install, and the bucket."""
        monkeypatch.setitem(__import__("sys").modules, "boto3", None)
        with pytest.raises(babou.DownloadError, match=r"'media'.*babou\[s3\]"):
            client("download", s3_asset, tmp_path)

    @pytest.mark.usefixtures("bucket")
    def test_a_transfer_that_breaks_off_is_taken_up(self, client, s3_asset, tmp_path, monkeypatch):
        """S3's body ends in an error half way, once; the rest is asked for."""
        from botocore.exceptions import IncompleteReadError
        from botocore.response import StreamingBody

        real = StreamingBody.read
        reads = []

        def cut(self, amt=None):
            reads.append(amt)
            if len(reads) == 2:
                raise IncompleteReadError(actual_bytes=1, expected_bytes=2)
            return real(self, amt)

        monkeypatch.setattr(StreamingBody, "read", cut)
        assert client("download", s3_asset, tmp_path).read_bytes() == CONTENT
        assert len(reads) > 3

    def test_an_unreachable_s3_is_tried_again_and_told(
        self, client, s3_asset, tmp_path, monkeypatch
    ):
        """A connection to S3 that fails is a DownloadError in the end."""
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        with pytest.raises(babou.DownloadError, match="broke off at byte 0.*'media'"):
            client("download", s3_asset, tmp_path, options={"max_retries": 0})

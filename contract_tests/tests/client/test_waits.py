"""Waits that meet trouble: what is polled through, what is told meanwhile, and in the end."""

import io
import socket
import threading

import pytest

import babou
from babou_contract.mock_server import Response, by_time

IMAGE = "ast_demo_image"
NEW = "ast_new"


@pytest.fixture
def closed_port():
    """Return the URL of a port at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def ask(client, method, asset_id, **options):
    """Wait in one of the three ways; return the asset, or raise."""
    if method != "wait_many":
        answer = client(method, asset_id, **options)
        return answer[-1] if isinstance(answer, list) else answer
    (result,) = client(method, [asset_id], **options)
    if result.error:
        raise result.error
    return result.asset


def names_the_refusal(text):
    """Tell whether a text says that nobody listens; httpx's client has words of its own for it."""
    return "refused" in text or "All connection attempts failed" in text


METHODS = pytest.mark.parametrize("method", ["wait", "watch", "wait_many"])


class TestAssetsNotYetListed:
    """An asset may be listed a moment after its upload."""

    @METHODS
    def test_a_404_ends_a_wait_by_default(self, server, client, method):
        """The id may be wrong: nobody waits ten minutes to hear it."""
        with pytest.raises(babou.NotFoundError):
            ask(client, method, NEW, timeout=30)
        assert len(server.requests) == 1

    @METHODS
    def test_missing_ok_for_rides_out_404(self, server, client, method):
        """It is polled through for so many seconds since the wait began."""
        errors = []

        def add(_request, answer):
            if answer.status == 404:
                errors.append(answer)
                if len(errors) == 3:
                    server.rewrite = None
                    server.add(NEW)
            return answer

        server.rewrite = add
        assert ask(client, method, NEW, timeout=30, missing_ok_for=20).id == NEW
        assert len(errors) == 3

    @METHODS
    def test_after_that_time_404_ends_the_wait(self, client, method):
        """Long before the whole wait's time is up."""
        with pytest.raises(babou.NotFoundError):
            ask(client, method, NEW, timeout=60, missing_ok_for=0.1)

    @pytest.mark.parametrize("seconds", [-1, "1", float("nan")])
    @METHODS
    def test_what_is_no_time_is_refused(self, client, method, seconds):
        """Before anything is sent."""
        with pytest.raises(babou.ConfigurationError, match="missing_ok_for"):
            ask(client, method, NEW, missing_ok_for=seconds)


class TestTheErrorThatIsTold:
    """It is the last one that says something."""

    @pytest.mark.parametrize("timeout", [1.0, 2.0])
    @METHODS
    def test_a_dead_server(self, open_client, closed_port, method, timeout):
        """Connection refused, and not that the last poll had no time left."""
        with pytest.raises(babou.BabouError) as caught:
            ask(open_client(base_url=closed_port), method, IMAGE, timeout=timeout)
        assert names_the_refusal(str(caught.value))
        assert isinstance(caught.value.last_error, babou.APIConnectionError)
        assert not isinstance(caught.value.last_error, babou.APITimeoutError)

    @pytest.mark.parametrize("method", ["get", "check", "url", "download"])
    def test_retries_that_have_no_time_left(self, open_client, closed_port, method):
        """The same of a single call."""
        client = open_client(base_url=closed_port, timeout=1.5, max_retries=50)
        with pytest.raises(babou.APIConnectionError) as caught:
            client(method, IMAGE)
        assert names_the_refusal(str(caught.value))
        assert not isinstance(caught.value, babou.APITimeoutError)

    def test_a_storage_that_is_dead(self, server, open_client, closed_port):
        """The same of the transfer of a download."""
        asset_id = server.add(url=f"{closed_port}/file")
        with pytest.raises(babou.DownloadError) as caught:
            open_client(max_retries=50)("download", asset_id, io.BytesIO(), timeout=1.0)
        assert "the time for all of it was up at byte 0" in str(caught.value)
        assert names_the_refusal(str(caught.value))

    def test_a_storage_that_falls_silent(self, server, open_client):
        """An attempt that the download's end cut short hides not why the one before failed."""
        asset_id = server.add(content=b"bytes")
        server.fault("storage_unavailable", times=1)
        server.fault("storage_never_answers")
        with pytest.raises(babou.DownloadError, match=r"The last error: .*HTTP 503"):
            open_client()("download", asset_id, io.BytesIO(), timeout=1.5)

    @METHODS
    def test_no_time_at_all(self, open_client, method):
        """Nothing was asked, and nothing is said of an answer within no seconds."""
        with pytest.raises(babou.WaitTimeoutError) as caught:
            ask(open_client(), method, IMAGE, timeout=1e-9)
        assert "within" not in str(caught.value)

    def test_a_wait_that_is_cancelled(self, server):
        """It names the error, too."""
        cancel = threading.Event()
        server.fault("server_error")
        with (
            babou.Client(server.api_key, base_url=server.base_url) as client,
            pytest.raises(babou.WaitCancelledError) as caught,
        ):
            client.assets.wait(IMAGE, cancel=cancel, on_error=lambda *_: cancel.set())
        assert isinstance(caught.value.last_error, babou.InternalServerError)


class TestWhatIsToldMeanwhile:
    """`on_error` hears of each failed poll."""

    @METHODS
    def test_on_error(self, server, client, method):
        """With the asset's id and the error; then the wait goes on."""
        server.fault("server_error", times=2)
        told, seen = [], []
        watched = {} if method == "watch" else {"on_update": seen.append}
        asset = ask(
            client, method, IMAGE, timeout=30, on_error=lambda *call: told.append(call), **watched
        )
        assert [(asset_id, type(error)) for asset_id, error in told] == [
            (IMAGE, babou.InternalServerError)
        ] * 2
        assert seen == [asset] * len(watched)

    @METHODS
    def test_nobody_has_to_listen(self, server, client, method):
        """Both functions are the caller's choice."""
        server.fault("server_error", times=1)
        assert ask(client, method, IMAGE, timeout=30).is_ready


class TestSeveralIds:
    """`wait_many` takes ids, not one id."""

    @pytest.mark.parametrize("ids", [IMAGE, IMAGE.encode(), bytearray(b"a"), {IMAGE: 1}, 5, None])
    def test_what_is_not_several_ids_is_refused(self, server, client, ids):
        """The letters of a name are no assets."""
        with pytest.raises(babou.ConfigurationError, match="asset_ids must be several ids"):
            client("wait_many", ids)
        assert not server.requests

    def test_results_say_how_each_wait_ended(self, client):
        """One class for each, which type checkers can tell apart."""
        found = {result.asset_id: result for result in client("wait_many", [IMAGE, NEW])}
        assert isinstance(found[IMAGE], babou.WaitSuccess)
        assert isinstance(found[NEW], babou.WaitFailure)
        assert (found[IMAGE].error, found[NEW].asset) == (None, None)
        assert found[IMAGE].asset
        assert found[NEW].error


class TestBaseUrls:
    """A base URL that names a part of the operation's path as well."""

    @pytest.mark.parametrize("path", ["", "/", "/api/v1", "/api/v1/", "/api/v1/assets"])
    def test_the_operations_path_at_its_end_counts_once(self, server, open_client, path):
        """Documentation shows it in either form."""
        assert open_client(base_url=server.base_url + path)("get", IMAGE).is_ready
        assert server.requests[-1].path == f"/api/v1/assets/{IMAGE}"

    def test_a_404_that_is_not_the_apis_own_names_the_setting(self, open_client, server):
        """Another server, or another path, has answered: the id says nothing about that."""
        page = Response(404, (("content-type", "text/html"),), b"<html>Not Found</html>")
        server.rewrite = lambda _request, _answer: page
        for method in ("get", "check", "wait"):
            with pytest.raises(babou.NotFoundError, match="check BABOU_BASE_URL"):
                open_client()(method, IMAGE)


def test_many_are_waited_for_through_the_pages_of_the_list(server, open_own_client):
    """A fraction of the requests, the same results: for both clients, over the network."""
    ids = [server.add(lifecycle=by_time(processing=0.3 + n / 200)) for n in range(120)]
    ids.append(server.add(lifecycle=by_time(processing=0.4, then="failed")))
    client = open_own_client(poll=babou.PollPolicy.fixed(0.1, None))
    server.clear_requests()
    results = {result.asset_id: result for result in client("wait_many", [*ids, "ast_nobody"])}
    assert [results[each].asset.state for each in ids[:-1]] == ["ready"] * 120
    assert isinstance(results[ids[-1]].error, babou.AssetFailedError)
    assert isinstance(results["ast_nobody"].error, babou.NotFoundError)
    paths = [request.path for request in server.requests]
    assert paths.count("/api/v1/assets") >= 2
    assert len(paths) < 3 * len(ids)

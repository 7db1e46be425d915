"""The list of assets, played through against servers that are right, busy and wrong."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import define, field, frozen
from hypothesis import given
from hypothesis import strategies as st
from strategies import BASE_URL, DOCUMENT, KEY, answer, refusal, unreachable

from babou._async_client import AsyncAssets
from babou._client import Assets
from babou._core.calls import Query
from babou._core.config import Secret
from babou._core.flows import pages
from babou._core.operations import AssetPage, AssetState
from babou._core.polling import Options, PollPolicy
from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    BadRequestError,
    ConfigurationError,
)
from babou._http.async_runner import AsyncRunner
from babou._http.runner import Head, Runner

OPTIONS = Options(30.0, 2, PollPolicy())


@define
class Server:
    """A server of the list, with what can be wrong with one."""

    ids: list[str]
    cut: int = 100
    total: int | None = None
    ignores_offset: bool = False
    says_limit: int | None = None
    between: object = None
    asked: list[dict[str, str]] = field(factory=list)

    def __call__(self, request):
        """Answer a request for a page."""
        query = {name: text for name, (text,) in parse_qs(urlsplit(request.url).query).items()}
        self.asked.append(query)
        offset, limit = int(query["offset"]), min(int(query["limit"]), self.cut)
        first = 0 if self.ignores_offset else offset
        found = [DOCUMENT | {"id": each} for each in self.ids[first : first + limit]]
        total = len(self.ids) if self.total is None else self.total
        where = {"limit": self.says_limit or limit, "offset": offset, "total": total}
        if self.between is not None:
            self.between(self)
        return answer(200, {"assets": found, "pagination": where})


@frozen
class Sending:
    """A transport of both kinds to a server without a network."""

    server: Server

    def send(self, request, *, timeout, cancel=None):
        assert timeout > 0
        assert cancel is None
        return self.server(request)


@frozen
class AsyncSending(Sending):
    async def send(self, request, *, timeout):
        return super().send(request, timeout=timeout)


def assets_of(server):
    """Return the synchronous operations on a server."""
    return Assets(Runner(Sending(server), Secret(KEY), Head(BASE_URL, "tests")), OPTIONS)


def async_assets_of(server):
    """Return the asynchronous operations on a server."""
    runner = AsyncRunner(AsyncSending(server), Secret(KEY), Head(BASE_URL, "tests"))
    return AsyncAssets(runner, OPTIONS)


def named(count, *, prefix="ast"):
    """Return so many ids."""
    return [f"{prefix}_{number}" for number in range(count)]


def listed(server, *, most=None, query=Query(), enough=100):  # noqa: B008 (a frozen value)
    """Return the ids that a list gives, at most `enough` requests long, and its pages."""
    flow, given, found = pages(query, most=most, **TIMES), [], []
    reply = None
    try:
        event = next(flow)
        while len(getattr(server, "asked", ())) <= enough:
            if isinstance(event, AssetPage):
                found.append(event)
                given += [asset.id for asset in event.assets]
                reply = None
            else:
                reply = server(event.request)
            event = flow.send((reply, 0.0))
    except StopIteration:
        return given, found
    raise AssertionError("the list has no end")


TIMES = {"now": 0.0, "timeout": 30.0, "max_retries": 2, "random": lambda: 0.5}


class TestRightServer:
    """docs: GET /api/v1/assets; "fetched a page at a time, in the server's order"."""

    @pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
    def test_every_asset_is_given_once_in_the_servers_order(self, count):
        """A hundred a page; a page that is full is never taken for the last."""
        server = Server(named(count))
        given, found = listed(server)
        assert given == named(count)
        offsets = list(range(0, count, 99)) or [0]
        assert [int(query["offset"]) for query in server.asked] == offsets
        assert {page.total for page in found} == {count}

    def test_pages_are_fetched_as_they_are_asked_for(self):
        """Who takes a few assets of a long list costs the server one request."""
        server = Server(named(250))
        taken = iter(assets_of(server).list())
        assert [next(taken).id for _ in range(100)] == named(100)
        assert len(server.asked) == 1
        assert next(taken).id == "ast_100"
        assert len(server.asked) == 2

    @pytest.mark.parametrize(("most", "sizes"), [(1, ["1"]), (100, ["100"]), (150, ["100"] * 2)])
    def test_limit_is_how_many_are_given_and_asked_for_at_most(self, most, sizes):
        """A small limit makes a small page; none is asked for beyond it."""
        server = Server(named(250))
        given, _ = listed(server, most=most)
        assert given == named(most)
        assert [query["limit"] for query in server.asked] == sizes

    def test_filters_are_sent_as_the_api_has_them(self):
        """`contentType`, and the state's own spelling; none where none is asked for."""
        server = Server([])
        listed(server, query=Query(AssetState.FAILED, "image/svg+xml"))
        listed(server)
        filtered, plain = server.asked
        assert (filtered["state"], filtered["contentType"]) == ("failed", "image/svg+xml")
        assert set(plain) == {"limit", "offset"}

    def test_an_empty_page_ends_the_list(self):
        """D19: of an empty account, one page is given, with its total."""
        given, (page,) = listed(Server([]))
        assert given == []
        assert (page.total, page.offset, page.assets) == (0, 0, ())

    def test_a_page_that_could_not_be_had_is_tried_again(self):
        """As any call: passing trouble is tried again, the rest is raised."""
        replies = iter([refusal(500), unreachable(), Server(named(3))])

        def server(request):
            reply = next(replies)
            return reply(request) if isinstance(reply, Server) else reply

        assert listed(server)[0] == named(3)

    @pytest.mark.parametrize(
        ("reply", "kind", "words"),
        [
            (refusal(400), BadRequestError, "The list of assets: HTTP 400"),
            (answer(200, {"assets": []}), APIResponseValidationError, "'pagination'"),
            (
                answer(200, {"assets": [{"id": "x"}], "pagination": {}}),
                APIResponseValidationError,
                "'assets.0.name'",
            ),
            (answer(200, b"[]"), APIResponseValidationError, "the body should be a JSON object"),
        ],
    )
    def test_an_error_is_about_the_list(self, reply, kind, words):
        """It names no asset, since none was asked for."""
        with pytest.raises(kind, match=words):
            listed(lambda _: reply)

    def test_connection_trouble_is_about_the_list(self):
        """The last of several errors is raised."""
        with pytest.raises(APIConnectionError, match="^The list of assets: "):
            listed(lambda _: unreachable())


class TestBusyServer:
    """An asset that moves between pages while one iterates is not given twice."""

    def test_what_is_uploaded_meanwhile_pushes_others_to_the_next_page(self):
        """Newest first: an upload moves the page's last asset to the next page."""
        server = Server(named(150))

        def upload(server):
            if len(server.asked) == 1:
                server.ids.insert(0, "ast_new")

        server.between = upload
        given, _ = listed(server)
        assert sorted(given) == sorted([*named(150), "ast_new"])

    def test_what_leaves_meanwhile_loses_no_other(self):
        """One deletion moves an asset to the page before: the list is looked through again."""
        server = Server(named(150))

        def delete_and_upload(server):
            if len(server.asked) == 1:
                server.ids = [*server.ids[1:], "ast_new", "ast_newer"]  # no total tells of it

        server.between = delete_and_upload
        given, _ = listed(server)
        assert sorted(given) == sorted([*named(150), "ast_new", "ast_newer"])

    @given(st.data())
    def test_nothing_is_given_twice_and_nothing_that_stays_in_place_is_missed(self, data):
        """Uploads at the front, between any two pages: each asset that was there is given."""
        server = Server(named(data.draw(st.integers(0, 60))), cut=10, says_limit=10)
        before = list(server.ids)

        def upload(server):
            number = data.draw(st.integers(0, 12)) if len(server.asked) < 8 else 0
            for _ in range(number):
                server.ids.insert(0, f"new_{len(server.ids)}")

        server.between = upload
        given, _ = listed(server)
        assert len(given) == len(set(given))
        assert set(before) <= set(given)


class TestWrongServer:
    """A strange page neither keeps the list going for ever nor loses assets without a word."""

    @pytest.mark.parametrize("says_limit", [None, 100])
    def test_a_server_that_gives_shorter_pages_loses_nothing(self, says_limit):
        """D18: a `limit` that is cut down, told or not, only makes more pages."""
        server = Server(named(95), cut=10, says_limit=says_limit)
        assert listed(server)[0] == named(95)

    @pytest.mark.parametrize("total", [0, 10, 100])
    def test_a_total_that_is_too_small_ends_nothing(self, total):
        """A full page is followed by another, whatever the total says."""
        assert listed(Server(named(250), total=total))[0] == named(250)

    def test_a_total_that_is_too_large_is_told(self):
        """All that there is was given, and then it is said that more was announced."""
        server = Server(named(30), total=31)
        with pytest.raises(APIResponseValidationError, match="it has 31, and gave 30") as caught:
            listed(server)
        assert (caught.value.expected, caught.value.received) == ("30", 31)

    def test_an_empty_page_in_place_of_assets_is_told(self):
        """Announced, but not given."""
        with pytest.raises(APIResponseValidationError, match="it has 3, and gave 0"):
            listed(Server([], total=3))

    def test_a_server_that_ignores_the_offset_is_told(self):
        """The same page again and again: the others can't be had."""
        server = Server(named(250), ignores_offset=True)
        with pytest.raises(APIResponseValidationError, match="it has 250, and gave 100"):
            listed(server)
        assert len(server.asked) <= 6

    @pytest.mark.parametrize("count", [30, 100])
    def test_a_server_that_ignores_the_offset_can_give_one_page(self, count):
        """Nothing is lost, so nothing is wrong."""
        assert listed(Server(named(count), ignores_offset=True))[0] == named(count)

    @given(
        count=st.integers(0, 50),
        cut=st.integers(1, 20),
        total=st.none() | st.integers(0, 200),
        says=st.none() | st.integers(1, 100),
        ignores=st.booleans(),
        repeats=st.booleans(),
    )
    def test_whatever_the_pages_say_the_list_ends_and_tells_what_is_missing(
        self, count, cut, total, says, ignores, repeats
    ):
        """It gives every asset, or as many as the total, or raises; each once."""
        ids = named(count) * (2 if repeats else 1)
        server = Server(ids, cut=cut, total=total, says_limit=says, ignores_offset=ignores)
        try:
            given, _ = listed(server, enough=2 * len(ids) // cut + 250)
        except APIResponseValidationError:
            return
        assert len(given) == len(set(given))
        announced = len(ids) if total is None else total
        assert set(given) == set(ids) or len(given) >= announced


class TestArguments:
    """Bad arguments are refused before anything is sent."""

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"state": "redy"}, "state must be one of uploading, processing, ready, error, failed"),
            ({"state": 3}, "not 3"),
            ({"content_type": "image"}, "content_type must be a MIME type such as 'image/png'"),
            ({"content_type": "image/png\n"}, "content_type must be"),
            ({"content_type": 5}, "content_type must be"),
            ({"limit": 0}, "limit must be a whole number from 1 up, not 0"),
            ({"limit": True}, "limit must be"),
            ({"limit": "5"}, "limit must be"),
            ({"limit": 2.0}, "limit must be"),
        ],
    )
    @pytest.mark.parametrize("of", [assets_of, async_assets_of])
    def test_an_unusable_argument_is_refused_at_once(self, of, arguments, words):
        """When `list` is called, and not when its first page is asked for."""
        with pytest.raises(ConfigurationError, match=words):
            of(Server([])).list(**arguments)

    @pytest.mark.parametrize("state", [AssetState.READY, "ready"])
    def test_a_state_is_a_word_or_a_member(self, state):
        """Both select the same assets."""
        server = Server(named(2))
        found = assets_of(server).list(state=state)
        assert [asset.id for asset in found] == named(2)
        assert {query["state"] for query in server.asked} == {"ready"}


async def collected(assets):
    """Return the ids of an asynchronous list."""
    return [asset.id async for asset in assets]


def test_each_iteration_begins_anew():
    """A list can be gone through again, and by its pages."""
    server = Server(named(120))
    found = assets_of(server).list()
    assert [asset.id for asset in found] == [asset.id for asset in found] == named(120)
    assert [len(page.assets) for page in found.pages()] == [100, 20]


def test_both_clients_give_the_same_list():
    """`async for` in the place of `for`."""
    found = async_assets_of(Server(named(120))).list(limit=110)
    assert asyncio.run(collected(found)) == named(110)

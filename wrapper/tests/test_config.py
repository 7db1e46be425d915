"""What the caller and the environment say is checked before anything is sent."""

import functools
from datetime import UTC, datetime, timezone, tzinfo
from importlib import metadata
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import BASE_URL, KEY, ids

from babou import (
    AsyncClient,
    AsyncHttpxTransport,
    Client,
    HttpxTransport,
    PollPolicy,
    RateBudget,
)
from babou._core import config
from babou._core.config import (
    DEFAULT_BASE_URL,
    Secret,
    check_asset_id,
    check_base_url,
    check_count,
    check_key,
    check_seconds,
    check_started_at,
    key_source,
    user_agent,
    version,
)
from babou._core.operations import asset_request
from babou._errors import BabouError, ConfigurationError, InvalidAssetIdError
from babou._http.runner import Head

CLIENTS = pytest.mark.parametrize("client", [Client, AsyncClient])
BAD_KEYS = ["sk-bab-a\n", " sk-bab-a", "sk-bab a", "sk-bab-\x00", "sk-bab-\x7f", "sk-bab-ä", "\t"]


class Idle:
    """A transport that is never asked anything."""

    def send(self, *_, **__):
        raise AssertionError


class Untold(Idle):
    """A transport whose `send` does not tell its parameters, as compiled code may not."""

    def __init__(self):
        self.send = functools.partial(Idle.send, self)
        self.send.__signature__ = "unknown"


class SyncKind:
    """What `babou.Transport` names."""

    def send(self, request, *, timeout, cancel=None):
        raise AssertionError(request, timeout, cancel)


class AsyncKind:
    """What `babou.AsyncTransport` names."""

    async def send(self, request, *, timeout):
        raise AssertionError(request, timeout)


class Awaitable:
    """Another such, whose `send` gives what is awaited."""

    def send(self, request, *, timeout):
        raise AssertionError(request, timeout)


SYNC = [Idle, Untold, SyncKind]
ASYNC = [Idle, Untold, AsyncKind, Awaitable]
NEITHER = [object, lambda: SyncKind, lambda: AsyncKind, httpx.Client, httpx.AsyncClient]


@CLIENTS
def test_key_comes_from_the_environment(client, no_babou_environment):
    """BABOU_API_KEY is where the key is kept by convention."""
    no_babou_environment.setenv("BABOU_API_KEY", KEY)
    assert client(transport=Idle())._runner.key.reveal() == KEY


@pytest.mark.parametrize("transport", [*SYNC, *ASYNC, *NEITHER])
def test_a_transport_that_a_client_cannot_send_with_is_refused(transport):
    """Not at the first call, by a TypeError of somewhere else."""
    for client, kinds, name in ((Client, SYNC, ""), (AsyncClient, ASYNC, "Async")):
        if transport in kinds:
            client(KEY, transport=transport())
            continue
        told = f"be {name}HttpxTransport.*httpx.{name}Client.*babou.{name}Transport, not be of type"
        with pytest.raises(ConfigurationError, match=told):
            client(KEY, transport=transport())


def test_an_httpx_client_of_the_other_kind_is_refused():
    """HttpxTransport sends over a Client, AsyncHttpxTransport over an AsyncClient."""
    with pytest.raises(ConfigurationError, match="must be an httpx.Client, not be of type Async"):
        HttpxTransport(httpx.AsyncClient())
    with pytest.raises(ConfigurationError, match="must be an httpx.AsyncClient, not .* Client"):
        AsyncHttpxTransport(httpx.Client())
    with pytest.raises(ConfigurationError, match="of type HTTPTransport"):
        HttpxTransport(httpx.HTTPTransport())


@CLIENTS
@pytest.mark.parametrize(
    ("option", "value"),
    [("poll", 3), ("poll", PollPolicy), ("budget", 20), ("budget", RateBudget)],
)
def test_an_option_of_another_type_is_refused(client, option, value):
    """At once, and by its name."""
    with pytest.raises(ConfigurationError, match=f"^{option} must .* not be of type (int|type)"):
        client(KEY, transport=Idle(), **{option: value})


@CLIENTS
def test_no_key_is_refused_at_construction(client, no_babou_environment):
    """No key: ConfigurationError at construction, saying what to set."""
    with pytest.raises(ConfigurationError, match="Set the environment variable BABOU_API_KEY"):
        client(transport=Idle())


@CLIENTS
def test_empty_key_is_refused_at_construction(client, no_babou_environment):
    """A variable that is set to nothing is no key."""
    no_babou_environment.setenv("BABOU_API_KEY", "")
    with pytest.raises(ConfigurationError, match="BABOU_API_KEY is empty. Set the environment"):
        client(transport=Idle())


@CLIENTS
@pytest.mark.parametrize("key", BAD_KEYS)
def test_key_that_no_header_can_hold_is_refused_unshown(client, key, no_babou_environment):
    """White space and control characters: refused at construction, without showing the key."""
    with pytest.raises(ConfigurationError, match="stray newline or quotation mark") as caught:
        client(key, transport=Idle())
    assert key not in str(caught.value)
    if "\0" not in key:
        no_babou_environment.setenv("BABOU_API_KEY", key)
        with pytest.raises(ConfigurationError, match="^BABOU_API_KEY contains white space"):
            key_source(None)


def test_key_of_another_type_is_refused_by_its_type():
    """The value is not shown: it may be a key inside something."""
    with pytest.raises(ConfigurationError, match="not bytes") as caught:
        check_key(KEY.encode())
    assert KEY not in str(caught.value)


def test_secret_shows_itself_to_nobody():
    """No repr, log line or list of locals shows the key."""
    secret = Secret(KEY)
    assert f"{secret} {secret!r}" == "Secret('***') Secret('***')"
    assert not hasattr(secret, "__dict__")
    assert secret.reveal() == KEY


def test_base_url_comes_from_argument_environment_or_default(no_babou_environment):
    """base_url= goes before BABOU_BASE_URL, and that before the API's own."""
    assert check_base_url(None) == DEFAULT_BASE_URL
    no_babou_environment.setenv("BABOU_BASE_URL", "")
    assert check_base_url(None) == DEFAULT_BASE_URL
    no_babou_environment.setenv("BABOU_BASE_URL", "http://127.0.0.1:8000/")
    assert check_base_url(None) == "http://127.0.0.1:8000"
    assert check_base_url("https://proxy.example/babou//") == "https://proxy.example/babou"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.babou.ai",
        "ftp://host",
        "https://",
        "https://h:x",
        "https://h:99999",
        "https://h:0",
        "https://ho st",
        "https://höst",
        "https://h\n",
        "https://[::1",
        5,
        b"https://host",
    ],
)
def test_base_url_that_is_none_is_refused_with_an_example(url):
    """The text names the argument and shows what it should look like."""
    with pytest.raises(ConfigurationError, match="^base_url must be a URL such as https://api"):
        check_base_url(url)


def test_base_url_of_the_environment_is_blamed_by_its_name(no_babou_environment):
    """A person looks for the fault where it is."""
    no_babou_environment.setenv("BABOU_BASE_URL", "nonsense")
    with pytest.raises(ConfigurationError, match="^BABOU_BASE_URL must be a URL"):
        check_base_url(None)


@pytest.mark.parametrize(
    "url",
    ["https://u:pw@h", "https://u@h", "https://h?", "https://h?a=b", "https://h#", "https://h/#x"],
)
def test_base_url_with_more_than_a_place_is_refused(url):
    """A query or fragment, even an empty one, would swallow the path that is appended."""
    with pytest.raises(ConfigurationError, match="no user name, query or fragment") as caught:
        check_base_url(url)
    assert "pw" not in str(caught.value)


def test_password_in_an_unusable_base_url_is_not_shown():
    """Credentials stay out of messages."""
    with pytest.raises(ConfigurationError, match=r"ftp://\*\*\*@host") as caught:
        check_base_url("ftp://user:pw@host")
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("value", [1, 0.5, 1e9])
def test_seconds_are_floats(value):
    """Durations are seconds as float."""
    assert check_seconds(value, "timeout") == value
    assert type(check_seconds(value, "timeout")) is float


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        float("inf"),
        float("nan"),
        None,
        "3",
        True,
        10**400,
        pytest.param(10**5000, id="huge"),
        2e9,
    ],
)
def test_duration_that_never_ends_or_is_none_is_refused(value):
    """`timeout=None` must not mean: wait for ever."""
    with pytest.raises(ConfigurationError, match="timeout must be a positive, finite number"):
        check_seconds(value, "timeout")


@pytest.mark.parametrize("value", [-1, 1.0, None, "3", True])
def test_count_that_is_none_is_refused(value):
    """A number of retries is whole and not negative."""
    assert check_count(0, "max_retries") == 0
    with pytest.raises(ConfigurationError, match="max_retries must be a whole number"):
        check_count(value, "max_retries")


class Unsure(tzinfo):
    """A time zone that does not know its offset."""

    def utcoffset(self, _moment):
        """Return nothing."""


@pytest.mark.parametrize(
    "value",
    [datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=Unsure()), "2026-01-01", 5],  # noqa: DTZ001 (the point)
)
def test_start_of_a_wait_needs_a_time_zone(value):
    """A naive time would be off by hours on another machine."""
    with pytest.raises(ConfigurationError, match="started_at must be a datetime with a time zone"):
        check_started_at(value)


def test_start_of_a_wait_may_be_absent_or_in_any_zone():
    """Whoever begins now says nothing."""
    moment = datetime(2026, 1, 1, tzinfo=UTC).astimezone(timezone.max)
    assert check_started_at(None) is None
    assert check_started_at(moment) is moment


@pytest.mark.parametrize(
    ("asset_id", "problem"),
    [
        ("", "is empty"),
        (".", "would be taken as a directory step"),
        ("..", "would be taken as a directory step"),
        ("a\nb", "contains control characters"),
        ("\x00", "contains control characters"),
        ("a\x7f", "contains control characters"),
        ("a\x9f", "contains control characters"),
        ("x" * 257, "is longer than 256 characters"),
        ("a\ud800", "contains half of a surrogate pair"),
        (None, "must be a string, not NoneType"),
        (b"ast", "must be a string, not bytes"),
        pytest.param(10**5000, "must be a string, not int", id="huge"),
    ],
)
def test_id_that_would_reach_another_endpoint_is_refused(asset_id, problem):
    """D1, D12: empty, `.`, `..`, control characters, over 256: nothing is sent."""
    with pytest.raises(InvalidAssetIdError) as caught:
        check_asset_id(asset_id)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, BabouError)
    assert caught.value.asset_id is asset_id
    shown = "a huge number" if isinstance(asset_id, int) else repr(asset_id)[:80]
    assert f"The asset id {shown}" in str(caught.value)
    assert problem in str(caught.value)
    assert "Use the id that the upload returned" in str(caught.value)


class TestIdsAsPathSegments:
    """D1: "To be treated as opaque text": percent-encoded, as one path segment."""

    @given(asset_id=ids)
    def test_id_comes_back_from_the_last_of_as_many_segments(self, asset_id):
        """Whatever an id holds, it is one segment, and unquoting gives it back."""
        request = asset_request(check_asset_id(asset_id))
        url = Head(BASE_URL, "tests").complete(request, Secret(KEY)).url
        parts = urlsplit(url)
        *before, last = parts.path.split("/")
        assert before == ["", "api", "v1", "assets"]
        assert unquote(last, errors="strict") == asset_id
        assert last not in {".", ".."}
        assert (parts.query, parts.fragment, parts.netloc) == ("", "", "api.example")
        assert url.isascii()
        assert request.method == "GET"

    @given(asset_id=st.text(max_size=300))
    def test_any_text_is_sent_whole_or_refused(self, asset_id):
        """There is nothing between: no id is altered on its way."""
        try:
            check_asset_id(asset_id)
        except InvalidAssetIdError:
            return
        assert unquote(asset_request(asset_id).url.rpartition("/")[2]) == asset_id

    @given(
        asset_id=st.sampled_from(["%2e%2e", "..%2f", "a/b", "a?b=c", "a#b", "a\\b", "a b", "." * 3])
    )
    def test_id_with_meaning_in_a_url_loses_it(self, asset_id):
        """Separators and escapes are text like any other."""
        assert asset_request(check_asset_id(asset_id)).url.count("/") == 4


def test_user_agent_names_package_python_and_suffix():
    """The caller's product follows ours."""
    assert user_agent(None).startswith("babou-python/")
    assert user_agent("my-service/1.4") == f"{user_agent(None)} my-service/1.4"


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """Move the package to a folder; return a function that makes folders beside it."""
    monkeypatch.setattr(config, "__file__", str(tmp_path / "babou" / "_config.py"))
    monkeypatch.setattr(config, "version", version.__wrapped__)
    return lambda *names: [(tmp_path / name).mkdir() for name in names]


def test_version_is_that_of_the_metadata_beside_the_package(beside):
    """Where installers put them both."""
    beside("babou", "babou-9.8rc1+here.dist-info", "babou_extra-1.0.dist-info", "babou-data")
    assert config.version() == "9.8rc1+here"
    assert user_agent(None).startswith("babou-python/9.8rc1+here ")


@pytest.mark.parametrize("names", [[], ["babou-9.8.dist-info", "babou-9.9.dist-info"]])
def test_version_is_asked_for_where_it_is_not_plain_to_see(beside, names):
    """An editable install, a zip file, an upgrade that left something behind."""
    beside(*names)
    assert config.version() == metadata.version("babou")


@pytest.mark.parametrize("suffix", ["", " a", "a ", "a\r\nx: y", "ä", 5])
def test_user_agent_suffix_that_no_header_can_hold_is_refused(suffix):
    """A header cannot be smuggled in."""
    with pytest.raises(ConfigurationError, match="user_agent_suffix must be printable ASCII"):
        user_agent(suffix)

"""What the environment says, in the same way for every request that a client sends by itself."""

import base64
import select
import socket
import ssl
from urllib.parse import urlsplit

import certifi
import pytest
import trustme
from raw_server import NOT_FOUND, ask, request_from

import babou
from babou._http.environment import Proxies, trusted

IMAGE = "ast_demo_image"
HASHED_NAME = "c48e9717.0"  # of the authority's subject: openssl x509 -noout -subject_hash
TLS = ssl.PROTOCOL_TLS_CLIENT


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in ("NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    trusted.cache_clear()
    yield
    trusted.cache_clear()


class TestWhichProxy:
    """HTTP_PROXY, HTTPS_PROXY, ALL_PROXY; NO_PROXY as curl reads it (man curl)."""

    @pytest.mark.parametrize(
        ("no_proxy", "address", "is_direct"),
        [
            ("*", "api.babou.example", True),
            ("", "api.babou.example", False),
            ("babou.example", "babou.example", True),
            ("babou.example", "api.babou.example", True),
            (".babou.example", "babou.example", True),
            (".babou.example", "api.babou.example", True),
            ("*.babou.example", "api.babou.example", True),
            ("babou.example.", "babou.example", True),
            ("babou.example", "babou.example.", True),
            ("BABOU.example", "babou.EXAMPLE", True),
            ("babou.example", "notbabou.example", False),
            ("other.example, babou.example", "babou.example", True),
            ("other.example babou.example", "babou.example", True),
            (",,", "babou.example", False),
            ("babou.example:8000", "babou.example:8000", True),
            ("babou.example:8000", "babou.example", False),
            ("127.0.0.1", "127.0.0.1", True),
            ("127.0.0.1:443", "127.0.0.1", True),
            ("127.0.0.1:444", "127.0.0.1", False),
            ("27.0.0.1", "127.0.0.1", False),
            ("0.0.1", "127.0.0.1", False),
            ("127.0.0.0/8", "127.0.0.1", True),
            ("10.0.0.0/8", "127.0.0.1", False),
            ("10.0.0.0/8", "babou.example", False),
            ("::1", "[::1]", True),
            ("[::1]", "[::1]", True),
            ("[::1]:443", "[::1]", True),
            ("[::1]:444", "[::1]", False),
            ("::1/128", "[::1]", True),
            ("fe80::/10", "[fe80::1%eth0]", True),
            ("0.0.0.0/0", "[::1]", False),
            ("10.0.0.0/99", "127.0.0.1", False),
            ("[", "babou.example", False),
        ],
    )
    def test_no_proxy(self, monkeypatch, no_proxy, address, is_direct):
        """Container tools set whole lists of these."""
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
        monkeypatch.setenv("NO_PROXY", no_proxy)
        parts = urlsplit(f"https://{address}")
        found = Proxies.of_environment().to("https", parts.hostname, parts.port or 443)
        assert (found is None) is is_direct

    @pytest.mark.parametrize(
        ("variables", "scheme", "expected"),
        [
            ({"HTTP_PROXY": "http://a:1"}, "http", "http://a:1"),
            ({"HTTP_PROXY": "http://a:1"}, "https", None),
            ({"HTTPS_PROXY": "http://b:2"}, "https", "http://b:2"),
            ({"ALL_PROXY": "http://c:3"}, "http", "http://c:3"),
            ({"ALL_PROXY": "http://c:3"}, "https", "http://c:3"),
            ({"ALL_PROXY": "http://c:3", "HTTPS_PROXY": "http://b:2"}, "https", "http://b:2"),
            ({"HTTPS_PROXY": "http://b:2", "https_proxy": "http://d:4"}, "https", "http://d:4"),
            ({"HTTPS_PROXY": "b:2"}, "https", "http://b:2"),
            ({"HTTPS_PROXY": "http://user:pa%40ss@b:2"}, "https", "http://b:2"),
            ({"HTTPS_PROXY": ""}, "https", None),
        ],
    )
    def test_proxy_of_a_scheme(self, monkeypatch, variables, scheme, expected):
        """Lower case comes first; what is empty is unset."""
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        found = Proxies.of_environment().to(scheme, "babou.example", 443)
        assert (found and found.name) == expected

    @pytest.mark.parametrize("value", ["ftp://127.0.0.1:1", "http://", "http://a:x", "http://ä:1"])
    def test_what_is_no_proxy_is_told(self, monkeypatch, value):
        """The error names the variables, and not the value: a password may be in it."""
        monkeypatch.setenv("ALL_PROXY", value)
        with pytest.raises(babou.ConfigurationError, match="HTTPS_PROXY") as caught:
            babou.Client("sk-bab-1")
        assert value not in str(caught.value).replace("http://proxy.example.com:3128", "")

    def test_a_socks_proxy_without_its_package_is_told(self, monkeypatch):
        """The package is named."""
        monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
        monkeypatch.setattr("babou._http.environment.find_spec", lambda _name: None)
        with pytest.raises(babou.ConfigurationError, match="pip install socksio"):
            babou.Client("sk-bab-1")


def pass_on(near, far):
    """Pass on what either side sends until one of them hangs up."""
    sides = {near: far, far: near}
    while True:
        for side in select.select(list(sides), [], [])[0]:
            # TLS may hold more than it was asked for, which the system does not know.
            passed = side.recv(65536)
            while getattr(side, "pending", int)():
                passed += side.recv(65536)
            if not passed:
                return
            sides[side].sendall(passed)


def connect(near):
    """Serve one CONNECT."""
    host, _, port = request_from(near).split(b" ")[1].decode().rpartition(":")
    with socket.create_connection((host, int(port))) as far:
        near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        pass_on(near, far)


def socks(near):
    """Serve one connection by SOCKS5 (RFC 1928), to an IPv4 address or a name."""
    near.recv(2 + 255)
    near.sendall(b"\x05\x00")
    command = near.recv(4 + 256)
    port = int.from_bytes(command[-2:], "big")
    assert command[3] in {1, 3}
    host = socket.inet_ntoa(command[4:8]) if command[3] == 1 else command[5:-2].decode()
    with socket.create_connection((host, port)) as far:
        # 13.10.13.10 has the bytes of an empty line, which do not end an answer's head here.
        near.sendall(b"\x05\x00\x00\x01\r\n\r\n\x00\x00")
        pass_on(near, far)


@pytest.fixture
def authority():
    return trustme.CA(organization_name="Babou's tests", organization_unit_name="Authority")


@pytest.fixture
def wrap(authority):
    """Return what speaks TLS on a server's side."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return lambda raw: context.wrap_socket(raw, server_side=True)


@pytest.fixture
def trust(authority, tmp_path, monkeypatch):
    """Trust the authority."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


def not_found(connection):
    while request_from(connection):
        connection.sendall(NOT_FOUND)


@pytest.mark.usefixtures("trust")
class TestThroughProxies:
    """Each kind of proxy, before a server with TLS and one without."""

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize("proxy", ["http", "https", "socks5"])
    def test_a_proxy_carries_the_call(
        self, serve, wrap, open_own_client, monkeypatch, scheme, proxy
    ):
        """TLS runs inside TLS where the proxy itself is reached by https."""
        target = serve(not_found, wrap=wrap if scheme == "https" else None)
        carry = socks if proxy == "socks5" else connect
        if proxy != "socks5" and scheme == "http":
            carry = not_found  # it is asked for the whole URL
        between = serve(carry, wrap=wrap if proxy == "https" else None)
        monkeypatch.setenv("ALL_PROXY", f"{proxy}://127.0.0.1:{between.address[1]}")
        url = target.url.replace("http:", f"{scheme}:")
        client = open_own_client(base_url=url, max_retries=0)
        for _ in range(2):
            ask(client)
        assert between.connections == 1

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize("user", ["", "us%40er:secret@"])
    def test_a_proxy_that_wants_credentials_is_named(
        self, serve, open_own_client, monkeypatch, scheme, user
    ):
        """407 is the proxy's, not the server's: its address is told, without the password."""
        seen = []

        def refuse(connection):
            seen.append(request_from(connection))
            connection.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"
            )

        between = serve(refuse)
        monkeypatch.setenv("ALL_PROXY", between.url.replace("//", f"//{user}"))
        client = open_own_client(base_url=f"{scheme}://api.invalid", max_retries=0)
        error = ask(client, babou.ConfigurationError)
        assert f"The proxy {between.url} refuses" in str(error)
        assert "secret" not in str(error)
        credentials = base64.b64encode(b"us@er:secret")
        assert (b"Basic " + credentials in seen[0]) is bool(user)

    def test_a_proxy_that_cannot_reach_the_server_is_an_error_of_ours(
        self, serve, open_own_client, monkeypatch
    ):
        """502 to CONNECT is no answer of the server."""

        def refuse(connection):
            request_from(connection)
            connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")

        monkeypatch.setenv("ALL_PROXY", serve(refuse).url)
        client = open_own_client(base_url="https://api.invalid", max_retries=0)
        assert "502" in str(ask(client, babou.APIConnectionError))


class TestWhoIsTrusted:
    """SSL_CERT_FILE, SSL_CERT_DIR, the system, certifi."""

    @pytest.fixture
    def secure(self, serve, wrap):
        return serve(not_found, wrap=wrap).url.replace("http:", "https:")

    def test_a_directory_of_certificates(
        self, secure, authority, open_own_client, tmp_path, monkeypatch
    ):
        """OpenSSL finds them by the hash of their subjects."""
        authority.cert_pem.write_to_path(tmp_path / HASHED_NAME)
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        ask(open_own_client(base_url=secure, max_retries=0))

    def test_a_directory_that_is_not_there(self, secure, open_own_client, tmp_path, monkeypatch):
        """OpenSSL would trust nobody, without a word."""
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "missing"))
        error = ask(open_own_client(base_url=secure), babou.ConfigurationError)
        assert "SSL_CERT_DIR" in str(error)

    @pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
    def test_an_empty_variable_is_unset(self, monkeypatch, name):
        """The system's authorities are trusted then."""
        usual = len(trusted().get_ca_certs())
        trusted.cache_clear()
        monkeypatch.setenv(name, "")
        assert len(trusted().get_ca_certs()) == usual

    @pytest.mark.parametrize("has_folder", [True, False])
    def test_a_system_without_authorities_gets_those_of_certifi(
        self, monkeypatch, tmp_path, has_folder
    ):
        """Small containers have none."""
        none = ssl.DefaultVerifyPaths(
            *(None, None, "SSL_CERT_FILE", str(tmp_path / "none.pem"), "SSL_CERT_DIR"),
            str(tmp_path if has_folder else tmp_path / "none"),
        )
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: none)
        monkeypatch.setattr(ssl, "create_default_context", lambda **_: ssl.SSLContext(TLS))
        expected = ssl.SSLContext(TLS)
        expected.load_verify_locations(certifi.where())
        assert len(trusted().get_ca_certs()) == len(expected.get_ca_certs()) > 0

    def test_a_system_that_keeps_its_authorities_elsewhere(self, authority, monkeypatch):
        """Windows: `ssl` finds them there by itself."""
        found = ssl.SSLContext(TLS)
        authority.configure_trust(found)
        none = ssl.DefaultVerifyPaths(None, None, "", "none", "", "none")
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: none)
        monkeypatch.setattr(ssl, "create_default_context", lambda **_: found)
        assert len(trusted().get_ca_certs()) == 1

    def test_a_system_with_a_folder_of_authorities_needs_no_others(self, monkeypatch, tmp_path):
        """What is in it is loaded when it is needed."""
        (tmp_path / "0123abcd.0").write_bytes(trustme.CA().cert_pem.bytes())
        paths = ssl.DefaultVerifyPaths(
            *(None, None, "SSL_CERT_FILE", str(tmp_path / "none.pem"), "SSL_CERT_DIR"),
            str(tmp_path),
        )
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
        assert trusted().get_ca_certs() == []


def test_a_host_may_be_a_name(server, open_own_client):
    """`localhost` is no address: it is resolved in another thread."""
    url = server.base_url.replace("127.0.0.1", "localhost")
    assert open_own_client(base_url=url)("get", IMAGE).is_ready

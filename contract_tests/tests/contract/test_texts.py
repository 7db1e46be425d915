"""What went wrong is told as what it is, in words, and no text of a server moves the cursor."""

import json
import socket
import ssl

import pytest
import trustme
from attrs import evolve
from click.testing import CliRunner

from babou_contract.command import contract
from babou_contract.probing import failures
from babou_contract.probing.failures import Failure

IMAGE = "ast_testImage00001"
UGLY = "\x1b[31m\x9b2J\x7f\u202e\r\nAll agree."


@pytest.fixture
def told(small_server, without_schemathesis):
    """Return a function that runs the command against the small server, and gives its output."""

    def run(rewrite=None, *more, url=None):
        small_server.rewrite = rewrite
        command = ["--base-url", url or small_server.base_url, "--asset", IMAGE]
        command += ["--waive", "uploadAsset", "--waive", "listAssets"]
        command += ["--api-key", small_server.api_key, "--only", "3,4", *more]
        return CliRunner().invoke(contract, command)

    return run


def _everywhere(_request, response):
    """Put characters that move the cursor wherever an answer can have them."""
    response = response.with_header("X-Ugly", "\x9b31m").with_header("Location", "/\x9b31m")
    if response.status != 200:
        return response.with_json({"error": UGLY, "code": UGLY})
    return response.with_json({**response.json(), "name": UGLY, "state": UGLY, "url": UGLY})


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["console", "json"])
def test_no_control_character_reaches_a_terminal(told, more):
    """They are shown by their names, and a line of the server's is no line of the check's."""
    done = told(_everywhere, *more)
    assert done.exit_code == 1
    assert {c for c in done.output if not c.isprintable()} == {"\n"}
    assert "All agree." not in done.output.splitlines()
    assert "ESC" in done.output or json.loads(done.output)["exit_code"] == 1


def test_no_control_character_reaches_a_table(told, monkeypatch):
    """Nor the live table of a terminal, by the reason of a check."""
    from babou_contract.model import Boundary, CheckResult, Outcome
    from babou_contract.report import show

    result = CheckResult(
        boundary=Boundary.spec_server,
        check="a/b",
        promise="p",
        outcome=Outcome.not_judged,
        reason=UGLY,
    )
    console = show.Console(width=200, record=True)
    with open("/dev/null", "w", encoding="utf-8") as nowhere:  # noqa: PTH123
        console.file = nowhere
        progress = show.Progress(nowhere)
        progress.add(result)
        console.print(progress._table())
    text = console.export_text()
    assert {c for c in text if not c.isprintable()} == {"\n"}


def test_a_body_without_what_it_has_to_have_is_shown(told):
    """`nothing` is only half of it: the body has something else."""

    def rewrite(_request, response):
        return response.with_json({"detail": "Who?"}) if response.status == 401 else response

    done = told(rewrite)
    assert done.exit_code == 1
    assert 'received  nothing; it is 401 application/json: {"detail": "Who?"}' in done.output


def test_a_gateways_password_is_told_from_a_refused_key(told):
    """It is not this API that asks for Basic."""

    def rewrite(_request, response):
        wall = evolve(response, status=401).with_body(b"<html>Authorization required", "text/html")
        return wall.with_header("WWW-Authenticate", 'Basic realm="Staging"')

    done = told(rewrite)
    assert done.exit_code == 3
    assert "a gateway asks for a user's name and password" in done.output
    assert 'Basic realm="Staging"' in done.output


def test_a_refused_key_is_told_with_the_servers_words(told):
    """They may say that it has expired."""

    def rewrite(_request, response):
        body = {"error": "API key has expired", "code": "API_KEY_EXPIRED"}
        return evolve(response, status=401).with_json(body)

    done = told(rewrite)
    assert done.exit_code == 3
    assert "the key was refused for every request" in done.output
    assert "API_KEY_EXPIRED" in done.output


def test_a_redirect_is_told_with_where_it_leads(told, failed_in, judge):
    """One accusation, and the address to use instead."""

    def rewrite(request, response):
        moved = evolve(response, status=301).with_body(b"", "text/html")
        return moved.with_header("Location", f"https://elsewhere.example{request.path}")

    done = told(rewrite)
    assert done.exit_code == 1
    assert f"301 to https://elsewhere.example/api/v1/assets/{IMAGE}" in done.output
    assert failed_in(judge(rewrite, only=("3", "4"))) == {"statuses-are-documented"}


def test_a_page_instead_of_the_api_is_shown_in_its_beginning(told):
    """Who reads it sees whose page it is."""

    def rewrite(_request, response):
        page = b"<html><title>Welcome to nginx!</title>"
        return evolve(response, status=404).with_body(page, "text/html")

    done = told(rewrite)
    assert done.exit_code == 3
    assert "Welcome to nginx!" in done.output


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def test_a_certificate_that_is_not_trusted_is_told_with_what_to_do(told, front, tls):
    """SSL_CERT_FILE names an authority of one's own."""
    done = told(url=front(tls))
    assert done.exit_code == 3
    assert "the server's certificate is not trusted" in done.output
    assert "SSL_CERT_FILE" in done.output


def test_an_authority_of_ones_own_is_trusted(told, front, tls, authority, tmp_path, monkeypatch):
    """By all that the check sends with: its own connection, and the client's."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    done = told(url=front(tls))
    assert done.exit_code == 0, done.output


def test_http_to_a_port_for_https_is_told(told, front, tls):
    """It is a wrong address, and no broken server."""
    done = told(url=front(tls).replace("https:", "http:"))
    assert done.exit_code == 3
    assert "the port speaks TLS: name the server with https://" in done.output


def test_https_to_a_port_for_http_is_told(told, small_server):
    """And the other way round."""
    done = told(url=small_server.base_url.replace("http:", "https:"))
    assert done.exit_code == 3
    assert "is it http://, not https://?" in done.output


@pytest.mark.parametrize(
    ("error", "words", "failure"),
    [
        (socket.gaierror(-2, "Name or service not known"), "has no address", Failure.unusable),
        (UnicodeError("label too long"), "has no address (label too long)", Failure.unusable),
        (OSError(101, "Network is unreachable"), "no connection is possible", Failure.refused),
        (ConnectionRefusedError(111, "Connection refused"), "was refused", Failure.refused),
        (BrokenPipeError(32, "Broken pipe"), "reset the connection", Failure.lost),
    ],
)
def test_a_network_that_fails_is_told_in_words(error, words, failure):
    """The name is wrong, the network is away, nobody listens."""
    found = failures.told(error, b"")
    assert words in str(found)
    assert found.failure is failure


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "what came is no whole HTTP answer: b'SSH-2.0-OpenSSH"),
        (b"HTTP/1.1 200 OK\r\nContent-Ty", "what came is no whole HTTP answer: b'HTTP/1.1 200"),
        (b"", "closed the connection without an answer"),
    ],
)
def test_what_came_instead_of_an_answer_is_told_in_words(told, raw, words):
    """Never as the state of a parser."""
    done = told(lambda _request, response: response.with_wire(raw=raw))
    assert done.exit_code == 3
    assert words in done.output


def test_a_body_that_is_reset_is_told_in_words(told):
    """The head came, and so many bytes."""

    def rewrite(_request, response):
        return (
            response.with_wire(stop_after=5, stop="reset") if response.status == 200 else response
        )

    done = told(rewrite)
    assert done.exit_code == 1
    assert "the body breaks off after " in done.output

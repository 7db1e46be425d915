"""The key leaves a run in no spelling, wherever a server repeats it."""

import base64
import json
import re
from urllib.parse import quote

import pytest
from attrs import evolve
from click.testing import CliRunner

from babou_contract.command import contract
from babou_contract.mock_server import MockServer
from babou_contract.probing import fuzzing
from babou_contract.probing.redaction import Redactor

KEY = "sk-bab-K3yOf+aTest/4711"
SPELLINGS = {
    "as it is": KEY,
    "in the other case": KEY.swapcase(),
    "backwards": KEY[::-1],
    "percent-encoded": quote(KEY, safe=""),
    "percent-encoded twice": quote(quote(KEY, safe="")),
    "every character percent-encoded": "".join(f"%{ord(c):02x}" for c in KEY),
    "in Base64": base64.b64encode(KEY.encode()).decode(),
    "in Base64 with its scheme": base64.b64encode(f"Bearer {KEY}".encode()).decode(),
    "in Base64 with a user": base64.b64encode(f"me:{KEY}".encode()).decode(),
    "in Base64 for URLs": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "in hexadecimal": KEY.encode().hex(),
    "in HTML": "".join(f"&#{ord(c)};" for c in KEY),
    "escaped in JSON": json.dumps("".join(f"\\u{ord(c):04x}" for c in KEY))[1:-1],
    "in part": KEY[9:20],
}


def _repeating():
    """Repeat the key in every place that an answer has, in one spelling after the other."""
    count = iter(range(10**6))
    spelled = list(SPELLINGS.values())

    def rewrite(_request, response):
        number = next(count)
        key = spelled[number % len(spelled)]
        response = evolve(response, reason=f"No {key}").with_header("X-Key", key)
        if number % 9 == 3:
            return response.with_body(f"<html>{key}</html>".encode(), "text/html")
        if number % 9 == 5:
            return response.with_body(b"\xff" + key.encode(), "image/png")
        if not response.body:
            return response
        names = {200: ("url", "name", "id", "state", "more")}.get(response.status, ("code",))
        name = names[number % len(names)]
        return response.with_json({**response.json(), name: f"{number}/{key}", key: 1})

    return rewrite


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Run the command in each of its ways, and return all that it wrote."""
    folder = tmp_path_factory.mktemp("outputs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fuzzing, "is_installed", lambda: False)
        patch.setenv("GITHUB_ACTIONS", "true")
        patch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
        with MockServer(api_key=KEY, assets=False, rewrite=_repeating()) as server:
            ids = [server.add(f"ast_testImage{number}") for number in range(3)]
            command = ["--base-url", server.base_url, *(f"--asset={id}" for id in ids)]
            command += ["--only", "3,4", "--api-key", KEY, "--report", str(folder / "out")]
            told = [CliRunner().invoke(contract, [*command, *more]) for more in ([], ["--json"])]
    assert [done.exit_code for done in told] == [1, 1]
    files = [path.read_text("utf-8") for path in folder.rglob("*.*")]
    assert len(files) == 4
    return [done.output for done in told] + files


@pytest.mark.parametrize("spelled", SPELLINGS.values(), ids=SPELLINGS)
def test_no_output_has_the_key(outputs, spelled):
    """Console, JSON, report files, annotations and summary: the key stands in none of them."""
    for text in outputs:
        assert spelled not in text
        for encoded in re.findall(r'"base64": "([^"]+)"', text):
            assert spelled.encode() not in base64.b64decode(encoded)


def test_no_output_has_a_part_of_the_key(outputs):
    """A part that is too long to be there by chance helps to guess the rest."""
    for text in outputs:
        assert "$BABOU_API_KEY" in text
        assert KEY[8:16].lower() not in text.lower()


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"a {KEY} b", "a $BABOU_API_KEY b"),
        (f"a{KEY[7:]}b", "a$BABOU_API_KEY in partb"),
        (f"a{KEY[-7:]}b", f"a{KEY[-7:]}b"),
        ("Bearer sk-bab-x", "Bearer sk-bab-x"),
        ("100% of \\u0041 & &amp; \\ %zz é", "100% of \\u0041 & &amp; \\ %zz é"),
    ],
)
def test_nothing_but_the_key_is_taken_out(text, redacted):
    """What is no key, and too short a part of one to help anybody, stays as it was."""
    assert Redactor(KEY)(text) == redacted


def test_the_client_is_not_blamed_for_its_own_redaction(judge, failed_in, small_server):
    """The client takes its key out of what it shows: that is no other value than the server's."""

    def rewrite(_request, response):
        if response.status == 200:
            return response.with_json({**response.json(), "name": f"by {small_server.api_key}"})
        return response

    assert failed_in(judge(rewrite, only=("3", "4"))) == {"the-key-is-not-repeated"}

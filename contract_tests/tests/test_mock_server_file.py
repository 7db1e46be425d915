"""`babou mock --assets FILE`: what a file can hold, and how its mistakes are told."""

import json

import pytest
from click.testing import CliRunner

from babou_contract.mock_server.command import mock

WHOLE = """\
assets:
  - id: ast_logo
    name: logo.png
    content: hello
    created_at: 2025-12-02T10:00:00Z
  - id: ast_more
    kind: video
    content_base64: AAEC
    state: archived
    colour: red
    allow_unknown: true
  - id: ast_file
    content_file: bytes.bin
  - id: ast_reads
    lifecycle: [uploading, ready]
  - id: ast_twice
    lifecycle: {states: [processing, ready], reads: 2}
  - id: ast_timed
    lifecycle: {seconds: {uploading: 0, processing: 0.0}, then: error}
  - name: without an id
faults:
  - fault: not_found
    asset_id: ast_more
    times: 1
  - {fault: null_member, member: colour, asset_id: ast_more, allow_unknown: true}
"""


@pytest.fixture
def load(mock_server, tmp_path):
    """Return a function that has the server load a file of this text."""

    def load_it(text, name="assets.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return mock_server.load(tmp_path / name)

    return load_it


def test_a_file_seeds_the_server(load, mock_server, mock_api, storage, tmp_path):
    """Assets with their bytes and lifecycles, and faults."""
    (tmp_path / "bytes.bin").write_bytes(b"\0from a file")
    *ids, made_up = load(WHOLE)
    assert ids == ["ast_logo", "ast_more", "ast_file", "ast_reads", "ast_twice", "ast_timed"]
    assert mock_api.get(made_up).json()["name"] == "without an id"
    logo = mock_api.get("ast_logo").json()
    assert (logo["name"], logo["size"]) == ("logo.png", 5)
    assert logo["created_at"] == "2025-12-02T10:00:00Z"
    assert storage.get(logo["url"]).content == b"hello"
    assert storage.get(mock_server.url_of("ast_file")).content == b"\0from a file"
    assert storage.get(mock_server.url_of("ast_more")).content == b"\0\1\2"
    assert mock_api.get("ast_more").status_code == 404
    more = mock_api.get("ast_more").json()
    assert (more["state"], more["colour"], more["content_type"]) == ("archived", None, "video/mp4")
    states = [mock_api.get("ast_reads").json()["state"] for _ in range(2)]
    assert states == ["uploading", "ready"]
    states = [mock_api.get("ast_twice").json()["state"] for _ in range(3)]
    assert states == ["processing", "processing", "ready"]
    assert mock_api.get("ast_timed").json()["state"] == "error"
    assert mock_server.about["ast_logo"].endswith("assets.yaml")
    assert "ast_demo_image" in mock_server.about


def test_json_is_read_as_well(load, mock_api):
    """With tabs, which YAML would not take; a mark of the byte order does not matter."""
    text = json.dumps({"assets": [{"id": "ast_json", "lifecycle": ["failed"]}]}, indent="\t")
    assert load(f"\ufeff{text}", "assets.json") == ["ast_json"]
    assert mock_api.get("ast_json").json()["state"] == "failed"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "assets.yaml is no mapping"),
        ("[]", "assets.yaml is no mapping"),
        ("asset: []", "has a member 'asset'; its members are assets, uploads and faults"),
        ("assets: {}", "assets is no list"),
        ("a: b: c", "line 1: no YAML: mapping values are not allowed here"),
        ("assets:\n- {name: [}", "line 2: no YAML: "),
        ("assets: !!python/object:os.system x", "line 1: no YAML: "),
        ("a: \x01", "no YAML: "),
        ("assets:\n- id: a\n- id: a", "line 3: assets[1]: there is an asset 'a' above"),
        ("assets:\n- id: 5", "line 2: assets[0]: id is text, not 5: put it in quotation marks"),
        ("assets:\n- ast_1", "line 2: assets[0]: an asset is a mapping of names"),
        ("assets:\n- {1: 2}", "line 2: assets[0]: an asset is a mapping of names"),
        ("assets:\n- state: redy", "line 2: assets[0]: an asset has no state 'redy'"),
        ("assets:\n- nmae: x", "line 2: assets[0]: an asset has no member 'nmae'"),
        ("assets:\n- self: x", "line 2: assets[0]: an asset has no member 'self'"),
        ("assets:\n- kind: x", "line 2: assets[0]: no kind 'x'"),
        ("assets:\n- lifecycle: [redy]", "no state 'redy'; did you mean 'ready'?"),
        ("assets:\n- lifecycle: []", "needs at least one state"),
        ("assets:\n- lifecycle: [1]", "a state is text, not 1"),
        ("assets:\n- lifecycle: ready", "a lifecycle is a list of states, or has the members"),
        ("assets:\n- lifecycle: {states: [ready], times: 2}", "a lifecycle is a list of states"),
        ("assets:\n- lifecycle: {states: [ready], reads: x}", "reads is a whole number, not 'x'"),
        ("assets:\n- lifecycle: {seconds: {ready: x}}", "ready lasts a number of seconds, not 'x'"),
        ("assets:\n- lifecycle: {seconds: {ready: -1}}", "ready cannot last -1 seconds"),
        ("assets:\n- lifecycle: {seconds: {then: 1}}", "a lifecycle is a list of states"),
        ("assets:\n- {lifecycle: [ready], state: ready}", "give either a state"),
        ("assets:\n- {content: a, content_base64: b}", "only one of content and content_base64"),
        ("assets:\n- content_base64: '?'", "content_base64 is no base64"),
        ("assets:\n- content_file: none.png", "none.png': No such file or directory"),
        ("assets:\n- content: 5", "content is text, not 5"),
        ("assets:\n- allow_unknown: yes please", "allow_unknown is true or false"),
        ("assets:\n- width: !!set {a}", "members are JSON"),
        ("faults:\n- rate_limited", "line 2: faults[0]: a fault is a mapping of names"),
        ("faults:\n- {}", "line 2: faults[0]: a fault has its name as the member 'fault'"),
        ("faults:\n-\n- fault: x", "line 2: faults[0]: a fault is a mapping"),
        ("faults:\n- fault: rate_limitted", "did you mean rate_limited"),
        ("faults:\n- {fault: latency, seconds: x}", "seconds cannot be 'x', it is a number from 0"),
        ("faults:\n- {fault: latency, self: 1}", "has no parameter 'self'"),
        ("faults:\n- {fault: latency, times: x}", "times is a whole number from 1 on"),
        ("faults:\n- {fault: latency, asset_id: 7}", "asset_id is text, not 7"),
        ("faults:\n- {fault: latency, operation_id: 7}", "operation_id is text, not 7"),
        ("faults:\n- {fault: latency, operation_id: x}", "no operation 'x'; there are getAsset,"),
        ("uploads: [redy]", "uploads: an asset has no state 'redy'; did you mean 'ready'?"),
        ("uploads: ready", "uploads: a lifecycle is a list of states"),
        ("faults:\n- {fault: null_member, member: x}", "an asset has no member 'x'"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_entry(tmp_path, monkeypatch, text, told):
    """One usage error of the command, and nothing is served."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "assets.yaml").write_text(text)
    result = CliRunner().invoke(mock, ["--assets", "assets.yaml", "--", "true"])
    assert result.exit_code == 2
    assert "'--assets': assets.yaml" in result.output
    assert told in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"assets":\n[', "line 2: no JSON: Expecting value"),
        ('{"assets": [{}, {"state": "redy"}]}', "assets.json: assets[1]: an asset has no state"),
    ],
)
def test_a_mistake_in_json_is_told_with_its_entry(load, text, told):
    """The line where it is no JSON at all."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the text is looked at)
        load(text, "assets.json")
    assert told in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(mock_server, tmp_path):
    """Which one, and why."""
    with pytest.raises(ValueError, match=r"none\.yaml can't be read: No such file or directory"):
        mock_server.load(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"latin\.yaml is no UTF-8"):
        mock_server.load(str(tmp_path / "latin.yaml"))

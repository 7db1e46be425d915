"""An operation that the API does not have is added: everything follows, and nothing is edited."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from attrs import evolve

INVENTED = yaml.safe_load(Path(__file__).with_name("invented.yaml").read_text(encoding="utf-8"))
SPEC, EXPOSED = "openapi/babou.yaml", "openapi/exposed.yaml"
MAIN = ("-c", "from babou._cli import main; main()")
FOLDER = Path(__file__).parent
pytestmark = [
    pytest.mark.xdist_group("invented"),  # two minutes of preparation, once
    pytest.mark.in_parts("invented"),
]


def added(document):
    """Return a specification with the operation."""
    paths = document["paths"] | INVENTED["paths"]
    schemas = document["components"]["schemas"] | INVENTED["schemas"]
    tags = [*document["tags"], {"name": "folders", "description": "Where assets are."}]
    components = document["components"] | {"schemas": schemas}
    return document | {"paths": paths, "components": components, "tags": tags}


def spell(document):
    """Return a document as YAML."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


@pytest.fixture(scope="module")
def grown(released, tmp_path_factory):
    """A copy whose specification has the operation, which `evolve` has not seen yet."""
    root = shutil.copytree(released.root, tmp_path_factory.mktemp("grown") / "copy")
    copy = evolve(released, root=root)
    copy.write(SPEC, spell(added(yaml.safe_load(copy.read(SPEC)))))
    return copy


@pytest.fixture(scope="module")
def refused(grown):
    """What `evolve` says to an operation that stands in no list."""
    return grown.run("openapi/evolve.py")


@pytest.fixture(scope="module")
def listed(grown, refused):
    """The copy in which the operation is listed as unexposed, and what `evolve` says then."""
    assert refused.returncode == 1, refused.stdout
    lists = yaml.safe_load(grown.read(EXPOSED))
    lists["unexposed"] = {**lists["unexposed"], "addLabel": "It is an example."}
    grown.write(EXPOSED, spell(lists))
    return grown, grown.run("openapi/evolve.py")


def test_evolve_refuses_it_in_one_sentence(refused):
    """Until the wrapper exposes it or it is listed; what comes after is not run."""
    told = [line for line in refused.stdout.splitlines() if "addLabel" in line]
    assert len(told) == 1, refused.stdout
    assert re.search(
        rf"{SPEC}:\d+: addLabel \(POST \S+\) is new: name the client's method", told[0]
    )
    assert re.findall(r"^✗ (\w+)", refused.stdout, re.MULTILINE) == ["exposed"]
    assert "· contract" in refused.stdout


def test_evolve_follows_once_it_is_listed(listed):
    """All steps agree, and the version that follows is written."""
    copy, done = listed
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 have none by intent" in done.stdout
    assert "the published page lacks the operation addLabel as yet" in done.stdout
    assert '\nversion = "0.1.1"\n' in copy.read("pyproject.toml")


def test_the_contract_check_sees_it(listed):
    """Its success is among the rows, verified; nothing of it is waived."""
    copy, _ = listed
    done = copy.run(*MAIN, "contract", "--only", "spec-server", "--json")
    assert done.returncode == 0, done.stdout
    rows = {
        (row["operation"], row["status"]): row["state"]
        for row in json.loads(done.stdout)["coverage"]
    }
    assert rows["addLabel", "201"] == rows["addLabel", "401"] == "verified"
    assert rows["addLabel", "400"] == "verified"


def test_the_mock_server_answers_it(listed):
    """With its example, and with the documented errors where key or body are wrong."""
    copy, _ = listed
    done = copy.run(FOLDER / "ask_invented.py", str(copy.root))
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert [status for status, _ in answers] == [201, 401, 400, 400, 400]
    assert answers[0][1]["shades"][1] == {"name": "blue", "share": 0.25}
    assert [body["code"] for _, body in answers[1:3]] == ["UNAUTHORIZED", "VALIDATION_ERROR"]


def test_the_documentation_shows_it(listed):
    """On the page of the HTTP API, and among the statuses."""
    copy, _ = listed
    done = copy.run(FOLDER / "show_invented.py", str(copy.root))
    assert done.returncode == 0, done.stderr
    page = json.loads(done.stdout)["page"]
    assert "```http\nPOST /api/v1/folders/{folderId}/labels\n```" in page
    assert (
        "| `notify` (optional) | query | integer; at least 0; at most 10; by default `0` |" in page
    )
    for name in INVENTED["schemas"]:
        assert f"\n### {name}\n" in page


FAULTS = {
    "a member is missing": ("bodies-obey-the-schema", "text"),
    "a member of a nested object is missing": ("bodies-obey-the-schema", "place.position"),
    "a number in a list is a text": ("bodies-obey-the-schema", "shades.1.share"),
    "a number in a list is too large": ("bodies-obey-the-schema", "shades.0.share"),
    "null where there is none": ("bodies-obey-the-schema", "place.folder"),
    "a time without its offset": ("bodies-obey-the-schema", "created_at"),
    "a list is an object": ("bodies-obey-the-schema", "shades"),
    "200 in place of 201": ("statuses-are-documented", "200"),
    "the media type is another one": ("media-types-are-documented", "text/plain"),
    "the JSON ends too early": ("bodies-are-strict-json", "an answer 201 of addLabel is not JSON"),
    "no key is needed": ("a-key-is-required", "no key"),
    "a wrong key is refused with 403": ("wrong-keys-are-refused", "403"),
}


@pytest.fixture(scope="module")
def judged(listed):
    """For each fault, what the contract check says of a mock server that has it."""
    copy, _ = listed
    done = copy.run(FOLDER / "judge_invented.py", str(copy.root), *FAULTS)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_server_without_a_fault_agrees(judged):
    """So that what is found below is the fault."""
    assert judged[""]["found"] == {}
    assert judged[""]["exit_code"] == 0, judged[""]["verdict"]


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_in_its_answers_is_found(judged, fault):
    """By the check that is about it, in words that name what is wrong."""
    check, says = FAULTS[fault]
    assert judged[fault]["exit_code"] == 1
    told = judged[fault]["found"].get(check, [])
    assert any(says in each for each in told), judged[fault]

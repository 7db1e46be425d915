"""The specification is edited, one command is run: the right things follow, and nothing else."""

import json
import re
import sys
from pathlib import Path

import pytest
import yaml

from babou_contract.checks import docs_page, docs_spec
from babou_contract.checks.registry import perform
from babou_contract.model import Outcome
from babou_contract.specification import places, spec
from babou_contract.specification.assets import (
    asset_examples,
    asset_operation,
    asset_schema,
    listed_values,
    max_id_length,
)
from compat import textdiff
from compat.specification import Specification
from text_edits import edited


def read(name):
    return yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))


EDITS, SAME = read("edits.yaml"), read("written_otherwise.yaml")
SPEC, PAGE = "openapi/babou.yaml", "contract_tests/babou_contract/data/published.json"
STEPS = ["lint", "generate", "exposed", "docs", "types", "contract", "compat", "version"]
VERSIONS = {"none": "0.1.0", "patch": "0.1.1", "minor": "0.1.1", "major": "0.2.0"}
MARKS = {"✓": True, "✗": False, "·": None}


def evolve(copy):
    """Run the command in a copy; return its exit code, what each step said, and all it said."""
    done = copy.run("openapi/evolve.py")
    assert not done.stderr, done.stderr
    lines = re.findall(r"^([✓✗·]) (\w+) +(.*)$", done.stdout, re.MULTILINE)
    assert [step for _, step, _ in lines] == STEPS, done.stdout
    return done.returncode, {step: MARKS[mark] for mark, step, _ in lines}, done.stdout


def told_by(said, step, text):
    """Return what a step tells of the spec: each sentence, with the text of the line it names."""
    part = said[re.search(rf"^. {step} ", said, re.MULTILINE).end() :]
    part = re.split(r"^[✓✗·] ", part, flags=re.MULTILINE)[0]
    lines = text.splitlines()
    found = re.findall(rf"^    {SPEC}:(\d+): (.*(?:\n {{6}}.*)*)", part, re.MULTILINE)
    return [(lines[int(number) - 1], sentence) for number, sentence in found]


TOGETHER = {}
for each in EDITS:
    TOGETHER.setdefault(each.get("group", each["name"]), []).append(each)


SOON_REFUSED = {"lint", "generate", "exposed"}  # before anything that takes long
ALWAYS = {n for n, e in TOGETHER.items() if e[0].get("fails") in SOON_REFUSED} | {"additions"}
RUNS = [
    pytest.param(edits, id=name, marks=() if name in ALWAYS else pytest.mark.in_parts)
    for name, edits in TOGETHER.items()
]


@pytest.mark.parametrize("edits", RUNS)
def test_edits_are_followed_or_refused(copy, edits):
    """Who says no, and to which line; or who breaks, and the version that follows.

    Edits of one group are made at once, since a run takes long. Each is told of by itself: at its
    line, in its words, with its level and whom it breaks. So none can hide behind another.
    """
    text, page = copy.read(SPEC), copy.read(PAGE)
    for edit in edits:
        text, page = edited(text, edit["edit"]), edited(page, edit.get("page", ()))
    copy.write(SPEC, text)
    copy.write(PAGE, page)
    before = {name: copy.read(name) for name in ("pyproject.toml", "CHANGELOG.md")}
    code, verdicts, said = evolve(copy)
    sys.stdout.write(said)

    fails = edits[0].get("fails")
    assert code == (1 if fails else 0)
    if fails:
        assert next(step for step in STEPS if verdicts[step] is False) == fails
        assert verdicts["version"] is None
        assert {name: copy.read(name) for name in before} == before
    else:
        assert set(verdicts.values()) == {True}
        highest = max((edit["level"] for edit in edits), key=list(VERSIONS).index)
        assert f'\nversion = "{VERSIONS[highest]}"\n' in copy.read("pyproject.toml")
        if highest == "none":
            assert "no differences since" in said
    for edit in edits:
        assert_told(edit, said, text)


def assert_told(edit, said, text):
    """Assert that an edit is told of: its problem, or its difference with whom it breaks."""
    fails, level = edit.get("fails"), edit.get("level")
    if level == "none":
        return
    about = told_by(said, fails or "compat", text)
    here = [sentence for line, sentence in about if edit["line"] in line]
    assert here, (edit["line"], about)
    if level:
        breaks = edit["breaks"]
        right = (s for s in here if s.startswith(f"{level}: ") and all(b in s for b in breaks))
        assert any(right), (edit["name"], here)
    if "says" in edit:
        every = [sentence for step in STEPS for _, sentence in told_by(said, step, text)]
        assert any(edit["says"] in sentence for sentence in every), (edit["says"], every)


@pytest.mark.parametrize("edits", TOGETHER.values(), ids=TOGETHER)
def test_edits_of_a_group_can_be_told_apart(edits):
    """They end alike; and where two are about one line, each has words of its own."""
    assert len({(edit.get("fails"), edit.get("level") == "major") for edit in edits}) == 1
    told = [edit for edit in edits if edit.get("level") != "none"]
    lines = [edit["line"] for edit in told]
    words = [edit.get("says") for edit in told if sum(edit["line"] in line for line in lines) > 1]
    assert None not in words
    assert len(words) == len(set(words))


def test_a_wrong_verdict_on_one_edit_of_a_group_is_seen():
    """Another level, somebody else whom it breaks, no word of it: others' sentences are not its."""
    one = {"name": "one", "line": "size:", "level": "major", "breaks": ["installed clients"]}
    other = f"    {SPEC}:2: major: width: was whole; breaks installed clients\n"
    end = "✓ version\n"

    def judge(told):
        said = "".join(f"✓ {step}\n" for step in STEPS[:-2])
        assert_told(one, f"{said}✓ compat    2 differences\n{told}{other}{end}", "size:\nwidth:")

    judge(f"    {SPEC}:1: major: size: was whole; breaks installed clients\n")
    for wrong in (
        f"    {SPEC}:1: minor: size: was whole; breaks installed clients\n",
        f"    {SPEC}:1: major: size: was whole; breaks nobody\n",
        "",
    ):
        with pytest.raises(AssertionError):
            judge(wrong)


@pytest.fixture
def put_in_place(monkeypatch):
    """Return a function that lets everything that reads the specification read another text."""

    def put(text):
        document = yaml.safe_load(text)
        monkeypatch.setattr(spec, "load", lambda: document)
        monkeypatch.setattr(spec, "text", lambda: text)
        places._tree.cache_clear()

    yield put
    monkeypatch.undo()
    places._tree.cache_clear()


def what_is_read():
    """Return all that the contract check and the mock server go by."""
    statuses = asset_operation().responses
    errors = [spec.merged(c.schema) for (s, _), c in asset_operation().answers.items() if s > "4"]
    return (
        *(asset_operation().path, max_id_length(), spec.key_prefix(), list(statuses)),
        [spec.examples(statuses[status]) for status in statuses if status != "200"],
        [[name.lower() for name in statuses[s].get("headers", ())] for s in statuses],
        sorted(asset_schema()["properties"]),
        sorted(asset_schema()["required"]),
        {name: spec.is_nullable(part) for name, part in asset_schema()["properties"].items()},
        {name: sorted(values) for name, values in listed_values().items()},
        [sorted(error["required"]) for error in errors],
        [read_of(operation) for operation in spec.operations()],
    )


def read_of(operation):
    """Return what is read of one operation, schemas and successes left out."""
    return (
        *(operation.id, operation.method, operation.path, operation.needs_key, operation.tags),
        sorted((p.name, p.place, p.required, str(p.examples)) for p in operation.parameters),
        *(sorted(operation.bodies), operation.body_required, sorted(operation.answers)),
        [c.examples for (status, _), c in operation.answers.items() if status[0] != "2"],
    )


@pytest.mark.parametrize("edit", SAME, ids=[edit["name"] for edit in SAME])
def test_what_is_written_otherwise_is_read_as_before(put_in_place, edit):
    """No reader and no check changes its mind, and nothing but an example can be missing."""
    before, text = spec.text(), edited(spec.text(), edit["edit"])
    assert text != before
    known, examples = what_is_read(), asset_examples()
    changed = list(textdiff.changes(Specification("released", before), Specification("new", text)))
    lacking = edit.get("lacks", [])
    assert [c.keyword.rpartition(".")[2] for c in changed] == lacking
    assert all(change.is_wording for change in changed)

    put_in_place(text)
    assert what_is_read() == known
    assert asset_examples() == {n: e for n, e in examples.items() if n not in lacking}
    for check in (*docs_spec.check, *docs_page.check):
        result = perform(check, None)
        assert result.outcome is Outcome.passed, result


@pytest.mark.parametrize("edit", SAME, ids=[edit["name"] for edit in SAME])
def test_what_was_moved_has_its_own_line(edit):
    """A member, an answer's example and the parameter are found where they were moved to."""
    specification = Specification("new", edited(spec.text(), edit["edit"]))
    one = next(operation for operation in specification.written if operation.id == "getAsset")
    schema = (*one.place, "responses", "200", "content", "application/json", "schema")
    at = {
        (*schema, "properties", "size"): "size:",
        (*schema, "properties", "state", "enum", "ready"): "enum:",
        (*one.place, "responses", "429", "headers"): "headers:",
        (*one.place, "parameters", "assetId"): "- ",
        (*one.place, "security"): "security:",
        ("components", "schemas", "Error", "properties", "hint"): "hint:",
    }
    lines = specification.text.splitlines()
    for place, start in at.items():
        assert lines[specification.line(place) - 1].strip().startswith(start), place


GROUPS = sorted({edit["group"] for edit in SAME if "group" in edit})


@pytest.mark.in_parts
@pytest.mark.parametrize("group", GROUPS)
def test_what_is_written_otherwise_is_no_change(copy, group):
    """All that belongs together is done at once, and nothing follows from it but generated code."""
    text = copy.read(SPEC)
    for edit in SAME:
        if edit.get("group") == group:
            text = edited(text, edit["edit"])
    copy.write(SPEC, text)
    before = {name: copy.read(name) for name in ("pyproject.toml", "CHANGELOG.md")}
    code, verdicts, said = evolve(copy)
    assert (code, set(verdicts.values())) == (0, {True}), said
    assert "no differences since" in said
    assert {name: copy.read(name) for name in before} == before


def test_a_specification_that_is_not_there_is_told_of(copy):
    """A file that was moved away ends the run in a line."""
    (copy.root / SPEC).unlink()
    code, verdicts, said = evolve(copy)
    assert (code, verdicts["lint"]) == (1, False)
    assert f"{SPEC}: it can't be read" in said


def test_a_step_that_meets_what_nobody_thought_of_says_so_without_a_traceback(copy):
    """The others still tell what they found, and nothing is released."""
    copy.write("openapi/released/another-0.0.1-py3-none-any.whl", "")
    broken = "import babou_contract.checks.docs_page as page\npage.published = None\n"
    script = copy.read("openapi/steps.py")
    copy.write("openapi/steps.py", f"{script}\n{broken}")
    code, verdicts, said = evolve(copy)
    assert code == 1
    seen = (True, True, True, False, True, None, False, None)
    assert verdicts == dict(zip(STEPS, seen, strict=True))
    assert f"{SPEC}:1: this is not foreseen: AttributeError" in said
    assert "openapi/released has to hold exactly one wheel" in said


@pytest.mark.parametrize(
    ("script", "added"),
    [("order", ""), ("steps", "\n\ndef lint_spec():\n    "), ("steps", "\n\ndef docs():\n    ")],
    ids=["while modules are loaded", "in the first step", "beside others"],
)
def test_an_interruption_leaves_no_traceback_and_the_rest_as_it_was(copy, script, added):
    """Whenever Ctrl-C comes, the run ends in a sentence, and what is generated is whole."""
    name = f"openapi/{script}.py"
    copy.write(name, f"{copy.read(name) if added else ''}{added}raise KeyboardInterrupt\n")
    generated = copy.root / "generated"
    before = {path: path.read_bytes() for path in generated.rglob("*.py")}
    done = copy.run("openapi/evolve.py")
    assert done.returncode == 130, done.stderr
    assert done.stderr.startswith("\nInterrupted. What is generated is whole;")
    assert {path: path.read_bytes() for path in generated.rglob("*.py")} == before


MAIN = ("-c", "from babou._cli import main; main()")
ADDITIONS = [edit for edit in EDITS if "shown" in edit]
LOOK = """
import json, sys, typing
from datetime import date, datetime
from uuid import UUID

import babou, babou_generated.models.asset
from babou_contract.specification import strategies
from babou_contract.mock_server import MockServer
from babou_generated.types import Unset

root, shown = sys.argv[1], json.loads(sys.argv[2])
for module in (babou, babou_generated, strategies):
    assert module.__file__.startswith(root), module.__file__
models = babou_generated.models
hints = typing.get_type_hints(models.Asset, vars(models) | vars(models.asset))
for name, (kind, _) in shown.items():
    assert hints[name] == eval(kind), (name, hints[name])
with MockServer() as server:
    with babou.Client(server.api_key, base_url=server.base_url) as client:
        asset = client.assets.get("ast_demo_image")
    for name in shown:
        assert name in asset and getattr(asset, name) == getattr(asset, name), name
        assert not isinstance(getattr(asset, name), Unset), name
"""


@pytest.mark.in_parts
@pytest.mark.parametrize("edit", ADDITIONS, ids=[edit["name"] for edit in ADDITIONS])
def test_an_added_member_is_there_with_no_other_edit(copy, edit):
    """In the generated model, the mock server's answers, the contract check and `babou get`."""
    copy.write(SPEC, edited(copy.read(SPEC), edit["edit"]))
    generated = copy.run("openapi/generate.py")
    assert generated.returncode == 0, generated.stderr
    looked = copy.run("-c", LOOK, str(copy.root), json.dumps(edit["shown"]))
    assert looked.returncode == 0, looked.stderr

    table = copy.run(*MAIN, "mock", "--", sys.executable, *MAIN, "get", "ast_demo_image")
    get = (*MAIN, "get", "ast_demo_image", "--json")
    document = json.loads(copy.run(*MAIN, "mock", "--", sys.executable, *get).stdout)
    for name, (_, value) in edit["shown"].items():
        (line,) = [line for line in table.stdout.splitlines() if line.startswith(f"{name} ")]
        assert value in line
        assert name in document

    name = next(iter(edit["shown"]))
    fault = f'wrong_type:member={name},value={{"x": 1}}'
    check = (*MAIN, "contract", "--asset", "ast_demo_image", "--only", "spec-server")
    ask = 'exec "$@" --base-url "$BABOU_BASE_URL"'
    found = copy.run(
        *MAIN, "mock", "--fault", fault, "--", "sh", "-c", ask, "sh", sys.executable, *check
    )
    assert found.returncode == 1, found.stdout + found.stderr
    assert f"{name}: " in found.stdout or f"{name} " in found.stdout

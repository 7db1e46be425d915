"""The built site: whole, current, and with nothing from elsewhere."""

import copy
import json
import posixpath
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import babou
from babou_contract import mock_server
from babou_contract.specification import exposed, spec
from babou_contract.specification.assets import asset_schema

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[3]
METHODS = [name for name in vars(babou.Assets) if not name.startswith("_")]
CODE = re.compile(r"^ *```.*?^ *```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
WRITTEN = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / name for name in ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *(ROOT / "contract_tests" / name for name in ("CI.md", "README.md")),
    ROOT / "openapi" / "DECISIONS.md",
]


def code(text):
    """Return code as it stands in a table's cell."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<code>{escaped}</code>"


def test_every_link_arrives(pages, site):
    """At a page that exists, and at a place in it that exists."""
    lost = []
    for name, page in pages.items():
        if name == "404.html":  # its addresses are those of a host's root
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = name
            if parts.path:
                target = posixpath.normpath(
                    posixpath.join(posixpath.dirname(name), unquote(parts.path))
                )
            arrived = target in pages if target.endswith(".html") else (site / target).exists()
            anchored = not parts.fragment or unquote(parts.fragment) in pages[target].anchors
            if not arrived or not anchored:
                lost.append((name, link))
    assert lost == []


def test_nothing_is_loaded_from_elsewhere(pages, site):
    """No script, style, font, image or icon has a host in its address."""
    for name, page in pages.items():
        assert page.loaded, name
        assert [url for url in page.loaded if urlsplit(url).netloc] == [], name
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", text), style


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_work_on_a_forge_too(page):
    """Where the pages are read as files, each link between them names one."""
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text):
        assert (page.parent / target).exists(), target


def test_links_between_files_become_links_between_pages(hook):
    """Also from pages that are elsewhere in the repository, and to files that are no pages."""
    relink = hook("site_links").relink
    assert relink("[a](../openapi/DECISIONS.md#d1)", "kill-matrix.md") == (
        "[a](project/decisions.md#d1)"
    )
    assert relink("[a](../.github/workflows/contract.yml)", "testing/ci.md") == (
        "[a](../source/github/workflows/contract.yml.md)"
    )
    for kept in ("`[a](../README.md)`", "```\n[a](../README.md)\n```", "[a](https://b.c/d.md)"):
        assert relink(kept, "kill-matrix.md") == kept


def test_every_public_name_is_in_the_reference(pages):
    """Those of babou, those that come late among them, and those of the mock server."""
    anchors = set().union(
        *(page.anchors for name, page in pages.items() if name.startswith("reference/"))
    )
    names = {f"babou.{name}" for name in babou.__all__}
    names |= {f"babou_contract.mock_server.{name}" for name in mock_server.__all__}
    names |= {f"babou.{cls}.{name}" for cls in ("Assets", "AsyncAssets") for name in METHODS}
    assert names - anchors == set()


def test_the_asset_is_shown_with_its_members(site):
    """The reference has each member that an asset has, and each state."""
    page = (site / "reference" / "assets.html").read_text(encoding="utf-8")
    for member in asset_schema()["properties"]:
        assert code(member) in page
    for state in babou.AssetState:
        assert f'id="babou.AssetState.{state.name}"' in page


def test_tables_of_the_code_are_whole(site):
    """Every error, fault, exit code and command stands on its page."""
    from babou._cli._app import cli
    from babou._cli._output import Exit

    errors = (site / "guide" / "errors.html").read_text(encoding="utf-8")
    for name in babou.__all__:
        assert not name.endswith("Error") or f"#babou.{name}" in errors, name
    for operation in spec.operations():
        for status in operation.responses:
            assert status.startswith("2") or f">{status}</td>" in errors, status
    faults = (site / "reference" / "mock-server.html").read_text(encoding="utf-8")
    for name in mock_server.FAULTS:
        assert code(name) in faults, name
    commands = (site / "reference" / "command-line.html").read_text(encoding="utf-8")
    for name in (*cli.commands, "mock", "contract"):
        assert f'id="babou-{name}"' in commands, name
    for exit_code in Exit:
        assert exit_code.meaning.replace("'", "&#39;") in commands.replace("'", "&#39;")


def test_the_statuses_are_those_of_all_operations(hook):
    """With the codes of each, and with its operations where these tell different things."""
    rows = {
        row.split(" | ")[0].removeprefix("| "): row
        for row in hook("site_errors").statuses().splitlines()
    }
    assert "`FILE_TOO_LARGE`" in rows["413"]
    assert "`FileTooLargeError`" in rows["413"]
    assert "`INTERNAL_ERROR`, `UPLOAD_FAILED`" in rows["500"]
    assert "`getAsset`, `listAssets`: " in rows["500"]
    assert "`uploadAsset`: " in rows["500"]
    assert "`getAsset`" not in rows["401"]


def test_an_error_without_a_place_stops_the_build(hook, monkeypatch):
    """A public error that the tree does not reach is told, and not left out."""
    errors = hook("site_errors")
    monkeypatch.setattr(babou, "__all__", [*babou.__all__, "LostError"])
    with pytest.raises(ValueError, match="LostError"):
        errors.tree()


@pytest.fixture
def edited(hook):
    """Return a function that renders the specification after an edit of a copy."""

    def render(edit):
        document = copy.deepcopy(spec.load())
        edit(document)
        return hook("site_specification").page(document)

    return render


def test_all_of_the_specification_is_shown(edited):
    """Every status, member, state, example and header."""
    page = edited(dict)
    for operation in spec.operations():
        row = f"| `{operation.id}` | `{operation.method.upper()} {operation.path}` |"
        method = exposed.load().methods[operation.id]
        assert f"{row} `client.{method}` |" in page
        for parameter in operation.parameters:
            assert f"| `{parameter.name}`" in page
        assert all(f"`{media_type}`" in page for media_type in operation.bodies)
        for (status, _), content in operation.answers.items():
            assert f"\n### {status} " in page
            for name, example in content.examples.items():
                title = operation.responses[status]["content"]["application/json"]["examples"][name]
                shown = json.dumps(example, indent=2, ensure_ascii=False)
                assert f'title="{title.get("summary", name)}"\n{shown}\n' in page
    assert "| `Retry-After` (optional) | string |" in page
    assert "### 5XX any other server error\n" in page
    for name, schema in spec.load()["components"]["schemas"].items():
        assert f"\n### {name}\n" in page
        for member in schema.get("properties", {}):
            assert f"\n| `{member}`" in page
    assert "| `url` | string or null; format uri; at least 1 character |" in page
    assert "| `state` | [AssetState](#assetstate) or string |" in page
    assert "| `hint` (optional) | string |" in page


def test_what_is_added_to_the_specification_appears(edited):
    """A member, a state, a status with a header, an example, a parameter and a path."""

    def edit(document):
        schemas = document["components"]["schemas"]
        schemas["Asset"]["properties"]["tags"] = {
            "type": ["array", "null"],
            "items": {"$ref": "#/components/schemas/AssetState"},
            "maxItems": 5,
            "description": "Marks | of the owner.",
        }
        schemas["AssetState"]["enum"].append("archived")
        path = document["paths"]["/api/v1/assets/{assetId}"]
        path["get"]["parameters"].append(
            {"name": "fields", "in": "query", "schema": {"type": "integer", "minimum": 1}}
        )
        path["get"]["responses"]["410"] = {
            "description": "It was deleted.",
            "headers": {"X-Gone": {"required": True, "schema": {"const": "yes"}}},
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Error"},
                    "examples": {"GONE": {"value": {"error": "gone", "code": "GONE"}}},
                }
            },
        }
        document["paths"]["/api/v1/copies"] = {
            "get": {"summary": "List them", "responses": {"204": {"description": "None."}}}
        }

    page = edited(edit)
    assert (
        "| `tags` (optional) | array of [AssetState](#assetstate) or null; at most 5 items "
        r"| Marks \| of the owner. |"
    ) in page
    assert "`failed`, `archived`" in page
    assert "| `fields` (optional) | query | integer; at least 1 |" in page
    assert "### 410 Gone" in page
    assert '| `X-Gone` | `"yes"` |' in page
    assert '```json title="GONE"' in page
    assert "## List them\n\n```http\nGET /api/v1/copies\n```" in page


def test_an_unknown_insert_stops_the_build(hook):
    """A misspelt part is told, and not left out."""
    from mkdocs.exceptions import PluginError

    with pytest.raises(PluginError, match="no insert 'fualts'"):
        hook("site_hooks").inserted("<!-- insert: fualts -->", "index.md")


def test_every_page_is_in_the_navigation(pages):
    """But for the sources, which are only linked."""
    index = pages["index.html"]
    linked = {posixpath.normpath(urlsplit(link).path) for link in index.links}
    for name in pages:
        assert name in linked or name.startswith("source/") or name == "404.html", name

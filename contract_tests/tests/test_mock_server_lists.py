"""The list of assets: pages, order, filters, what reading it does, and how it can be wrong."""

import time

import pytest

from babou_contract.mock_server import MockServer, by_reads

PAGES = [(limit, offset) for limit in (1, 2, 3, 7, 100) for offset in (0, 1, 6, 7, 8, 10**20)]


@pytest.fixture
def server():
    with MockServer(assets=False) as server:
        yield server


@pytest.fixture
def ids(server):
    """Return the ids of seven assets, the newest first."""
    made = [
        server.add(kind="image" if number % 2 else "video", state=state)
        for number, state in enumerate(("ready", "error", "failed", "ready", "processing") * 2)
        if number < 7
    ]
    return made[::-1]


@pytest.fixture
def get(server, open_api):
    api = open_api(server)

    def ask(**parameters):
        return api.get(f"{server.base_url}/api/v1/assets", params=parameters)

    return ask


def shown(answer):
    return [asset["id"] for asset in answer.json()["assets"]]


@pytest.mark.parametrize(("limit", "offset"), PAGES)
def test_a_page_is_a_part_of_all_the_newest_first(get, ids, limit, offset):
    """D19: past the end it is empty, and the total stays."""
    answer = get(limit=limit, offset=offset)
    assert shown(answer) == ids[offset : offset + limit]
    assert answer.json()["pagination"] == {"limit": limit, "offset": offset, "total": 7}


def test_a_page_has_twenty_by_default(server, get):
    """The default is the specification's."""
    for _ in range(25):
        server.add()
    answer = get()
    assert len(shown(answer)) == 20
    assert answer.json()["pagination"] == {"limit": 20, "offset": 0, "total": 25}


def test_an_asset_in_a_list_is_a_whole_asset(server, get, open_api):
    """D25: the same members as by itself."""
    id = server.add()
    assert get().json()["assets"] == [open_api(server).get(id).json()]


def test_states_are_filtered_letter_by_letter(get, ids):
    """D20: `failed` does not find `error`; the total is of what was found."""
    found = {state: shown(get(state=state)) for state in ("ready", "error", "failed", "uploading")}
    assert found == {
        "ready": [ids[1], ids[3], ids[6]],
        "error": [ids[0], ids[5]],
        "failed": [ids[4]],
        "uploading": [],
    }
    assert get(state="ready", limit=1).json()["pagination"]["total"] == 3


def test_types_are_filtered_in_any_case_of_letters_and_with_a_state(get, ids):
    """Both filters hold."""
    assert shown(get(contentType="IMAGE/png")) == [ids[1], ids[3], ids[5]]
    assert shown(get(contentType="image/png", state="ready")) == [ids[1], ids[3]]
    assert shown(get(contentType="audio/aac")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "x"},
        {"limit": ""},
        {"limit": 1.5},
        {"limit": [1, 2]},
        {"offset": -1},
        {"state": "redy"},
        {"state": "READY"},
        {"contentType": "png"},
    ],
    ids=str,
)
def test_a_wrong_parameter_is_refused(get, wrong):
    """D18, D20."""
    answer = get(**wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert next(iter(wrong)) in answer.json()["error"]


def test_an_asset_that_is_shown_is_read(server, get):
    """So a life by reads goes on; what a filter leaves out, another page and HEAD read nothing."""
    id = server.add(lifecycle=by_reads("uploading", "processing", "ready"))
    server.add()
    for other in ({"state": "ready"}, {"limit": 1}):
        assert id not in shown(get(**other))
    assert shown(get(state="uploading")) == [id]
    assert shown(get(state="uploading")) == []
    assert shown(get(state="processing")) == [id]
    assert shown(get(state="ready"))[-1] == id


def test_the_key_is_needed(server, storage):
    """As for everything else, and before a parameter is looked at."""
    assert storage.get(f"{server.base_url}/api/v1/assets?limit=0").status_code == 401


def test_ten_thousand_assets_are_listed_and_found_fast(server, get, open_api):
    """Some milliseconds a page, filters and far offsets included."""
    way = by_reads("uploading", "processing", "ready", reads=1000)
    ids = [server.add(lifecycle=way) for _ in range(10_000)]
    api = open_api(server)
    get()
    for ask in (
        lambda: get(limit=100),
        lambda: get(limit=100, offset=9900),
        lambda: get(limit=100, state="uploading"),
        lambda: api.get(ids[5000]),
    ):
        durations = []
        for _ in range(5):
            began = time.perf_counter()
            assert ask().status_code == 200
            durations.append(time.perf_counter() - began)
        assert min(durations) < 0.25


def test_the_list_can_be_refused(server, get, ids, open_api):
    """As by a server that has none: one asset is found all the same."""
    server.fault("error_status", operation_id="listAssets", status=403)
    assert get().status_code == 403
    assert open_api(server).get(ids[0]).status_code == 200


def test_a_filter_can_be_refused(server, get, ids):
    """The list without it is answered."""
    server.fault("refuses_parameter", name="state")
    answer = get(state="ready")
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert shown(get(limit=2)) == ids[:2]


def test_a_filter_can_be_ignored(server, get, ids):
    """All are shown, and the recorded request is the one that came."""
    server.fault("ignores_parameter", name="state")
    assert shown(get(state="ready")) == ids
    assert server.requests[-1].target.endswith("?state=ready")


@pytest.mark.parametrize(
    ("fault", "asked", "page", "pagination"),
    [
        ("page_cut:3", {"limit": 5}, slice(0, 3), {"limit": 3}),
        ("page_cut:3", {}, slice(0, 3), {"limit": 3}),
        ("page_overlaps", {"limit": 2, "offset": 2}, slice(1, 3), {"offset": 1}),
        ("page_overlaps", {"limit": 2, "offset": 0}, slice(0, 2), {"offset": 0}),
        ("page_total", {"limit": 2}, slice(0, 2), {"total": 0}),
        ("page_loses_asset", {"limit": 2}, slice(1, 2), {"total": 7}),
    ],
)
def test_pages_can_be_wrong(server, get, ids, fault, asked, page, pagination):
    """Cut, overlapping, with another total, without an asset."""
    name, _, limit = fault.partition(":")
    server.fault(name, **({"limit": int(limit)} if limit else {}))
    answer = get(**asked)
    assert shown(answer) == ids[page]
    assert pagination.items() <= answer.json()["pagination"].items()


def test_pages_can_repeat_an_asset_and_lack_a_member(server, get, ids, open_api):
    """What is no page is left alone."""
    server.fault("page_repeats_asset", times=1)
    assert shown(get(limit=2)) == [ids[0], ids[0], ids[1]]
    server.fault("page_without", times=1)
    assert set(get().json()) == {"assets"}
    server.fault("page_without", member="assets")
    server.fault("page_total")
    assert set(get().json()) == {"pagination"}
    assert open_api(server).get(ids[0]).json()["id"] == ids[0]
    server.fault("not_json")
    assert get().content.startswith(b"{'id'")


def test_an_asset_in_a_page_can_be_wrong(server, get, ids):
    """Faults of members strike an asset wherever it is shown, or in the list only."""
    server.fault("unknown_state", asset_id=ids[1], state="archived")
    server.fault("missing_member", member="name", operation_id="listAssets", asset_id=ids[2])
    first, second, third = get(limit=3).json()["assets"]
    assert (first["state"], second["state"]) == ("error", "archived")
    assert "name" in second
    assert "name" not in third

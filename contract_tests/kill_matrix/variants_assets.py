"""The assets of the variants that are unusual in what they have, not in how they tell it."""

from babou_contract.mock_server import MockServer, by_reads, by_time
from kill_matrix.model import Populate


def _uuids(server: MockServer) -> tuple[str, ...]:
    ids = ("0d6f1c2e-7a3b-4c5d-8e9f-a0b1c2d3e4f5", "11111111-2222-4333-8444-abcdefabcdef")
    return tuple(server.add(id) for id in ids)


def _numbers(server: MockServer) -> tuple[str, ...]:
    return tuple(server.add(id) for id in ("4711", "4712", "90071992547409931"))


def _odd_ids(server: MockServer) -> tuple[str, ...]:
    ids = ("a b c", "folder/file.png", "100%25", "über-資産", "x?y#z", "a+b&c=d", "a:b@c!$()*'")
    return tuple(server.add(id) for id in ids)


def _long_id(server: MockServer) -> tuple[str, ...]:
    return (server.add("ast_" + "x1" * 126),)


def _one_asset(server: MockServer) -> tuple[str, ...]:
    return (server.add("ast_only", kind="audio"),)


def _none_ready(server: MockServer) -> tuple[str, ...]:
    ids = ("ast_p1", "ast_p2")
    return tuple(server.add(id, kind="video", lifecycle=by_reads("processing")) for id in ids)


def _all_failed(server: MockServer) -> tuple[str, ...]:
    states = {"ast_f1": "failed", "ast_f2": "error"}
    return tuple(
        server.add(id, kind="video", lifecycle=by_reads(state)) for id, state in states.items()
    )


def _fast(server: MockServer) -> tuple[str, ...]:
    way = by_reads("uploading", "ready", reads=3)
    return tuple(server.add(f"ast_fast{n}", lifecycle=way) for n in range(3))


def _by_time(server: MockServer) -> tuple[str, ...]:
    way = by_time(uploading=0.2, processing=0.5, then="ready")
    wrong = by_time(uploading=0.2, processing=0.3, then="failed")
    late = by_time(processing=3.0, then="error")
    return (
        server.add("ast_time", kind="video", lifecycle=way),
        server.add("ast_time_wrong", kind="video", lifecycle=wrong),
        server.add("ast_time_late", kind="video", lifecycle=late),
        server.add("ast_done"),
    )


def _neighbours(server: MockServer) -> tuple[str, ...]:
    known = ("ast_0010", "1001", "logo")
    others = ("ast_0011", "ast_001", "1000", "10010", "LOGO", "log", "ast_none", "0", "null")
    for id in (*known, *others):
        server.add(id)
    return known


def _extremes(server: MockServer) -> tuple[str, ...]:
    return (
        server.add("ast_empty", content=b"", width=0, height=0),
        server.add("ast_huge", url="https://storage.invalid/huge", size=2**53, width=2**31),
        server.add("ast_short", kind="video", duration=0, width=None, height=None),
        server.add("ast_name", name='../../etc/passwd\0 "<b>\u202e\n资产🎬'),
        server.add("ast_noname", name=""),
        server.add("ast_type", content_type='application/vnd.babou.clip+zip; codecs="x/y"'),
        server.add("ast_old", created_at="2000-01-01T00:00:00Z"),
        server.add("ast_svg", content_type="image/svg+xml", width=None, height=None),
    )


def _many(server: MockServer) -> tuple[str, ...]:
    return tuple(server.add(f"ast_many{number:04}") for number in range(40))


ASSETS: dict[str, Populate] = {
    "uuids": _uuids,
    "numbers": _numbers,
    "odd-ids": _odd_ids,
    "long-id": _long_id,
    "one-asset": _one_asset,
    "none-ready": _none_ready,
    "all-failed": _all_failed,
    "fast": _fast,
    "by-time": _by_time,
    "neighbours": _neighbours,
    "extremes": _extremes,
    "many": _many,
}

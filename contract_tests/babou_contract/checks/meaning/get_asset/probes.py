"""What is asked about assets beside the generic probes: ids that only look like known ones."""

import re
from collections.abc import Iterator

from babou_contract.checks.meaning.get_asset import reads
from babou_contract.checks.meaning.get_asset.reads import ABSENT, LIKE_KNOWN, NEAR, UNKNOWN
from babou_contract.probing import generic
from babou_contract.probing.asks import Ask, Call, read
from babou_contract.probing.observations import Observations
from babou_contract.specification.assets import asset_operation, max_id_length

UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)

_REFUSED = frozenset({400, 404})
_MOST_ALIKE = 3
_MOST_WATCHED = 5  # assets


def probes(observations: Observations) -> Iterator[Ask]:
    """Yield near misses of two known ids, ids of every plausible shape, and ids of known forms."""
    shown = reads.shown(observations)
    ids = reads.known(observations)
    for asset_id in shown[:2]:
        yield from (ask for ask in _near_misses(asset_id) if ask.subject not in shown)
    yield from _unknown(ids)
    for asset_id in shown[:_MOST_ALIKE]:
        made = generic.like(asset_id, observations.settings.seed)
        if made not in ids:
            yield _ask(UNKNOWN, made, f"an id of the form of {asset_id!r}", LIKE_KNOWN)


def again(observations: Observations) -> Iterator[Ask]:
    """Yield reads of the assets that were not in a final state when they were seen last."""
    moving = [
        asset_id
        for asset_id in reads.shown(observations)
        if (seen := reads.documents(observations, asset_id)) and not reads.is_final(seen[-1][0])
    ]
    for asset_id in moving[:_MOST_WATCHED]:
        yield read(_call(observations, asset_id), f"read {asset_id!r} a little later")


def _call(observations: Observations, asset_id: str) -> Call:
    return next(call for call in observations.calls[reads.ID] if call.subject == asset_id)


def _ask(kind: str, asset_id: str, about: str, *marks: str, odd: bool = False) -> Ask:
    operation = asset_operation()
    arguments = {operation.in_path[-1].name: asset_id}
    call = Call(operation, arguments, known=False, subject=asset_id)
    return Ask(kind, call, about, _REFUSED, odd=odd, marks=frozenset(marks))


def _near_misses(asset_id: str) -> Iterator[Ask]:
    """Yield ids that look like a known one and are not."""
    changed = asset_id[:-1] + ("0" if asset_id[-1:] != "0" else "1")
    nears = [
        (changed, "its last character changed", False),
        (f"{asset_id}0", "longer by a digit", False),
        (f"0{asset_id}", "a digit before it", False),
        (f"{asset_id} ", "a space after it", False),
        (f" {asset_id}", "a space before it", False),
        (asset_id[:-1], "without its last character", False),
        (asset_id[: max(1, len(asset_id) // 2)], "its first half", False),
        (f"{asset_id[:-1]}_", "SQL's wildcard for its last character", False),
        (f"{asset_id[:-1]}%", "SQL's wildcard at its end", False),
        (f"{asset_id[:-1]}?", "a wildcard for its last character", False),
        (f"{asset_id[:-1]}*", "a wildcard at its end", False),
        (f"{asset_id[:-1]}.", "a pattern's dot for its last character", False),
        (f"{asset_id},{asset_id}", "two of it", False),
        (f"{asset_id}\0", "a zero byte after it", True),
        (f"{asset_id}\n", "a line end after it", True),
    ]
    if not UUID.fullmatch(asset_id):  # a UUID is the same one in capitals (RFC 9562, section 4)
        nears += [
            (asset_id.upper(), "in capitals", False),
            (asset_id.lower(), "in small letters", False),
            (asset_id.swapcase(), "its letters' case swapped", False),
        ]
    told = set()
    for near, about, odd in nears:
        if near and near not in {asset_id, ".", ".."} and near not in told:
            told.add(near)
            yield _ask(NEAR, near, f"{asset_id!r}, {about}", odd=odd)


def _unknown(known_ids: tuple[str, ...]) -> Iterator[Ask]:
    """Yield ids of every plausible shape that nothing has."""
    longest = max_id_length()
    plain = {
        "ast_none": "a short id",
        "00000000-0000-4000-8000-000000000000": "a UUID",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV": "a ULID",
        "507f1f77bcf86cd799439011": "an ObjectId",
        "0": "a zero",
        "1": "a number",
        "-1": "a negative number",
        "1e3": "a number with an exponent",
        "99999999999999999999999999": "a number that overflows",
        "null": "the word null",
        "undefined": "the word undefined",
        "true": "the word true",
        "__proto__": "a name that objects have",
        "ast_": "the prefix alone",
        "a b": "an id with a space",
        "a+b": "an id with a plus",
        "активы": "another alphabet",
        "资产": "another script",
        "🎬": "an emoji",
    }
    absent = {
        "ast_q7zk2x9vq4hw8nf3mt5b": "an id like the examples",
        "6b1d0c7e-93f4-4e2a-b5d8-2f7c41a9e06d": "a UUID that nothing has",
        "ast_" + "z" * 196: "200 characters",
        "z" * longest: f"{longest} characters, the most that an id can have",
    }
    odd = {
        "z" * (longest + 1): "one character more than an id can have",
        "z" * 2000: "2000 characters",
        "z" * 7000: "7000 characters",
        "é" * longest: f"{longest} characters of two bytes",
        "'": "a quote",
        '"': "a double quote",
        "' OR '1'='1": "quotes, as an injection has them",
        "a;b": "a semicolon",
        "a\\b": "a backslash",
        "a?b": "a question mark",
        "a#b": "a number sign",
        "{{7*7}}": "a template",
        "<a>": "angle brackets",
        "%": "a percent sign",
        "%00": "an encoded zero, encoded",
        " ": "a space",
        "\0": "a zero byte",
        "\x01": "a control character",
        "\n": "a line end",
        "\x7f": "DEL",
        "\x85": "NEL",
        "\udcff": "a byte that no UTF-8 has",
        "\u202e": "a mark for the direction of text",
    }
    for asset_id, about in plain.items():
        if asset_id not in known_ids:
            yield _ask(UNKNOWN, asset_id, about)
    for asset_id, about in absent.items():
        if asset_id not in known_ids:
            yield _ask(UNKNOWN, asset_id, about, ABSENT)
    for asset_id, about in odd.items():
        if asset_id not in known_ids:
            yield _ask(UNKNOWN, asset_id, about, ABSENT, odd=True)

"""What is asked of every server: fixed requests, so that no fault depends on luck to be found."""

import random
import re
import string
from collections.abc import Iterator
from typing import Literal

from attrs import field, frozen

from babou_contract.probing.answers import Answer, Credential
from babou_contract.probing.redaction import SHOWN
from babou_contract.specification import spec

# An answer that is wrong one time in six is missed by n reads with a probability of (5/6)^n:
# 26 is the first n for which that is below 1 %. Each known id is read so often.
READS = 26
_KINDS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)

Kind = Literal["known", "near", "unknown", "key", "stranger", "method"]

UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)


@frozen
class Ask:
    """A question to the server.

    Attributes:
        odd: Whether a proxy in front of the server may refuse the request with a page of its own.
        key: Which key it is asked with; None is the right one.
        absent: Whether no server can have the id by chance.
        like_known: Whether the id has exactly the form of a known one.
        headers: More headers, Accept-Encoding among them; without any it is gzip.
    """

    kind: Kind
    asset_id: str
    about: str
    odd: bool = False
    key: "KeyProbe | None" = None
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    absent: bool = False
    like_known: bool = False

    @property
    def is_optional(self) -> bool:
        """Whether the specification does not say that there is an answer."""
        return self.odd or self.kind == "method"


@frozen
class Seen:
    """A question with what came of it."""

    ask: Ask
    answer: Answer


@frozen
class KeyProbe:
    """A credential that has to be refused, and the codes that would not be true of it."""

    name: Literal["missing", "form", "wrong"]
    about: str
    credential: Credential
    untrue: frozenset[str] = frozenset()
    sent: str = field(default="", repr=False)


def known(ids: tuple[str, ...], seed: int) -> Iterator[Ask]:
    """Yield the reads of the known ids, alternating, so that answers can be mixed up."""
    chance = random.Random(seed)  # noqa: S311  no secret
    for _ in range(READS):
        for asset_id in chance.sample(ids, len(ids)):
            yield Ask("known", asset_id, f"read {asset_id!r}")


def like_known(ids: tuple[str, ...], seed: int) -> Iterator[Ask]:
    """Yield ids of exactly the form of known ones, made of the same kinds of characters.

    The first half stays as it is: prefixes, the version of a UUID and the time of a ULID are there.
    """
    chance = random.Random(seed)  # noqa: S311  no secret
    for asset_id in ids:
        middle = len(asset_id) // 2
        letters = [string.digits, *([c for c in asset_id if c in kind] for kind in _KINDS[1:])]
        changed = "".join(
            chance.choice(next((pool for pool in letters if c in pool), [c]))
            for c in asset_id[middle:]
        )
        made = asset_id[:middle] + changed
        if made not in ids:
            yield Ask("unknown", made, f"an id of the form of {asset_id!r}", like_known=True)


def strangers(ids: tuple[str, ...], keys: "tuple[KeyProbe, ...]", seed: int) -> Iterator[Ask]:
    """Yield ids that nothing has, with what has to be refused before anything is looked up."""
    [asset_id] = [ask.asset_id for ask in like_known(ids[:1], seed)] or ["ast_none"]
    for key in keys:
        if key.about in {"no key", "another key of the same form"}:
            yield Ask("stranger", asset_id, f"{key.about}, for an id that nothing has", key=key)


def near_misses(asset_id: str) -> Iterator[Ask]:
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
            yield Ask("near", near, f"{asset_id!r} with {about}", odd=odd)


def unknown(known_ids: tuple[str, ...]) -> Iterator[Ask]:
    """Yield ids of every plausible shape that nothing has."""
    longest = spec.max_id_length()
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
            yield Ask("unknown", asset_id, about)
    for asset_id, about in absent.items():
        if asset_id not in known_ids:
            yield Ask("unknown", asset_id, about, absent=True)
    for asset_id, about in odd.items():
        if asset_id not in known_ids:
            yield Ask("unknown", asset_id, about, odd=True, absent=True)


def keys(api_key: str, seed: int) -> tuple[KeyProbe, ...]:
    """Make credentials that have to be refused, out of the right one."""
    prefix = spec.key_prefix()
    secret = api_key.removeprefix(prefix)
    chance = random.Random(seed)  # noqa: S311  no secret
    like = "".join(_like(character, chance) for character in secret) or "x"
    wrong_form = frozenset({"INVALID_API_KEY_FORMAT"})
    not_expired = frozenset({"API_KEY_EXPIRED"})

    def probe(
        name: Literal["missing", "form", "wrong"], about: str, value: str | None, shown: str = ""
    ) -> KeyProbe:
        untrue = not_expired | (wrong_form if name == "wrong" else frozenset())
        credential = Credential(value, shown or value)
        return KeyProbe(name, about, credential, untrue, (value or "").rpartition(" ")[2])

    trimmed = "${BABOU_API_KEY%?}"
    made = [
        probe("missing", "no key", None),
        probe("missing", "an empty header", ""),
        probe("missing", "the scheme without a key", "Bearer"),
        probe("form", "the key without a scheme", api_key, SHOWN),
        probe("form", "the key with Basic", f"Basic {api_key}", f"Basic {SHOWN}"),
        probe("form", "the key with Token", f"Token {api_key}", f"Token {SHOWN}"),
        probe("form", "the key with ApiKey", f"ApiKey {api_key}", f"ApiKey {SHOWN}"),
        probe("form", "a word for a key", "Bearer wrong"),
        probe("form", "another prefix", f"Bearer sk-other-{like}"),
        probe("wrong", "another key of the same form", f"Bearer {prefix}{like}"),
        probe("wrong", "the prefix alone", f"Bearer {prefix}".strip()),
        probe("wrong", "a key of one letter", f"Bearer {prefix}x"),
        probe("wrong", "the key, longer", f"Bearer {api_key}x", "Bearer ${BABOU_API_KEY}x"),
        probe("wrong", "the key, shorter", f"Bearer {api_key[:-1]}", f"Bearer {trimmed}"),
    ]
    if secret.swapcase() != secret:
        swapped = prefix + (secret.upper() if secret.upper() != secret else secret.lower())
        letters = "a-z A-Z" if secret.upper() != secret else "A-Z a-z"
        shown = f'Bearer {prefix}$(printf %s "${{BABOU_API_KEY#{prefix}}}" | tr {letters})'
        made.append(
            probe("wrong", "the key, in letters of the other case", f"Bearer {swapped}", shown)
        )
    if len(secret) < 2:  # noqa: PLR2004  its shorter form would be the prefix alone
        made = [key for key in made if key.about != "the key, shorter"]
    return tuple(key for key in made if key.credential.value != f"Bearer {api_key}")


def _like(character: str, chance: random.Random) -> str:
    for letters in _KINDS:
        if character in letters:
            return chance.choice(letters)
    return character

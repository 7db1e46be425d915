"""Credentials that have to be refused, made out of the right one."""

import random
import string
from typing import Literal

from attrs import evolve

from babou_contract.probing.answers import Credential
from babou_contract.probing.asks import KeyProbe
from babou_contract.probing.redaction import SHOWN
from babou_contract.specification import spec
from babou_contract.specification.operations import Operation
from babou_contract.specification.references import Document

KINDS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
_BEARER = "Bearer "
NO_KEY, OTHER_KEY = "no key", "another key of the same form"


def right(credential: Credential, operation: Operation) -> Credential:
    """Return the right credential, which is one for Authorization, as an operation wants it."""
    return _placed(credential, scheme_of(operation))


def wrong(made: tuple[KeyProbe, ...], operation: Operation) -> tuple[KeyProbe, ...]:
    """Return those of some credentials for Authorization that an operation has to refuse."""
    scheme = scheme_of(operation)
    if scheme:  # which has no words before the key
        made = tuple(k for k in made if (k.credential.value or _BEARER).startswith(_BEARER))
    return tuple(evolve(key, credential=_placed(key.credential, scheme)) for key in made)


def scheme_of(operation: Operation) -> Document:
    """Return the scheme of a key that is not in Authorization; empty where it is there."""
    alone = _alone(operation)
    elsewhere = [scheme for scheme in alone if scheme.get("type") == "apiKey"]
    return {} if any(map(_is_bearer, alone)) or not elsewhere else elsewhere[0]


def takes_one_key(operation: Operation) -> bool:
    """Say whether a key by itself is enough: no second one, no password and no certificate."""
    return bool(scheme_of(operation)) or any(map(_is_bearer, _alone(operation)))


def _alone(operation: Operation) -> list[Document]:
    """Return the schemes that are enough by themselves."""
    return [scheme for asked in operation.security if len(asked) == 1 for scheme in asked.values()]


def _is_bearer(scheme: Document) -> bool:
    if scheme.get("type", "http") == "http":
        return str(scheme.get("scheme", "bearer")).lower() == "bearer"
    return scheme["type"] in {"oauth2", "openIdConnect"}


def _placed(credential: Credential, scheme: Document) -> Credential:
    if not scheme:
        return credential
    value, shown = (
        text and text.removeprefix(_BEARER) for text in (credential.value, credential.shown)
    )
    return Credential(value, shown, str(scheme.get("in")), str(scheme.get("name")))


def keys(api_key: str, seed: int) -> tuple[KeyProbe, ...]:
    """Make credentials for Authorization that have to be refused, out of the right one."""
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
    for letters in KINDS:
        if character in letters:
            return chance.choice(letters)
    return character

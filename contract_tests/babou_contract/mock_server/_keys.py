"""Whether a request has the key that an operation asks for, and what is wrong with it if not."""

import base64
import binascii
import secrets
from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from attrs import frozen

from babou_contract.specification import spec

from ._messages import Request

Scheme = Mapping[str, Any]

_BEARER = {"type": "http", "scheme": "bearer"}


def key_prefix() -> str:
    """Return what every API key starts with; empty where the document does not say."""
    told = (
        _prefix(scheme)
        for operation in spec.operations()
        for asked in operation.security
        for scheme in asked.values()
    )
    return next(filter(None, told), "")


@frozen
class Keys:
    """The key that is right, and one that was."""

    right: str
    expired: str

    def problem(self, security: Sequence[Mapping[str, Scheme]], request: Request) -> str | None:
        """Return the code of what is wrong, None where one alternative has all that it asks for."""
        first = None
        for alternative in security:
            wrong = (self._code(scheme, request) for scheme in alternative.values())
            code = next(filter(None, wrong), None)
            if code is None:
                return None
            first = first or code
        return first

    def bearer_problem(self, request: Request) -> str | None:
        """Return the code of what is wrong with a key that is sent as all are by default."""
        return self._code(_BEARER | {"bearerFormat": f"{key_prefix()}*"}, request)

    def _code(self, scheme: Scheme, request: Request) -> str | None:
        key = _given(scheme, request)
        if not key:
            return "UNAUTHORIZED"
        if not key.startswith(_prefix(scheme)):
            return "INVALID_API_KEY_FORMAT"
        if key == self.expired:
            return "API_KEY_EXPIRED"
        # In a time that does not tell how much of a wrong key is right.
        right = secrets.compare_digest(key.encode("utf-8", "replace"), self.right.encode())
        return None if right else "UNAUTHORIZED"


def _prefix(scheme: Scheme) -> str:
    form = str(scheme.get("bearerFormat", ""))
    return form.removesuffix("*") if form.endswith("*") else ""


def _given(scheme: Scheme, request: Request) -> str:
    """Return the key of a request, empty without one; a scheme that has none is a bearer's."""
    if scheme.get("type") == "apiKey":
        return _at(str(scheme.get("in")), str(scheme.get("name")), request)
    kind, _, sent = (request.header("authorization") or "").partition(" ")
    wanted = str(scheme.get("scheme", "bearer")).lower()
    if kind.lower() != wanted:
        return ""
    return _password(sent.strip()) if wanted == "basic" else sent.strip()


def _at(place: str, name: str, request: Request) -> str:
    if place == "query":
        return parse_qs(request.target.partition("?")[2]).get(name, [""])[0]
    if place == "header":
        return request.header(name) or ""
    try:
        cookies = SimpleCookie(request.header("cookie") or "")
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""


def _password(sent: str) -> str:
    """Return the key among the credentials of RFC 7617: the user, or where there is one else."""
    try:
        user, _, password = base64.b64decode(sent, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return password or user

"""Requests: what each client sends, held against the other version's specification."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from babou_contract.specification.operations import Operation, names_in
from compat import corpus, evidence
from compat.evidence import Seen, Side, seen
from compat.model import NotJudgedError, Who
from compat.party import KEY, Answer, Client, Sent
from compat.specification import Parts, Specification, fits

Json = Any
_WHO = {True: Who.INSTALLED, False: Who.RUNTIME}
_LONG = 40
_LATER = "until the server has the new spec"


def first_request(client: Client) -> Sent | None:
    """Return what a client sends for a plain id, or None where it sends nothing."""
    _, sent = client.meet("get", Answer(b"{}", 404), "ast_1")
    return sent[0] if sent else None


def operation_of(spec: Specification, sent: Sent) -> Operation | None:
    """Return the operation that a request is for."""
    for operation in spec.operations.values():
        if operation.method == sent.method.lower() and _matched(operation, sent) is not None:
            return operation
    return None


def _matched(operation: Operation, sent: Sent) -> dict[str, str] | None:
    between = map(re.escape, re.split(r"\{[^}]*\}", operation.path))
    found = re.fullmatch("([^/]+)".join(between), urlsplit(sent.target).path)
    names = names_in(operation.path)
    return dict(zip(names, map(unquote, found.groups()), strict=True)) if found else None


def require_followed(new: Side) -> None:
    """Refuse to take a client for the new one that doesn't do what the new spec asks for."""
    sent = first_request(new.client)
    for parts, what in violations(new.spec, sent, new.operation) if sent else ():
        raise NotJudgedError(
            f"{new.spec.name}:{new.spec.line(parts)}: the new client does not follow: {what} "
            f"({sent.method} {sent.target}). Change the wrapper first."
            if sent
            else what
        )


def requests(old: Side, new: Side) -> Iterator[Seen]:
    """Hold requests for ids of all sorts against the specification of the other version."""
    for asset_id in _ids(old, new):
        was, old_sent = old.client.meet("get", Answer(b"{}", 404), asset_id)
        now, new_sent = new.client.meet("get", Answer(b"{}", 404), asset_id)
        by_old, by_new = (_allows_id(side, asset_id) for side in (old, new))
        at = _id_at(new)
        if not old_sent and by_new and not by_old:
            yield seen(at, Who.INSTALLED, evidence.raised(was), _call(asset_id))
        if old_sent and not new_sent and by_old and not evidence.is_crash(now):
            yield seen(at, Who.RUNTIME, evidence.raised(now), _call(asset_id))
        if old_sent and by_old:
            yield from _against(new.spec, old_sent[0], old.operation, installed=True)
        if new_sent and by_new:
            yield from _against(old.spec, new_sent[0], new.operation, installed=False)
    yield from _addresses(old, new)


def _call(asset_id: str) -> str:
    if len(asset_id) <= _LONG:
        return f"get({asset_id!r})"
    return f"get({asset_id[:_LONG] + '…'!r})  # {len(asset_id)} characters"


def _ids(old: Side, new: Side) -> list[str]:
    found = corpus.candidates(*(_id_schema(side) for side in (old, new)))
    return [text for text in found if isinstance(text, str) and text and text.isprintable()]


def _id_schema(side: Side) -> Json:
    return next(({**p.schema, "examples": [*p.examples]} for p in side.operation.in_path), {})


def _allows_id(side: Side, asset_id: str) -> bool:
    return fits(_id_schema(side), asset_id)


def _id_at(side: Side) -> Parts:
    name = next((p.name for p in side.operation.in_path), "")
    return ("paths", side.operation.path, side.operation.method, "parameters", name)


def _against(spec: Specification, sent: Sent, own: Operation, *, installed: bool) -> Iterator[Seen]:
    line = f"{sent.method} {sent.target}"
    for parts, what in violations(spec, sent, own):
        told = what if installed else f"{what}, {_LATER}"
        yield seen(parts, _WHO[installed], told, line)


def violations(spec: Specification, sent: Sent, own: Operation) -> Iterator[tuple[Parts, str]]:
    """Yield where a request is not what a specification asks for."""
    operation = operation_of(spec, sent)
    at: Parts
    if operation is None:
        known = any(path == own.path for path, _ in spec.operations)
        at = ("paths", own.path, *([own.method] if known else []))
        yield at, f"they ask for {own.method.upper()} {own.path}, which is not there"
        return
    at = ("paths", operation.path, operation.method)
    given = _matched(operation, sent) or {}
    query = parse_qs(urlsplit(sent.target).query, keep_blank_values=True)
    for parameter in operation.parameters:
        name, place = parameter.name, parameter.place
        place_at = (*at, "parameters", name)
        texts = {
            "path": [given[name]] if name in given else [],
            "query": query.get(name, []),
            "header": [sent.headers[name.lower()]] if name.lower() in sent.headers else [],
            "cookie": re.findall(rf"\b{re.escape(name)}=([^;]*)", sent.headers.get("cookie", "")),
        }[place]
        if not texts and parameter.required:
            yield place_at, f"they do not send the {place} parameter {name!r}, which is required"
        for text in texts:
            if not any(fits(parameter.schema, value) for value in _readings(text)):
                yield place_at, f"the {place} parameter {name!r} is not allowed to be {text!r}"
    if not any(_satisfied(alternative, sent) for alternative in operation.security):
        names = " or ".join(" and ".join(a) or "nothing" for a in operation.security)
        scheme = ("components", "securitySchemes", next(iter(operation.security[0]), ""))
        same = list(map(list, operation.security)) == list(map(list, own.security))
        # Where the names are the same, it is the scheme that changed.
        yield (scheme if same else (*at, "security")), f"they do not send what {names} asks for"
    if operation.body_required and not sent.body:
        yield (*at, "requestBody"), "they send no body, which is required"


def _readings(text: str) -> Iterator[Json]:
    yield text
    if re.fullmatch(r"-?\d+", text):
        yield int(text)
    if text in {"true", "false"}:
        yield text == "true"


def _satisfied(alternative: Mapping[str, Json], sent: Sent) -> bool:
    return all(_proves(scheme, sent) for scheme in alternative.values())


def _proves(scheme: Json, sent: Sent) -> bool:
    match scheme.get("type"), scheme.get("scheme", "").lower(), scheme.get("in"):
        case "http", word, _:
            return sent.headers.get("authorization", "").lower().startswith(f"{word} ")
        case "apiKey", _, "header":
            return scheme["name"].lower() in sent.headers
        case "apiKey", _, "query":
            return scheme["name"] in parse_qs(urlsplit(sent.target).query)
        case "apiKey", _, "cookie":
            return f"{scheme['name']}=" in sent.headers.get("cookie", "")
    return False  # a token of OAuth or OpenID is no API key, and a certificate is neither


def _addresses(old: Side, new: Side) -> Iterator[Seen]:
    """Hold the address that a client asks by default against the other version's servers."""
    for side, other in ((old, new), (new, old)):
        told = side.client.ask("default_request", key=f"{KEY}0")
        servers = [server["url"] for server in other.spec.document.get("servers", ())]
        url = told.get("url", "")
        if not url or not servers or any(url.startswith(server) for server in servers):
            continue
        own = [server["url"] for server in side.spec.document.get("servers", ())]
        asked = next((server for server in own if url.startswith(server)), url)
        what = f"by default they ask {asked}, which is not among the servers"
        yield seen(("servers", asked), _WHO[side is old], what, url)

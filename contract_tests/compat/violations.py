"""Where a request is not what a specification asks for."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from babou_contract.specification.operations import Operation, asked_for
from compat.party import Sent
from compat.specification import Parts, Specification, fits, media_range

Json = Any


def operation_of(spec: Specification, sent: Sent) -> Operation | None:
    """Return the operation that a request is for."""
    known = tuple(spec.operations.values())
    return asked_for(known, sent.method, urlsplit(sent.target).path)


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
    given = operation.arguments_in(urlsplit(sent.target).path) or {}
    query = _query(sent)
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
        for text in texts if not _is_list(parameter.schema, texts) else ():
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
    media = sent.headers.get("content-type", "")
    if sent.body and operation.bodies and media_range(operation.bodies, media) is None:
        yield (
            (*at, "requestBody", "content", media),
            f"they send {media or 'no media type'}, which is not taken",
        )


def not_heeded(spec: Specification, sent: Sent, own: Operation) -> Iterator[tuple[Parts, str]]:
    """Yield the parameters that a request has, and a specification lacks."""
    operation = operation_of(spec, sent)
    if operation is None:
        return
    known = {p.name for p in operation.parameters if p.place == "query"}
    for parameter in own.parameters:
        name = parameter.name
        if parameter.place == "query" and name in _query(sent) and name not in known:
            what = f"they send the query parameter {name!r}, which is not there any more"
            yield (*own.place, "parameters", name), what


def otherwise_meant(spec: Specification, sent: Sent, own: Operation) -> Iterator[tuple[Parts, str]]:
    """Yield the parameters that a request leaves out, and whose default is another."""
    operation = operation_of(spec, sent)
    known = {(p.name, p.place): p for p in operation.parameters} if operation else {}
    for parameter in own.parameters:
        now = known.get((parameter.name, parameter.place))
        defaults = [p.schema.get("default") for p in (parameter, now) if p]
        if parameter.place != "query" or parameter.name in _query(sent) or now is None:
            continue
        if defaults[0] is not None and defaults[0] != defaults[1]:
            at = (*operation.place, "parameters", parameter.name) if operation else own.place
            means = f"which meant {defaults[0]!r}, and means {defaults[1]!r} now"
            yield at, f"they leave out {parameter.name!r}, {means}"


def _query(sent: Sent) -> dict[str, list[str]]:
    return parse_qs(urlsplit(sent.target).query, keep_blank_values=True)


def _is_list(schema: Json, texts: list[str]) -> bool:
    """Say whether the texts of a parameter are a list that is allowed, in either way to send it."""
    return any(fits(schema, items) for items in (texts, ",".join(texts).split(",")))


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

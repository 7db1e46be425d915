"""Servers whose bodies are not what the schema says."""

from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from kill_matrix.checks import AGREE, SCHEMA, VALUES
from kill_matrix.hooks import (
    after,
    asks,
    becomes,
    both,
    document,
    found,
    instead,
    json_body,
    member,
    missing,
    nth,
    put,
    then,
    where,
    without,
)
from kill_matrix.model import Fault, Group

fault = partial(Fault, Group.bodies)


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(part.title() for part in more)


# fmt: off
FAULTS = (
    fault("size-as-text", "size comes in quotes", SCHEMA, "size", member("size", str)),
    fault("size-with-a-fraction", "size has a fraction", SCHEMA, "size",
        member("size", lambda size: size + 0.5)),
    fault("size-negative", "size is -1 for ready assets", SCHEMA, "size", put(size=-1)),
    fault("size-true", "size is true", SCHEMA, "size", put(size=True)),
    fault("size-in-kilobytes-after-ten-reads",
        "from the eleventh read on, another server counts size in kilobytes", AGREE, "size",
        where(both(found, after(10)), member("size", lambda size: size // 1024))),
    fault("size-as-text-one-in-six", "one answer in six has size in quotes", SCHEMA, "size",
        where(both(found, nth(6)), member("size", str))),
    fault("height-left-out", "height is not sent", SCHEMA, "height", without("height")),
    fault("duration-of-one-video-as-text", "duration of one asset only is text", SCHEMA,
        "duration", where(asks(lambda id: "video" in id), member("duration", str))),
    fault("url-empty", "url is the empty text where it is not known", SCHEMA, "url",
        document(lambda asset: asset | {"url": asset["url"] or ""})),
    fault("url-relative", "url is a path on the server", SCHEMA, "url",
        member("url", lambda url: urlsplit(url).path)),
    fault("url-with-spaces", "url has a file's name in it as it is", SCHEMA, "url",
        member("url", lambda url: f"{url}/my file.mp4")),
    fault("nulls-left-out", "members that are null are left out, as serializers like to", SCHEMA,
        "url", document(lambda asset: {n: v for n, v in asset.items() if v is not None})),
    fault("name-null", "name is null", SCHEMA, "name", put(name=None)),
    fault("content-type-without-slash", "content_type is a file's suffix", SCHEMA, "content_type",
        member("content_type", lambda text: text.partition("/")[2])),
    fault("content-type-null", "content_type is null until the analysis is done", SCHEMA,
        "content_type",
        document(lambda a: a | ({} if a["state"] == "ready" else {"content_type": None}))),
    fault("created-at-as-a-number", "created_at is a Unix time", SCHEMA, "created_at",
        member("created_at", lambda text: int(datetime.fromisoformat(text).timestamp()))),
    fault("created-at-without-offset", "created_at has no offset", SCHEMA, "created_at",
        member("created_at", lambda text: text[:19])),
    fault("created-at-with-a-space", "created_at is what a database prints", SCHEMA, "created_at",
        member("created_at", lambda text: text.replace("T", " "))),
    fault("created-at-unset", "created_at is 1970, an unset field", SCHEMA, "created_at",
        put(created_at="1970-01-01T00:00:00Z")),
    fault("state-as-a-number", "state is the number of the enum's entry", SCHEMA, "state",
        put(state=2)),
    fault("state-null", "state is null for one asset", SCHEMA, "state",
        where(asks(lambda id: "stuck" in id), put(state=None))),
    fault("state-undocumented", "one asset is in a state that no page has", VALUES, "transcoding",
        where(asks(lambda id: "stuck" in id), put(state="transcoding"))),
    fault("state-in-capitals", "states are written in capitals", VALUES, "READY",
        member("state", str.upper)),
    fault("id-as-a-number", "id is the number of a row", SCHEMA, "id", put(id=42)),
    fault("camel-case", "members are written in camel case", SCHEMA, "content_type",
        document(lambda asset: {_camel(n): v for n, v in asset.items()})),
    fault("wrapped-in-data", "the asset is wrapped in `data`", SCHEMA, "nothing",
        document(lambda asset: {"data": asset})),
    fault("in-a-list", "the asset comes in a list", SCHEMA, "the body",
        document(lambda asset: [asset])),
    fault("null-for-an-asset", "one answer in six is null, with 200", SCHEMA, "the body",
        where(both(found, nth(6)), document(lambda _asset: None))),
    fault("failed-asset-bare", "an asset that failed has only id and state", SCHEMA, "name",
        document(lambda asset: ({n: asset[n] for n in ("id",
        "state")} if asset["state"] in {"error", "failed"} else asset))),
    fault("error-without-code", "a 404 has no code", SCHEMA, "code",
        where(missing, json_body(lambda body: {"error": body["error"]}))),
    fault("error-code-empty", "a 404 has an empty code", SCHEMA, "code",
        where(missing, json_body(lambda body: body | {"code": ""}))),
    fault("error-nested", "an error is an object within `error`", SCHEMA, "error",
        where(missing, json_body(lambda body: {"error": body}))),
    fault("error-hint-null", "an error has a hint that is null", SCHEMA, "hint",
        where(missing, json_body(lambda body: body | {"hint": None}))),
    fault("error-of-the-framework", "a 404 has the web framework's own body", SCHEMA, "code",
        where(missing, instead(404, {"detail": "Not Found"}))),
    fault("rate-limit-of-the-gateway", "a 429 has the gateway's own JSON", SCHEMA, "429",
        where(nth(25), then(becomes(429), instead(429, {"message": "API rate limit exceeded"})))),
)
# fmt: on

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
    error_body,
    found,
    instead,
    member,
    missing,
    nth,
    put,
    then,
    where,
    without,
)
from kill_matrix.model import Fault, Group

fault = partial(Fault, group=Group.bodies, killers=(SCHEMA,))


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(part.title() for part in more)


FAULTS = (
    fault("size-as-text", about="size comes in quotes", says="size", hook=member("size", str)),
    fault(
        "size-with-a-fraction",
        about="size has a fraction",
        says="size",
        hook=member("size", lambda size: size + 0.5),
    ),
    fault("size-negative", about="size is -1 for ready assets", says="size", hook=put(size=-1)),
    fault("size-true", about="size is true", says="size", hook=put(size=True)),
    fault(
        "size-in-kilobytes-after-ten-reads",
        about="from the eleventh read on, another server counts size in kilobytes",
        killers=(AGREE,),
        says="size",
        hook=where(both(found, after(10)), member("size", lambda size: size // 1024)),
    ),
    fault(
        "size-as-text-one-in-six",
        about="one answer in six has size in quotes",
        says="size",
        hook=where(both(found, nth(6)), member("size", str)),
    ),
    fault(
        "width-as-text",
        about="width comes with its unit",
        says="width",
        hook=member("width", "{}px".format),
    ),
    fault("height-left-out", about="height is not sent", says="height", hook=without("height")),
    fault(
        "duration-as-text",
        about="duration is written as minutes and seconds",
        says="duration",
        hook=member("duration", lambda seconds: f"00:{seconds:.0f}"),
    ),
    fault(
        "duration-of-one-video-as-text",
        about="duration of one asset only is text",
        says="duration",
        hook=where(asks(lambda id: "video" in id), member("duration", str)),
    ),
    fault(
        "url-empty",
        about="url is the empty text where it is not known",
        says="url",
        hook=document(lambda asset: asset | {"url": asset["url"] or ""}),
    ),
    fault(
        "url-relative",
        about="url is a path on the server",
        says="url",
        hook=member("url", lambda url: urlsplit(url).path),
    ),
    fault(
        "url-with-spaces",
        about="url has a file's name in it as it is",
        says="url",
        hook=member("url", lambda url: f"{url}/my file.mp4"),
    ),
    fault(
        "nulls-left-out",
        about="members that are null are left out, as serializers like to",
        says="url",
        hook=document(lambda asset: {n: v for n, v in asset.items() if v is not None}),
    ),
    fault("name-null", about="name is null", says="name", hook=put(name=None)),
    fault(
        "content-type-without-slash",
        about="content_type is a file's suffix",
        says="content_type",
        hook=member("content_type", lambda text: text.partition("/")[2]),
    ),
    fault(
        "content-type-null",
        about="content_type is null until the analysis is done",
        says="content_type",
        hook=document(
            lambda asset: asset | ({} if asset["state"] == "ready" else {"content_type": None})
        ),
    ),
    fault(
        "created-at-as-a-number",
        about="created_at is a Unix time",
        says="created_at",
        hook=member("created_at", lambda text: int(datetime.fromisoformat(text).timestamp())),
    ),
    fault(
        "created-at-without-offset",
        about="created_at has no offset",
        says="created_at",
        hook=member("created_at", lambda text: text[:19]),
    ),
    fault(
        "created-at-with-a-space",
        about="created_at is what a database prints",
        says="created_at",
        hook=member("created_at", lambda text: text.replace("T", " ")),
    ),
    fault(
        "created-at-unset",
        about="created_at is 1970, an unset field",
        says="created_at",
        hook=put(created_at="1970-01-01T00:00:00Z"),
    ),
    fault(
        "created-at-a-date",
        about="created_at is a date without time",
        says="created_at",
        hook=member("created_at", lambda text: text[:10]),
    ),
    fault(
        "state-as-a-number",
        about="state is the number of the enum's entry",
        says="state",
        hook=put(state=2),
    ),
    fault(
        "state-null",
        about="state is null for one asset",
        says="state",
        hook=where(asks(lambda id: "stuck" in id), put(state=None)),
    ),
    fault(
        "state-undocumented",
        about="one asset is in a state that no page has",
        killers=(VALUES,),
        says="transcoding",
        hook=where(asks(lambda id: "stuck" in id), put(state="transcoding")),
    ),
    fault(
        "state-in-capitals",
        about="states are written in capitals",
        killers=(VALUES,),
        says="READY",
        hook=member("state", str.upper),
    ),
    fault("id-as-a-number", about="id is the number of a row", says="id", hook=put(id=42)),
    fault(
        "camel-case",
        about="members are written in camel case",
        says="content_type",
        hook=document(lambda asset: {_camel(n): v for n, v in asset.items()}),
    ),
    fault(
        "wrapped-in-data",
        about="the asset is wrapped in `data`",
        says="nothing",
        hook=document(lambda asset: {"data": asset}),
    ),
    fault(
        "in-a-list",
        about="the asset comes in a list",
        says="the body",
        hook=document(lambda asset: [asset]),
    ),
    fault(
        "null-for-an-asset",
        about="one answer in six is null, with 200",
        says="the body",
        hook=where(both(found, nth(6)), document(lambda _asset: None)),
    ),
    fault(
        "failed-asset-bare",
        about="an asset that failed has only id and state",
        says="name",
        hook=document(
            lambda asset: (
                {n: asset[n] for n in ("id", "state")}
                if asset["state"] in {"error", "failed"}
                else asset
            )
        ),
    ),
    fault(
        "error-without-code",
        about="a 404 has no code",
        says="code",
        hook=where(missing, error_body(lambda body: {"error": body["error"]})),
    ),
    fault(
        "error-code-empty",
        about="a 404 has an empty code",
        says="code",
        hook=where(missing, error_body(lambda body: body | {"code": ""})),
    ),
    fault(
        "error-nested",
        about="an error is an object within `error`",
        says="error",
        hook=where(missing, error_body(lambda body: {"error": body})),
    ),
    fault(
        "error-hint-null",
        about="an error has a hint that is null",
        says="hint",
        hook=where(missing, error_body(lambda body: body | {"hint": None})),
    ),
    fault(
        "error-of-the-framework",
        about="a 404 has the web framework's own body",
        says="code",
        hook=where(missing, instead(404, {"detail": "Not Found"})),
    ),
    fault(
        "rate-limit-of-the-gateway",
        about="a 429 has the gateway's own JSON",
        says="429",
        hook=where(
            nth(25), then(becomes(429), instead(429, {"message": "API rate limit exceeded"}))
        ),
    ),
)

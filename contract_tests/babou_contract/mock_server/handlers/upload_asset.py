"""An upload: its bytes become a new asset, and go the way that uploads go on this server."""

from datetime import UTC, datetime

from babou_contract.mock_server._assets import make
from babou_contract.mock_server._calls import Call, handles
from babou_contract.mock_server._messages import Response
from babou_contract.mock_server._reception import keep
from babou_contract.specification import spec
from babou_contract.specification.assets import asset_examples, asset_schema


@handles("uploadAsset")
def upload_asset(call: Call) -> Response:
    """Take in the bytes, and answer with the new asset.

    It has the type that the request names, and the documented name, since a body has none (D23).
    What an analysis would find (width, height, duration) is that of the example of its kind.
    """
    content_type = call.body.media_type
    kinds = asset_examples().items()
    family = content_type.partition("/")[0] + "/"
    alike = (kind for kind, one in kinds if str(one["content_type"]).startswith(family))
    moment = datetime.fromtimestamp(call.request.time, UTC).isoformat(timespec="milliseconds")
    asset = make(
        call.store.new_id(),
        kind=next(alike, "image"),
        content=keep(call.body.content),
        lifecycle=call.store.uploads,
        allow_unknown=True,
        name=spec.sample(asset_schema()["properties"]["name"]),
        content_type=content_type,
        created_at=moment.replace("+00:00", "Z"),
    )
    return call.success(call.show(call.store.put(asset)), prefer=201)

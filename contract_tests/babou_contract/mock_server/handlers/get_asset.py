"""One asset, as it is now."""

from babou_contract.mock_server._calls import Call, handles
from babou_contract.mock_server._messages import Response


@handles("getAsset")
def get_asset(call: Call) -> Response:
    """Answer with the asset of the id in the path."""
    entry = call.store.entries.get(call.subject)
    return call.success(call.show(entry)) if entry else call.error(404)

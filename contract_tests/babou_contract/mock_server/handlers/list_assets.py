"""The list of assets, page by page, the one that came last first."""

from babou_contract.mock_server._calls import Call, handles
from babou_contract.mock_server._messages import Response


@handles("listAssets")
def list_assets(call: Call) -> Response:
    """Answer with a page of the assets that the filters let through, and how many these are.

    A state is compared letter by letter (D20), a type in any case of letters; a page past the end
    is empty (D19).
    """
    found = list(call.store.entries.values())
    found.reverse()
    if media := call.arguments.get("contentType"):
        wanted = media.lower()
        found = [one for one in found if str(one.asset.members["content_type"]).lower() == wanted]
    if state := call.arguments.get("state"):
        found = [one for one in found if one.state(call.request.time) == state]
    limit, offset = call.arguments.get("limit", len(found)), call.arguments.get("offset", 0)
    page = [call.show(entry) for entry in found[offset : offset + limit]]
    pagination = {"limit": limit, "offset": offset, "total": len(found)}
    return call.success({"assets": page, "pagination": pagination})

"""The mock server as a target: an asset of each kind, in each state, and on each way."""

from babou_contract.mock_server import MockServer, by_reads
from babou_contract.specification.assets import asset_examples, listed_values

# Longer than the fixed reads take, and shorter than those and a wait: see `probes.READS`.
_LATE = 34
_WAYS = {  # those whose states are documented
    "late": (("processing", "ready"), _LATE),
    "way": (("uploading", "processing", "ready"), 6),
    "wrong": (("uploading", "processing", "error"), 6),
    "failed": (("failed",), 1),
    "stuck": (("processing",), 1),
    "begun": (("uploading",), 1),
}


def populate(server: MockServer) -> tuple[str, ...]:
    """Add the assets, and return their ids."""
    kinds = [name for name in asset_examples() if name != "uploading"]
    made = [server.add(f"ast_contract{kind}0001", kind=kind) for kind in kinds]
    listed = listed_values().get("state")
    for name, (states, reads) in _WAYS.items():
        if listed is None or set(states) <= set(listed):
            way = by_reads(*states, reads=reads)
            id = f"ast_contract{name}0002"
            made.append(server.add(id, kind="video", lifecycle=way, allow_unknown=True))
    return tuple(made)

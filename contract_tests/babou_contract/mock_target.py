"""The mock server as a target: an asset of each kind, in each state, and on each way."""

from babou_contract import spec
from babou_contract.mock_server import MockServer, by_reads

# Longer than the fixed reads take, and shorter than those and a wait: see `probes.READS`.
_LATE = 34


def populate(server: MockServer) -> tuple[str, ...]:
    """Add the assets, and return their ids."""
    kinds = [name for name in spec.asset_examples() if name != "uploading"]
    made = [server.add(f"ast_contract{kind}0001", kind=kind) for kind in kinds]
    ways = {
        "late": by_reads("processing", "ready", reads=_LATE),
        "way": by_reads("uploading", "processing", "ready", reads=6),
        "wrong": by_reads("uploading", "processing", "error", reads=6),
        "failed": by_reads("failed"),
        "stuck": by_reads("processing"),
        "begun": by_reads("uploading"),
    }
    made += [
        server.add(f"ast_contract{name}0002", kind="video", lifecycle=way, allow_unknown=True)
        for name, way in ways.items()
    ]
    return tuple(made)

"""The mock server as a target: an asset of each kind, in each state, and on each way."""

from babou_contract import spec
from babou_contract.mock_server import MockServer, by_reads

# Longer than the fixed reads take, and shorter than those and a wait: see `probes.READS`.
_LATE = 34
_UNDER_WAY = ("uploading", "processing")
_FINAL = {"ready", "error", "failed"}


def populate(server: MockServer) -> tuple[str, ...]:
    """Add the assets, and return their ids."""
    kinds = [name for name in spec.asset_examples() if name != "uploading"]
    made = [server.add(f"ast_contract{kind}0001", kind=kind) for kind in kinds]
    states = list(map(str, spec.listed(spec.asset_schema()["properties"]["state"])))
    others = [state for state in states if state not in {*_UNDER_WAY, *_FINAL}]
    under_way = [*(state for state in _UNDER_WAY if state in states), *others][:2]
    ways = {
        "late": (*under_way[-1:], "ready"),
        "way": (*under_way, "ready"),
        "wrong": (*under_way, "error"),
        "failed": ("failed",),
        "stuck": under_way[-1:],
        "begun": under_way[:1],
    }
    for name, way in ways.items():
        if way and {*way} <= {*states}:
            lifecycle = by_reads(*way, reads=_LATE if name == "late" else 6)
            made.append(server.add(f"ast_contract{name}0002", kind="video", lifecycle=lifecycle))
    return tuple(made)

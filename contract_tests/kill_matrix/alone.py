"""Schemathesis alone: its own command with its defaults, the same known ids, the same server.

One of its checks is left out: it also fails where nothing is wrong. For a body that is a file it
makes one that breaks no rule, and expects a refusal.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from kill_matrix.judge import ROOT, edited, world_of
from kill_matrix.model import Fault, Party, World

_MOST = 90.0
_SEED = "20251202"


def finds(fault: Fault) -> bool | None:
    """Say whether schemathesis finds a fault; None where it has nothing to look at."""
    party = fault.group.party
    if party is Party.generated:
        return None
    if party is Party.server:
        with world_of(fault.hook) as world:
            return _complains(ROOT / "openapi" / "babou.yaml", world)
    with world_of() as world, edited(fault) as root:
        return _complains(root / "openapi" / "babou.yaml", world)


def _complains(spec: Path, world: World) -> bool:
    """Run it; anything but exit code 0 is a find, a spec that it can't read included."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "schemathesis.toml"
        # A list under [parameters] would be one literal id; a dictionary is a choice of them.
        config.write_text(
            f"[dictionaries.known]\nvalues = {json.dumps(world.ids)}\n"
            '[parameters]\n"path.assetId" = { dictionary = "known" }\n',
            encoding="utf-8",
        )
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
            *("run", str(spec), "--url", world.server.base_url, "--seed", _SEED),
            *("--exclude-checks", "negative_data_rejection"),
            *("-H", f"Authorization: Bearer {world.server.api_key}", "--no-color"),
        ]
        try:
            done = subprocess.run(  # noqa: S603  every argument is this file's own
                command,
                cwd=folder,
                env=os.environ | {"PYTHONUTF8": "1"},
                capture_output=True,
                timeout=_MOST,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode != 0

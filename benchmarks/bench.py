"""What every part of the benchmarks is given."""

import sys
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from benchmarks.environments import Environments
from benchmarks.processes import Done, Peer, run


@frozen
class Bench:
    """One run: how long it may take, where its plots go, the peers, and the cores for each side."""

    quick: bool
    out: Path
    environments: Environments
    client_cores: set[int] | None
    server_cores: set[int] | None

    def peer(self, environment: str, script: str, *arguments: str) -> Peer:
        """Start a script in a peer's environment, on the clients' cores."""
        python = self.environments.python(environment)
        return Peer(python, script, arguments, self.client_cores)

    def run(self, command: Sequence[str], **variables: str) -> Done:
        """Run a command on the clients' cores; return what it wrote and what it took."""
        return run(command, self.client_cores, **variables)

    def choose(self, quick: int, full: int) -> int:
        """Return how often to do something."""
        return quick if self.quick else full


def say(text: str) -> None:
    """Tell whoever waits for the table what is being done."""
    print(text, file=sys.stderr, flush=True)

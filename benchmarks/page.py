"""Write the page of the docs from the figures that are kept beside it.

python -m benchmarks.page
"""

import json
from pathlib import Path

from benchmarks.processes import ROOT
from benchmarks.results import markdown

FOLDER = ROOT / "docs" / "performance"
"""Where the figures and plots of the docs are kept."""
PAGE = FOLDER.with_suffix(".md")

_TEXT = """# Performance

What this client costs beside bare HTTP libraries and other SDKs, measured side by side in one run,
and how near its polling is to the best possible. Every figure on this page was made by

    {command}

which also wrote the page. In two minutes, on your machine:

    nox -s bench -- --quick

Each peer has an environment of its own. nginx serves them all, on a core of its own where there is
more than one. The stacks take turns, round after round, so that what disturbs the machine disturbs
them all; the tables show medians with quartiles, and ratios with a bootstrap interval of 95 %. CPU
time is that of the client's process with all its threads, and is the steadier figure. Take the
ratios, not the absolute figures. No run fails on a time. Every single figure is in
[results.json](performance/results.json).

{tables}"""


def render(results_json: str) -> str:
    """Return the page for the results of a run."""
    results = json.loads(results_json)
    return _TEXT.format(
        command=results["about"]["command"], tables=markdown(results, plots="performance/")
    )


def write(folder: Path = FOLDER, page: Path = PAGE) -> None:
    """Write the page."""
    page.write_text(render((folder / "results.json").read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    write()

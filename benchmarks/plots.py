"""Plots as SVG, the same bytes from the same figures, legible on light and on dark pages."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from benchmarks.figures import Summary
from benchmarks.optimum import Point
from benchmarks.policies import FITTED, FITTED_FEW, OURS, Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREY = "#808080"  # has contrast with black and with white
ACCENT = "#e0662f"
_MARKERS = "sDv^XoPp"
_REQUESTS = (2, 5, 10, 20, 50)
_LAGS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
_STYLE = {
    "svg.hashsalt": "babou",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": GREY,
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.titlesize": 9,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "grid.color": GREY,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}


@frozen
class Panel:
    """One distribution: what each policy made of it, and the best that can be made of it."""

    title: str
    outcomes: Mapping[str, Outcome]
    best: Sequence[Point]


def polling(panels: Sequence[Panel], path: Path) -> None:
    """Draw lag against requests, with the optimum's curve, one panel for each distribution.

    A policy that never sees some assets ready has a hollow mark: its lag is that of the others.
    """
    with _figure((11, 4.6), path) as figure:
        axes = figure.subplots(1, len(panels), sharey=True)
        for axis, panel in zip(axes, panels, strict=True):
            requests = [point.requests for point in panel.best]
            lags = [point.lag for point in panel.best]
            axis.plot(requests, lags, color=GREY, label="the optimum")
            target = [1.25 * lag for lag in lags]
            axis.plot(requests, target, color=GREY, ls=":", label="1.25 × the optimum")
            for marker, (name, outcome) in zip(_MARKERS, panel.outcomes.items(), strict=True):
                colour = ACCENT if name in {OURS, FITTED, FITTED_FEW} else GREY
                axis.plot(
                    outcome.requests, outcome.lag, marker, color=colour, ms=7,
                    mfc="none" if outcome.missed else colour, label=name,
                )  # fmt: skip
            axis.set(title=panel.title, xscale="log", yscale="log", xlabel="requests, mean")
            axis.set(xlim=(2, 50), ylim=(0.05, 20), xticks=_REQUESTS, yticks=_LAGS)
            axis.xaxis.set_major_formatter("{x:g}")
            axis.yaxis.set_major_formatter("{x:g}")
            axis.minorticks_off()
            axis.grid(visible=True)
        axes[0].set_ylabel("lag in seconds, mean")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)


def bars(panels: Mapping[str, Mapping[str, Summary]], label: str, path: Path) -> None:
    """Draw a bar for each ratio, from the least to the most, with its interval."""
    height = 0.9 + 0.26 * max(len(panel) for panel in panels.values())
    with _figure((9, height), path) as figure:
        for axis, (title, panel) in zip(
            figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
        ):
            ordered = sorted(panel.items(), key=lambda item: -item[1].median)
            names = [name for name, _ in ordered]
            middles = [ratio.median for _, ratio in ordered]
            below = [ratio.median - ratio.low for _, ratio in ordered]
            above = [ratio.high - ratio.median for _, ratio in ordered]
            colours = [ACCENT if name.startswith("babou") else GREY for name in names]
            axis.barh(names, middles, xerr=[below, above], color=colours, ecolor=GREY, height=0.6)
            axis.axvline(1.0, color=GREY, lw=0.8, ls=":")
            axis.set(title=title, xlabel=label)


@contextmanager
def _figure(size: tuple[float, float], path: Path) -> Iterator["Figure"]:
    """Give a figure to draw on, and write it."""
    import matplotlib as mpl  # noqa: PLC0415 (the tests of what is pure do without it)
    from matplotlib.figure import Figure  # noqa: PLC0415

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        yield figure
        figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})

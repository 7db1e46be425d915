"""What a person sees during a command, all of it on standard error.

rich is imported where it is needed: lines are printed without it.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Self

import click

from babou._cli._output import binary, clean, colour, message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console, RenderableType

    from babou._core.operations import Asset
    from babou._errors import BabouError

_MOST_ROWS = 20
_PRINTED_FROM = 2  # failed polls: a single one is often over before anybody can read the message
_TROUBLE_LINES = 3  # for an error in the display; a server's own text may be long
_MARGIN = 2  # columns for the ^C that a terminal prints, which would break a full line


def _trouble(error: BabouError) -> str:
    return message(f"still waiting: {error}")


class LineDisplay:
    """Print a line for each change of an asset's state, and for each kind of error."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._failures = 0
        self._printed: dict[tuple[type, int | None], str] = {}  # for each kind printed, its asset

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def seen(self, asset: Asset) -> None:
        """Print the asset's state if it has changed."""
        self._printed = {kind: of for kind, of in self._printed.items() if of != asset.id}
        state = clean(asset.state)
        if self._states.get(asset.id) != state:
            self._states[asset.id] = state
            click.echo(f"{clean(asset.id)} {state}", err=True)

    def failed(self, asset_id: str, error: BabouError) -> None:
        """Print the error once for its kind, until its asset is seen; never the very first one."""
        self._failures += 1
        kind = type(error), getattr(error, "status_code", None)
        if self._failures >= _PRINTED_FROM and kind not in self._printed:
            self._printed[kind] = asset_id
            click.echo(_trouble(error), err=True)

    def ended(self, asset_id: str, how: str) -> None:
        """Do nothing: the result is printed as a line of its own."""

    def say(self, line: str, *, err: bool) -> None:
        """Print a line at once."""
        click.echo(line, err=err)


class _Row:
    def __init__(self) -> None:
        self.state, self.colour = "…", "yellow"
        self.ended: float | None = None


class LiveDisplay:
    """Show a row per asset, or a summary of many; it disappears unless interrupted."""

    def __init__(
        self,
        asset_ids: Sequence[str],
        console: Console,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        from rich.live import Live  # noqa: PLC0415 (slow to import)

        self._clock, self._began, self._console = clock, clock(), console
        self._rows = {asset_id: _Row() for asset_id in asset_ids}
        self._in_rows = len(self._rows) <= min(_MOST_ROWS, console.height - 2 - _TROUBLE_LINES)
        self._failures = 0
        self._trouble: tuple[str, str] | None = None
        self._held: list[tuple[str, bool]] = []
        self._live = Live(
            console=console,
            get_renderable=self.render,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, ended_by: type[BaseException] | None, *_: object) -> None:
        if ended_by is not None and not issubclass(ended_by, Exception):
            self._live.transient = False  # interrupted: the last display stays on the screen
        self._live.stop()
        for line, err in self._held:
            click.echo(line, err=err)

    def seen(self, asset: Asset) -> None:
        """Show an asset as it is now."""
        row = self._rows[asset.id]
        row.state, row.colour = clean(asset.state), colour(asset)
        self._forget(asset.id)

    def failed(self, asset_id: str, error: BabouError) -> None:
        """Show the error below the rest until its asset is seen again; never the very first one."""
        self._failures += 1
        if self._failures >= _PRINTED_FROM:
            self._trouble = asset_id, _trouble(error)

    def _forget(self, asset_id: str) -> None:
        if self._trouble is not None and self._trouble[0] == asset_id:
            self._trouble = None

    def ended(self, asset_id: str, how: str) -> None:
        """Stop an asset's clock."""
        row = self._rows[asset_id]
        row.ended = self._clock()
        if how != row.state:
            row.state, row.colour = how, "red"
        self._forget(asset_id)

    def say(self, line: str, *, err: bool) -> None:
        """Print a line: at once if standard output is no terminal, otherwise after the display."""
        if err or sys.stdout.isatty():
            self._held.append((line, err))
        else:
            click.echo(line)

    def render(self) -> RenderableType:
        """Return what the display shows now."""
        from rich.console import Group  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        shown = [self._table() if self._in_rows else self._summary()]
        if self._trouble is not None:
            trouble = Text(self._trouble[1], style="yellow")
            lines = trouble.wrap(self._console, self._console.width - _MARGIN)
            shown += lines[:_TROUBLE_LINES]
        return _narrowed(Group(*shown), self._console)

    def _table(self) -> RenderableType:
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
        table.add_column(no_wrap=True, overflow="ellipsis")
        table.add_column(no_wrap=True, overflow="ellipsis")
        table.add_column(no_wrap=True, justify="right")
        for asset_id, row in self._rows.items():
            state = Text(row.state, style=row.colour)
            table.add_row(Text(clean(asset_id)), state, self._time(row.ended))
        return table

    def _summary(self) -> RenderableType:
        from rich.progress_bar import ProgressBar  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        ended = sum(row.ended is not None for row in self._rows.values())
        states = Counter(row.state for row in self._rows.values())
        counts = [f"{ended} of {len(self._rows)} ended", self._time(None)]
        counts += [f"{state} {number}" for state, number in states.most_common()]
        summary = Table.grid()
        summary.add_row(ProgressBar(total=len(self._rows), completed=ended, width=40))
        summary.add_row(Text(", ".join(counts)))
        return summary

    def _time(self, ended: float | None) -> str:
        minutes, seconds = divmod(int((ended or self._clock()) - self._began), 60)
        return f"{minutes}:{seconds:02}"


def waiting(asset_ids: Sequence[str], *, live: bool) -> LineDisplay | LiveDisplay:
    """Return a display for waits: live, or in lines."""
    return LiveDisplay(asset_ids, _console()) if live else LineDisplay()


@contextlib.contextmanager
def transfer(
    *, live: bool, console: Console | None = None
) -> Iterator[Callable[[int, int | None], None] | None]:
    """Show a bar with bytes, rate and remaining time; yield its `on_progress`."""
    if not live:
        yield None
        return
    from rich.progress import BarColumn, Progress, ProgressColumn, Task  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    shown_on = console or _console()

    class Figures(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(figures(task.completed, task.total, task.speed, task.time_remaining))

    class Bar(Progress):
        def get_renderables(self) -> Iterator[RenderableType]:
            yield _narrowed(self.make_tasks_table(self.tasks), shown_on)

    with Bar(
        BarColumn(bar_width=None),
        Figures(Column(no_wrap=True)),
        console=shown_on,
        transient=True,
        expand=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def figures(done: float, total: float | None, speed: float | None, left: float | None) -> str:
    """Return how far a download is, how fast, and how long it will still take, where known."""
    parts = [binary(done, of=total)]
    if speed is not None:
        parts.append(f"{binary(speed)}/s")
    if left is not None:
        minutes, seconds = divmod(int(left), 60)
        parts.append(f"{minutes}:{seconds:02} left")
    return ", ".join(parts)


def _narrowed(shown: RenderableType, console: Console) -> RenderableType:
    from rich.constrain import Constrain  # noqa: PLC0415

    return Constrain(shown, console.width - _MARGIN)


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=True)

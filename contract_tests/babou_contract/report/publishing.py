"""Tell the results where they were asked for: in files, and to GitHub where it runs the command."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import click

from babou_contract.model import Report
from babou_contract.report.annotations import fence, publish


@contextlib.contextmanager
def no_workflow_commands(*, on_stderr: bool) -> Iterator[None]:
    """Keep GitHub from obeying what a server says: it takes `::command::` in any line for one."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        yield
        return
    first, last = fence()
    click.echo(first, err=on_stderr)
    try:
        yield
    finally:
        click.echo(last, err=on_stderr)


def published(report: Report, directory: Path | None, *, on_stderr: bool) -> None:
    """Write the reports that were asked for, and annotate where GitHub runs this."""
    if directory is None and os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from babou_contract.report import write_reports  # noqa: PLC0415  slow

    if directory is not None:
        write_reports(report, directory)
    for line in publish(report, os.environ):
        click.echo(line, err=on_stderr)

"""The history on the terminal, as figures, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.errors import StoreError
from bench.model import Figure
from bench.model.history import HistoryEntry, Series
from bench.report import words
from bench.report.figures import trend

FOLDER = "history"
SHOWN = ("p50", "mean")
"""Metrics in the table, the first that a series has; all are in the JSON."""


def show(series: Sequence[Series], said: Sequence[str], notes: Sequence[str], console: Console | None = None) -> None:
    """Print a row for each experiment's main figure, what changed since when, and the doubts."""
    console = console or Console()
    for machine, spec in dict.fromkeys((each.machine, each.spec) for each in series):
        table = Table(title=f"{machine}, spec {spec}", title_justify="left", box=None, pad_edge=False)
        for column in ("figure", "measured with", "runs", "first", "last", "changes"):
            table.add_column(column, overflow="fold")
        for each in main_series([one for one in series if (one.machine, one.spec) == (machine, spec)]):
            first, last = each.points[0], each.points[-1]
            table.add_row(
                Text(each.name), Text(each.setting), str(len(each.points)),
                value(each, first.value), value(each, last.value), str(len(each.changes)),
            )  # fmt: skip
        console.print(table)
    for sentence in said:
        console.print(Text(sentence))
    for note in notes:
        console.print(Text(f"Note: {note}"))


def draw(series: Sequence[Series], reports: Path) -> list[tuple[Path, Figure]]:
    """A figure of each machine and spec in the reports folder's `history/`, with what it shows in words.

    None where no series has two runs. Raises StoreError when the folder cannot be written.
    """
    drawn = []
    for machine, spec in dict.fromkeys((each.machine, each.spec) for each in series):
        path = reports / FOLDER / f"{machine}.{spec}.png"
        chosen = main_series([one for one in series if (one.machine, one.spec) == (machine, spec)])
        try:
            found = trend.draw(chosen, path)
        except OSError as error:
            raise StoreError(f"{path} cannot be written ({error.strerror}); free space there.") from error
        if found is not None:
            drawn.append((path, found))
    return drawn


def main_series(series: Sequence[Series]) -> list[Series]:
    """Of each experiment, figure and setting the metric that matters most."""
    found: dict[tuple[str, str, str], Series] = {}
    for metric in SHOWN:
        for each in series:
            if each.metric == metric:
                found.setdefault((each.experiment, each.figure, each.setting), each)
    return [found[key] for key in sorted(found)]


def value(series: Series, figure: float) -> str:
    """A point of a series in its unit."""
    return f"{figure:.3f}" if series.figure == "ratio" else words.seconds(figure)


def as_json(
    entries: Sequence[HistoryEntry], series: Sequence[Series], said: Sequence[str], notes: Sequence[str]
) -> dict[str, Any]:
    """Everything that is remembered, for other programs."""
    return {
        "runs": [asdict(entry) for entry in entries],
        "series": [{"name": each.name, **asdict(each)} for each in series],
        "changes": list(said),
        "notes": list(notes),
    }

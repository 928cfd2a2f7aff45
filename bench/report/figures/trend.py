"""A figure run after run, with the levels between its changes."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.model import Figure, Role
from bench.model.history import Series
from bench.report.figures.style import COLOURS, THRESHOLD, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME = "trend"
AXES = {"ratio": "candidate / baseline", "time_s": "candidate, ms"}
LABELS = 8
"""Most run names below an axis."""


def draw(series: Sequence[Series], path: Path) -> Figure | None:
    """A panel for each series of one machine and spec; None where none has two runs."""
    shown = [each for each in series if len(each.points) > 1]
    if not shown:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    with figure(path, 2.2 * len(shown) + 0.4) as drawn:
        panels = drawn.subplots(len(shown), 1, squeeze=False)
        for axes, each in zip(panels[:, 0], shown, strict=True):
            _panel(axes, each)
    changed = [f"{each.name} at {change.first_after.run_id}" for each in shown for change in each.changes]
    found = f"changes of level: {', '.join(changed)}" if changed else "no change of level"
    return Figure(
        path=path.name,
        title="Trend",
        alt=f"{len(shown)} figures of {shown[0].machine}, spec {shown[0].spec}, run after run: {found}.",
        caption="Each point is a run that was fit to measure; lines are the levels, a red line is where one changed.",
    )


def _panel(axes: "Axes", series: Series) -> None:
    scale = 1e3 if series.figure == "time_s" else 1.0
    values = [point.value * scale for point in series.points]
    axes.plot(range(len(values)), values, "o", color=COLOURS[Role.CANDIDATE], markersize=4)
    starts = [0, *(change.index for change in series.changes), len(values)]
    for begin, end in pairwise(starts):
        axes.plot([begin, end - 1], [median(values[begin:end])] * 2, color="#444444", linewidth=1.4)
    for change in series.changes:
        axes.axvline(change.index - 0.5, color=THRESHOLD, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.annotate(
            f"{change.ratio - 1:+.1%}", (change.index - 0.5, 1), xycoords=("data", "axes fraction"), xytext=(3, -3),
            textcoords="offset points", color=THRESHOLD, fontsize=8, va="top",
        )  # fmt: skip
    every = -(-len(values) // LABELS)
    shown = range(0, len(values), every)
    axes.set_xticks(shown, [_label(series, index) for index in shown], fontsize=7)
    axes.margins(y=0.22)  # room for the labels of changes
    axes.set_ylabel(AXES[series.figure], fontsize=8)
    axes.set_title(f"{series.name} ({series.setting})" if series.setting else series.name)


def _label(series: Series, index: int) -> str:
    point = series.points[index]
    commit = (point.commit or "?")[:7] + ("+" if point.dirty else "")
    return f"{point.started[5:10]}\n{commit}"

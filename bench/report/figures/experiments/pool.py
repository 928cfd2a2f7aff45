"""Utilisation and waiting by the size of the pool."""

from collections.abc import Iterator
from pathlib import Path

from bench.criteria.pooling import enough, recommended, sized
from bench.model import ExperimentRecord, Figure, Role
from bench.report import words
from bench.report.figures.experiments import PathOf
from bench.report.figures.style import COLOURS, THRESHOLD, figure

UTILISED = 0.8
MARKED = COLOURS[Role.CANDIDATE]
LINE = COLOURS[Role.BASELINE]


def draw(experiment: ExperimentRecord, folder: Path, path_of: PathOf) -> Iterator[Figure]:  # noqa: ARG001
    """Two panels: how busy each pool is, and how many of its checkouts wait."""
    slots, sizes = experiment.facts.get("slots", ()), experiment.facts.get("sizes", ())
    if not enough(slots):
        return
    each, best = [sized(slots, size) for size in sizes], recommended(slots, sizes)
    path = path_of("sizes")
    with figure(path, 3.0) as drawn:
        busy, waits = drawn.subplots(1, 2, sharex=True)
        low = [100 * (one.utilisation.estimate - one.utilisation.low) for one in each]
        high = [100 * (one.utilisation.high - one.utilisation.estimate) for one in each]
        busy.errorbar(sizes, [100 * one.utilisation.estimate for one in each], yerr=(low, high), color=LINE, marker="o")
        busy.axhline(100 * UTILISED, color=THRESHOLD, linewidth=1.2, linestyle=(0, (4, 3)))
        busy.annotate("80 %", (max(sizes), 100 * UTILISED), color=THRESHOLD, fontsize=8, va="bottom", ha="right")
        busy.set_title("Connections borrowed, %")
        waits.plot(sizes, [100 * one.chance_to_wait for one in each], "o-", color=LINE, label="measured")
        waits.plot(sizes, [100 * one.predicted_chance for one in each], "--", color="#7a7a7a", label="Erlang C")
        waits.set_title("Checkouts that wait, %")
        waits.legend(frameon=False, fontsize=8)
        for axes in (busy, waits):
            axes.axvline(best, color=MARKED, linewidth=1)
            axes.annotate(f" {best}", (best, 1), xycoords=("data", "axes fraction"), color=MARKED, va="top", fontsize=8)
            axes.set_xlabel("size of the pool")
            axes.set_xticks(sizes)
            axes.set_ylim(bottom=0)
    chosen = next(one for one in each if one.size == best)
    yield Figure(
        path=f"figures/{path.name}",
        title="The pool by its size",
        alt=(
            f"With {best} connections {words.percent(chosen.utilisation.estimate)} of them are borrowed and "
            f"{words.percent(chosen.chance_to_wait)} of the checkouts wait."
        ),
        caption=(
            f"{len(slots) // (len(sizes) + 1)} blocks at {experiment.facts['rate']:.0f} requests/s; bars are 95 % "
            "intervals over blocks. The line marks the smallest size with 99 % of the waits within one service time."
        ),
    )

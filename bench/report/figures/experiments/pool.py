"""Utilisation, waiting and what is held at most, by the size of the pool."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.criteria.pool_choice import Choice, choice
from bench.criteria.pool_scaling import saturated
from bench.criteria.pooling import blocks, enough, sized
from bench.model import ExperimentRecord, Figure, Role
from bench.report import words
from bench.report.figures.experiments import PathOf
from bench.report.figures.style import COLOURS, THRESHOLD, figure
from bench.stats.interval import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UTILISED = 0.8
TUNED = COLOURS[Role.CANDIDATE]
MARKED = "#333333"
FULL = 105
"""Upper end of the axis of utilisation: the threshold's words stay below those of the marked size."""


def draw(experiment: ExperimentRecord, folder: Path, path_of: PathOf) -> Iterator[Figure]:  # noqa: ARG001
    """At the reference load, and at the most that each size holds."""
    yield from _sizes(experiment, path_of)
    yield from _scalability(experiment, path_of)


def _sizes(experiment: ExperimentRecord, path_of: PathOf) -> Iterator[Figure]:
    """Two panels: how busy each pool is, and how many of its checkouts wait."""
    slots, sizes = experiment.facts.get("slots", ()), experiment.facts.get("sizes", ())
    if not enough(slots):
        return
    each, chosen = [sized(slots, size) for size in sizes], choice(slots, sizes)
    path = path_of("sizes")
    with figure(path, 3.0) as drawn:
        busy, waits = drawn.subplots(1, 2, sharex=True)
        _bars(busy, sizes, [one.utilisation for one in each])
        busy.axhline(100 * UTILISED, color=THRESHOLD, linewidth=1.2, linestyle=(0, (4, 3)))
        busy.annotate("80 %", (max(sizes), 100 * UTILISED), color=THRESHOLD, fontsize=8, va="bottom", ha="right")
        busy.set_ylim(top=FULL)
        busy.set_title("Connections borrowed, %")
        _bars(waits, sizes, [one.waited for one in each], label="measured")
        waits.plot(sizes, [100 * one.counted.predicted_chance for one in each], "--", color="#7a7a7a", label="Erlang C")
        waits.set_title("Checkouts that wait, %")
        waits.legend(frameon=False, fontsize=8)
        for axes in (busy, waits):
            if len(chosen.question) > 1:
                axes.axvspan(chosen.question[0], chosen.question[-1], color=MARKED, alpha=0.08, linewidth=0)
            axes.axvline(chosen.size, color=MARKED, linewidth=1)
            axes.annotate(
                f" {' or '.join(map(str, chosen.judged))}",
                (chosen.size, 1),
                xycoords=("data", "axes fraction"),
                color=MARKED,
                va="top",
                ha="left" if chosen.size < max(sizes) else "right",
                fontsize=8,
            )
            axes.set_xlabel("size of the pool")
            axes.set_xticks(sizes)
            axes.set_ylim(bottom=0)
    best = next(one for one in each if one.counted.size == chosen.size)
    yield Figure(
        path=f"figures/{path.name}",
        title="The pool by its size",
        alt=(
            f"With {chosen.size} connections {words.percent(best.utilisation.estimate)} of them are borrowed and "
            f"{words.percent(best.counted.chance_to_wait)} of the checkouts wait."
        ),
        caption=(
            f"{len(blocks(slots))} blocks at {experiment.facts['rate']:.0f} requests/s; bars are 95 % intervals over "
            f"blocks. {_marked(chosen)}"
        ),
    )


def _bars(axes: "Axes", sizes: Sequence[int], found: Sequence[Interval], label: str = "") -> None:
    """Per cent, with intervals."""
    low = [100 * (one.estimate - one.low) for one in found]
    high = [100 * (one.high - one.estimate) for one in found]
    axes.errorbar(
        sizes, [100 * one.estimate for one in found], yerr=(low, high), color=TUNED, marker="o", capsize=2, label=label
    )


def _marked(chosen: Choice) -> str:
    """What the line marks."""
    if not chosen.question:
        return "The line marks the largest size: with none do 99 % wait for at most one service time."
    if chosen.decided:
        return "The line marks the smallest size with which 99 % wait for at most one service time."
    return (
        "The line marks the smallest size for which it is not refuted that 99 % wait for at most one service time, the "
        "band the sizes among which it is undecided."
    )


def _scalability(experiment: ExperimentRecord, path_of: PathOf) -> Iterator[Figure]:
    """What each size holds at most, and the Universal Scalability Law through it with its knee."""
    found = saturated(experiment.facts)
    if found is None:
        return
    law, most = found.law, max(found.sizes)
    path = path_of("scalability")
    with figure(path, 3.0) as drawn:
        axes = drawn.subplots()
        for block in found.blocks:
            axes.plot(found.sizes, block, "o", color=TUNED, markersize=4, alpha=0.6)
        along = [1 + step * (most - 1) / 200 for step in range(201)]
        axes.plot(along, [law.throughput(n) for n in along], color="#7a7a7a", linewidth=1.2)
        if law.knee_low < most:
            axes.axvspan(law.knee_low, min(law.knee_high, most), color=MARKED, alpha=0.15, linewidth=0)
        if law.knee < most:
            axes.axvline(law.knee, color=MARKED, linewidth=1)
            axes.annotate(
                f" knee {law.knee:.1f}", (law.knee, 0), xycoords=("data", "axes fraction"), color=MARKED, va="bottom"
            )
        axes.set_title("Checkouts per second, as many as it holds")
        axes.set_xlabel("size of the pool")
        axes.set_xticks(found.sizes)
        axes.set_ylim(bottom=0)
    where = f"most at {law.knee:.1f} connections" if law.knee < most else f"no less with every size up to {most}"
    yield Figure(
        path=f"figures/{path.name}",
        title="What the pool holds by its size",
        alt=f"{experiment.facts['saturation']['users']} users who never pause: the pool holds {where}.",
        caption=(
            f"One dot for each of {len(found.blocks)} blocks; the line is the Universal Scalability Law fitted to "
            "them, the band the 95 % interval of its knee."
        ),
    )

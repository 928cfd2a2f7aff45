"""The way from nothing on to everything on, each knob alone and last, and the strongest interactions."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.ablation import Contribution, Reading, read
from bench.ablation.reading import holds_no_change
from bench.model import ExperimentRecord, Figure, Role
from bench.report import words
from bench.report.figures.experiments import PathOf
from bench.report.figures.style import COLOURS, figure
from bench.stats.interval import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FASTER, SLOWER, OPEN = "#009E73", "#D55E00", "#bdbdbd"
"""Okabe and Ito's green and vermilion; grey and hatched where the interval holds no change."""
TIMES = "\N{MULTIPLICATION SIGN}"
SHOWN = 8
"""Interactions in the figure; the table has all."""


def draw(experiment: ExperimentRecord, folder: Path, path_of: PathOf) -> Iterable[Figure]:  # noqa: ARG001
    """Up to three figures; none before two blocks were measured."""
    reading = read(experiment.facts)
    if reading is None:
        return
    yield _waterfall(reading, path_of("waterfall"))
    if reading.knobs[0].alone is not None:
        yield _alone_and_last(reading, path_of("alone_and_last"))
    if reading.interactions:
        yield _interactions(reading, path_of("interactions"))


def _waterfall(reading: Reading, path: Path) -> Figure:
    steps = [*((knob.knob, knob.bar) for knob in reading.knobs), ("together more or less", reading.remainder)]
    end_s = reading.baseline_s * reading.total.estimate
    with figure(path, 1.9 + 0.42 * (len(steps) + 3)) as drawn:
        axes = drawn.add_subplot()
        axes.set_xscale("log")
        top = len(steps) + 2
        _level(axes, top, reading.baseline_s, COLOURS[Role.BASELINE])
        reached_s = reading.baseline_s
        for height, (_, bar) in zip(range(top - 1, 1, -1), steps, strict=True):
            _step(axes, height, reached_s, bar)
            reached_s *= bar.estimate
        axes.plot(
            [end_s / reading.total.estimate * bound * 1e3 for bound in (reading.total.low, reading.total.high)],
            [1, 1],
            color="#333333",
            linewidth=1.4,
        )
        _level(axes, 1, end_s, COLOURS[Role.CANDIDATE])
        _step(axes, 0, end_s, reading.noise.bar)
        labels = ["nothing on", *(name for name, _ in steps), "everything on", reading.noise.knob]
        axes.set_yticks(range(top, -1, -1), labels)
        axes.set_ylim(-0.8, top + 0.8)
        _milliseconds(axes)
        axes.set_xlabel("mean latency, ms; a step multiplies; lines: intervals; grey: holds no change")
        axes.set_title("From nothing on to everything on")
    first = reading.knobs[0]
    return Figure(
        path=f"figures/{path.name}",
        title="The way from baseline to candidate",
        alt=(
            f"Waterfall of mean latency from {words.seconds(reading.baseline_s)} to {words.seconds(end_s)}: the "
            f"largest step is {first.knob}, {_change(first.bar)}; the remainder is a factor of "
            f"{reading.remainder.estimate:.3g}."
        ),
        caption=(
            f"A knob's step is {reading.bar_is}, largest first; the remainder is what the steps do not add up to. 95 % "
            f"intervals over {reading.blocks} blocks, those of the knobs Bonferroni over {len(reading.knobs)}. "
            "Hatched grey: "
            "INCONCLUSIVE. The lowest row is a second process of the same configuration: noise."
        ),
    )


def _level(axes: "Axes", height: int, value_s: float, colour: str) -> None:
    axes.plot([value_s * 1e3], [height], "D", color=colour, markersize=8)
    axes.annotate(
        words.seconds(value_s), (value_s * 1e3, height), xytext=(0, 8), textcoords="offset points", ha="center",
        fontsize=8, color="#333333",
    )  # fmt: skip


def _step(axes: "Axes", height: int, from_s: float, bar: Interval) -> None:
    low, high = sorted((from_s * 1e3, from_s * bar.estimate * 1e3))
    axes.barh(
        height, high - low, left=low, height=0.5, color=_colour(bar), hatch="////" if holds_no_change(bar) else None,
        edgecolor="white", alpha=0.85,
    )  # fmt: skip
    axes.plot([from_s * bar.low * 1e3, from_s * bar.high * 1e3], [height, height], color="#333333", linewidth=1.4)
    axes.annotate(
        f"{TIMES} {bar.estimate:.3g}", (from_s * bar.estimate * 1e3, height), xytext=(0, 8), textcoords="offset points",
        ha="center", fontsize=8, color="#333333",
    )  # fmt: skip


def _alone_and_last(reading: Reading, path: Path) -> Figure:
    knobs = [*reading.knobs, reading.noise]
    with figure(path, 1.7 + 0.5 * len(knobs)) as drawn:
        axes = drawn.add_subplot()
        for height, knob in enumerate(reversed(knobs)):
            assert knob.alone is not None
            _interval(axes, height + 0.14, knob.alone, COLOURS[Role.BASELINE], "alone" if height == 0 else "")
            _interval(axes, height - 0.14, knob.last, COLOURS[Role.CANDIDATE], "last" if height == 0 else "")
        _ratio_axis(axes, [knob.knob for knob in knobs])
        axes.set_xlabel("ratio of mean latency, on over off (left of 1: faster), with intervals")
        axes.set_title("Each knob alone, and with all others on")
        drawn.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    changed = [knob.knob for knob in reading.knobs if knob.context and not holds_no_change(knob.context)]
    said = f"{', '.join(changed)} differ" if changed else "for no knob the two are proved to differ"
    return Figure(
        path=f"figures/{path.name}",
        title="Alone and last",
        alt=f"What each knob brings alone and what it brings last: {said}. {_of(reading.knobs[0])}",
        caption=(
            f"Intervals of each kind hold together with 95 % (Bonferroni over {len(reading.knobs)}), {reading.blocks} "
            "blocks. Where alone and last part, the knob works with or against the others."
        ),
    )


def _interactions(reading: Reading, path: Path) -> Figure:
    shown = reading.interactions[:SHOWN]
    with figure(path, 1.6 + 0.45 * len(shown)) as drawn:
        axes = drawn.add_subplot()
        for height, each in enumerate(reversed(shown)):
            _interval(axes, height, each.factor, _colour(each.factor), "")
        _ratio_axis(axes, ["\nor ".join(f" {TIMES} ".join(pair) for pair in each.pairs) for each in shown])
        axes.tick_params(axis="y", labelsize=7 if any(len(each.pairs) > 1 for each in shown) else 9)
        axes.set_xlabel("factor by which one changes the other's ratio (left of 1: together more), with intervals")
        axes.set_title("Strongest two-way interactions")
    first = shown[0]
    named = " or ".join(" and ".join(pair) for pair in first.pairs)
    sure = "INCONCLUSIVE" if holds_no_change(first.factor) else "its interval leaves 1 out"
    return Figure(
        path=f"figures/{path.name}",
        title="Strongest two-way interactions",
        alt=f"The strongest two-way interaction is {named}: a factor of {first.factor.estimate:.3g}, {sure}.",
        caption=(
            f"From a fractional factorial of resolution {reading.resolution}, {reading.blocks} blocks; the "
            f"{len(shown)} strongest of {len(reading.interactions)}, 95 % intervals, Bonferroni over all. "
            "Pairs on one row share a column: the factor is of all of them. Grey: holds no change."
        ),
    )


def _interval(axes: "Axes", height: float, interval: Interval, colour: str, label: str) -> None:
    axes.plot((interval.low, interval.high), [height, height], color=colour, linewidth=3, alpha=0.55)
    axes.plot([interval.estimate], [height], "o", color=colour, markersize=5, label=label or None)


def _ratio_axis(axes: "Axes", labels: Sequence[str]) -> None:
    axes.set_xscale("log")
    axes.axvline(1, color="#444444", linewidth=1)
    axes.set_yticks(range(len(labels)), list(reversed(labels)))
    _plain_ticks(axes)


def _milliseconds(axes: "Axes") -> None:
    low, high = axes.get_xlim()
    axes.set_xlim(low / 1.1, high * 1.1)
    _plain_ticks(axes)


def _plain_ticks(axes: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5) if high / low > 4 else tuple(range(1, 10))))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _colour(interval: Interval) -> str:
    if holds_no_change(interval):
        return OPEN
    return FASTER if interval.estimate < 1 else SLOWER


def _of(knob: Contribution) -> str:
    assert knob.alone is not None
    return f"{knob.knob}: alone {_change(knob.alone)}, last {_change(knob.last)}."


def _change(interval: Interval) -> str:
    return words.change(interval.estimate)

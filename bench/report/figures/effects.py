"""Every effect of an experiment with its pairs, its interval and the threshold."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench import criteria
from bench.model import CONTROL, MAIN, CriterionResult, Effect, ExperimentRecord, Figure, Role
from bench.report import words
from bench.report.figures.style import COLOURS, THRESHOLD, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME = "effects"
SCALES = {"ratio", "fraction"}
"""Units of criteria that are ratios of two arms, or what is left of one."""


def draw(experiment: ExperimentRecord, results: Sequence[CriterionResult], path: Path) -> Figure | None:
    """A row per effect on a ratio axis, with the thresholds that criteria set; None where there is no effect."""
    rows = _rows(experiment.effects)
    if not rows:
        return None
    limits = thresholds(experiment, results)
    with figure(path, 1.2 + 0.42 * len(rows)) as drawn:
        axes = drawn.add_subplot()
        for height, effect in enumerate(reversed(rows)):
            _row(axes, height, effect, limits.get((effect.comparison, effect.scope, effect.metric)))
        axes.axvline(1, color="#444444", linewidth=1)
        axes.set_xscale("log")
        axes.set_yticks(range(len(rows)), [_label(effect) for effect in reversed(rows)])
        axes.set_ylim(-0.6, len(rows) - 0.4)
        _ticks(axes)
        axes.set_xlabel("ratio of times (left of 1: faster); bars: 95 % intervals, strokes: single pairs")
        axes.set_title(f"{experiment.name.replace('_', ' ').capitalize()}: candidate against baseline")
    return _described(experiment, rows, path)


def thresholds(experiment: ExperimentRecord, results: Sequence[CriterionResult]) -> dict[tuple[str, str, str], float]:
    """The ratio that a criterion asks for, by the comparison, scope and metric that decide it."""
    known = criteria.find()
    found = {}
    for result in results:
        module = known.get(result.id)
        if module and result.unit in SCALES and experiment.name in module.EXPERIMENTS:
            limit = result.threshold if result.unit == "ratio" else 1 - result.threshold
            found[MAIN.label, "all", getattr(module, "METRIC", "spread")] = limit
    return found


def _row(axes: "Axes", height: int, effect: Effect, limit: float | None) -> None:
    colour = COLOURS[Role.CANDIDATE if effect.comparison == MAIN.label else Role.CONTROL]
    axes.plot(effect.pairs, [height - 0.22] * len(effect.pairs), "|", color=colour, alpha=0.45, markersize=7)
    axes.plot(effect.ci, [height, height], color=colour, linewidth=4, solid_capstyle="butt", alpha=0.55)
    axes.plot([effect.ratio], [height], "o", color=colour, markersize=6)
    said = f"{effect.ratio:.3g}  ({words.from_to(effect)})"
    # Beside the axes, where no line can cross it.
    place = axes.get_yaxis_transform()
    axes.text(1.01, height, said, transform=place, fontsize=8, va="center", color="#333333")
    if limit is not None:
        axes.plot([limit, limit], [height - 0.36, height + 0.36], color=THRESHOLD, linewidth=1.6)
        axes.text(
            1.01, height - 0.3, f"threshold {limit:.3g}", transform=place, fontsize=7, va="center", color=THRESHOLD
        )


def _ticks(axes: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axes.get_xlim()
    axes.set_xlim(low, max(high, 1.05))
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _rows(effects: Sequence[Effect]) -> list[Effect]:
    """Overall metrics first, then each request's median (or mean), then noise."""
    overall = [effect for effect in effects if effect.scope == "all" and effect.comparison == MAIN.label]
    named = [effect for effect in effects if effect.scope != "all" and effect.comparison == MAIN.label]
    primary = next((metric for metric in ("p50", "mean") if any(e.metric == metric for e in named)), None)
    noise = [effect for effect in effects if effect.comparison == CONTROL.label and effect.scope == "all"][:1]
    return [*overall, *(effect for effect in named if effect.metric == primary), *noise]


def _label(effect: Effect) -> str:
    if effect.comparison == CONTROL.label:
        return f"noise (A/A): {effect.metric}"
    metric = "p99 / p50" if effect.metric == "spread" else effect.metric
    return metric if effect.scope == "all" else f"{effect.scope}: {metric}"


def _described(experiment: ExperimentRecord, rows: Sequence[Effect], path: Path) -> Figure:
    first, controlled = rows[0], any(row.comparison == CONTROL.label for row in rows)
    return Figure(
        path=f"figures/{path.name}",
        title="Effects with their intervals",
        alt=f"{experiment.name}: {first.metric} of all requests, candidate against baseline: {words.effect(first)}.",
        caption=(
            f"Ratios candidate / baseline with 95 % intervals over {first.n_pairs} pairs"
            + (f"; the smallest change that they could see is {words.percent(first.mde)}" if first.mde else "")
            + ". Small strokes are single pairs."
            + (" The grey row compares two processes of the same baseline: noise." if controlled else "")
        ),
    )

"""Every effect of an experiment with its pairs, its interval and the threshold."""

from collections.abc import Sequence
from pathlib import Path

from bench.model import CONTROL, MAIN, CriterionResult, Effect, ExperimentRecord, Figure, Role
from bench.report import words
from bench.report.figures.style import COLOURS, THRESHOLD, figure

NAME = "effects"


def draw(experiment: ExperimentRecord, criteria: Sequence[CriterionResult], path: Path) -> Figure | None:
    """A row per effect on a ratio axis; None where there is no effect."""
    rows = _rows(experiment.effects)
    if not rows:
        return None
    limit = next((1 - c.threshold for c in criteria if c.id == experiment.name and c.unit == "fraction"), None)
    with figure(path, 1.4 + 0.42 * len(rows)) as drawn:
        axes = drawn.add_subplot()
        for height, effect in enumerate(reversed(rows)):
            _row(axes, height, effect)
        axes.axvline(1, color="#444444", linewidth=1)
        if limit is not None:
            axes.axvline(limit, color=THRESHOLD, linewidth=1.2, linestyle=(0, (4, 3)))
            axes.annotate(
                f"threshold {limit:g}", (limit, 1), xycoords=("data", "axes fraction"), xytext=(3, -3),
                textcoords="offset points", color=THRESHOLD, fontsize=8, va="top",
            )  # fmt: skip
        axes.set_xscale("log")
        axes.set_yticks(range(len(rows)), [_label(effect) for effect in reversed(rows)])
        axes.set_ylim(-0.7, len(rows) - 0.1)
        _ticks(axes)
        axes.set_xlabel("ratio of times (left of 1: faster); bars: 95 % intervals, strokes: single pairs")
        axes.set_title(f"{experiment.name.replace('_', ' ').capitalize()}: candidate against baseline")
    return _described(experiment, rows, path)


def _row(axes: object, height: int, effect: Effect) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    colour = COLOURS[Role.CANDIDATE if effect.comparison == MAIN.label else Role.CONTROL]
    axes.plot(effect.pairs, [height - 0.22] * len(effect.pairs), "|", color=colour, alpha=0.45, markersize=7)
    axes.plot(effect.ci, [height, height], color=colour, linewidth=4, solid_capstyle="butt", alpha=0.55)
    axes.plot([effect.ratio], [height], "o", color=colour, markersize=6)
    axes.annotate(
        f"{effect.ratio:.3g}  ({words.from_to(effect)})", (effect.ratio, height), xytext=(0, 6),
        textcoords="offset points", fontsize=8, ha="center", color="#333333",
    )  # fmt: skip


def _ticks(axes: object) -> None:
    from matplotlib.axes import Axes
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    assert isinstance(axes, Axes)
    low, high = axes.get_xlim()
    # Room for the labels that stand centred on the outermost effects.
    axes.set_xlim(low / 1.15, max(high, 1.05) * 1.15)
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

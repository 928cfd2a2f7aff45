"""What two processes of the same baseline differed by: the A/A control of every experiment."""

from collections.abc import Sequence
from pathlib import Path

from bench.model import Effect, Figure, Role
from bench.report import words
from bench.report.figures.style import COLOURS, figure


def draw(rows: Sequence[tuple[str, Effect]], path: Path) -> Figure:
    """A row for each experiment's name and effect, around the line of no difference."""
    with figure(path, 1.2 + 0.34 * len(rows)) as drawn:
        axes = drawn.add_subplot()
        for height, (_, effect) in enumerate(reversed(rows)):
            low, high = effect.ci
            axes.plot([low, high], [height, height], color=COLOURS[Role.CONTROL], linewidth=4, alpha=0.55)
            axes.plot([effect.ratio], [height], "o", color=COLOURS[Role.CONTROL], markersize=6)
        axes.axvline(1, color="#444444", linewidth=1)
        names = [f"{name}: {'p99 / p50' if effect.metric == 'spread' else effect.metric}" for name, effect in rows]
        axes.set_yticks(range(len(rows)), list(reversed(names)))
        axes.margins(x=0.1)
        axes.set_xlabel("ratio of the control to the baseline (1: no difference); bars: 95 % intervals")
        axes.set_title("Noise: the same baseline twice (A/A)")
    apart = [f"{name} {effect.metric}" for name, effect in rows if not effect.ci[0] <= 1 <= effect.ci[1]]
    widest = max((effect for _, effect in rows), key=lambda effect: effect.ci[1] / effect.ci[0])
    pairs = sorted({effect.n_pairs for _, effect in rows})
    seen = [effect.mde for _, effect in rows if effect.mde is not None]
    return Figure(
        path=path.name,
        title="Noise: the same baseline twice",
        alt=(
            f"The control against the baseline in {len(rows)} metrics: "
            + (f"off 1 in {', '.join(apart)}" if apart else "every interval holds 1")
            + f"; the widest is {widest.ci[0]:.3g} to {widest.ci[1]:.3g}."
        ),
        caption=(
            f"Two processes of the same baseline, {' and '.join(map(str, pairs))} pairs, 95 % intervals. What this "
            "shows is noise"
            + (f"; the smallest change that could be seen: {words.percent(min(seen))}." if seen else ".")
        ),
    )

"""How often slowdowns of each size are found, by our rule and by others."""

from pathlib import Path
from typing import TYPE_CHECKING

from bench.model import Role
from bench.model.calibration import OURS, Card, Condition, Detection
from bench.report.figures.style import COLOURS, THRESHOLD, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENOUGH = 0.95
STYLES = {"sequential": ":", "mean": "-.", "requests": "--", "kayenta": (0, (1, 3))}
DELTAS = {0.02: "#56B4E9", 0.05: COLOURS[Role.CANDIDATE]}
KINDS = {"cpu": "as work of the processor", "wait": "as waiting"}


def draw(card: Card, path: Path) -> None:
    """A panel for each kind of slowdown: share of trials found against the slowdown, with 95 % intervals."""
    first = next(iter(card.metrics.values()))
    with figure(path, 3.7) as drawn:
        for axes, kind in zip(drawn.subplots(1, 2, sharey=True), KINDS, strict=True):
            for delta, colour in DELTAS.items():
                found = [d for d in first.detections if d.delta == delta and d.condition.injected in ("none", kind)]
                _line(axes, found, delta, colour)
            for name, by_label in card.rivals.items():
                shown = sorted(
                    {d.condition for d in first.detections if d.condition.injected in ("none", kind)}, key=_size
                )
                axes.plot(
                    [100 * _size(each) for each in shown], [by_label[each.label].share for each in shown],
                    color="#7a7a7a", linestyle=STYLES[name], linewidth=1, label=name,
                )  # fmt: skip
            axes.axhline(ENOUGH, color=THRESHOLD, linewidth=1, linestyle=(0, (4, 3)))
            axes.set_title(f"Slowed {KINDS[kind]}", fontsize=10)
            axes.set_xlabel("injected slowdown, % of the median")
            axes.set_ylim(-0.03, 1.03)
        # Below both panels: within one it would hide what is found there.
        drawn.legend(*axes.get_legend_handles_labels(), frameon=False, fontsize=7, loc="outside lower center", ncols=6)
        drawn.axes[0].set_ylabel("share of trials that said slower")


def _line(axes: "Axes", found: list[Detection], delta: float, colour: str) -> None:
    found = sorted(found, key=lambda each: _size(each.condition))
    shares = [each.said.share for each in found]
    bars = [[max(0.0, s - d.said.ci[0]) for s, d in zip(shares, found, strict=True)],
            [max(0.0, d.said.ci[1] - s) for s, d in zip(shares, found, strict=True)]]  # fmt: skip
    axes.errorbar(
        [100 * _size(each.condition) for each in found], shares, yerr=bars, color=colour, marker="o", markersize=4,
        capsize=2, label=f"{OURS}, delta {delta:.0%}",
    )  # fmt: skip


def _size(condition: Condition) -> float:
    return condition.slowdown

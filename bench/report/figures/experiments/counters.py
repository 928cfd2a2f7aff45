"""What a request of each kind costs on either arm, counted."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.model import ExperimentRecord, Figure, Role
from bench.report.figures.experiments import PathOf
from bench.report.figures.style import COLOURS, figure
from bench.report.findings.counters import differing

SHOWN = {
    "queries": "statements",
    "buffers": "buffer pages",
    "redis_commands": "Redis commands",
    "bytes": "bytes",
}
Counters = Mapping[str, Mapping[str, list[Mapping[str, float]]]]
ROLES = (Role.BASELINE, Role.CANDIDATE)


def draw(experiment: ExperimentRecord, folder: Path, path_of: PathOf) -> Iterator[Figure]:  # noqa: ARG001
    """A panel for each count, a pair of bars for each kind of request."""
    counters = experiment.facts.get("counters", {})
    if not all(role in counters for role in ROLES):
        return
    kinds = sorted(counters[Role.BASELINE])
    shown = {name: words for name, words in SHOWN.items() if name in counters[Role.BASELINE][kinds[0]][0]}
    path = path_of("counts")
    with figure(path, 1.2 + 0.5 * len(kinds)) as drawn:
        for axes, (name, words) in zip(drawn.subplots(1, len(shown), sharey=True), shown.items(), strict=True):
            for offset, role in zip((0.2, -0.2), ROLES, strict=True):
                values = [counters[role][kind][0][name] for kind in kinds]
                bars = axes.barh([n + offset for n in range(len(kinds))], values, 0.36, color=COLOURS[role], label=role)
                axes.bar_label(bars, [f" {_shown(value)}" for value in values], fontsize=8)
            axes.set_yticks(range(len(kinds)), kinds)
            axes.set_title(words, fontsize=10)
            axes.margins(x=0.35)
            axes.set_xticks([])
        drawn.legend(*drawn.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    yield Figure(
        path=f"figures/{path.name}",
        title="What a request costs, counted",
        alt=f"Per request: {'; '.join(_said(counters, kind, shown) for kind in kinds)}.",
        caption=f"Counts per request from the servers themselves: no clock is involved. {_exact(counters)}",
    )


def _exact(counters: Counters) -> str:
    """Whether another machine would count the same, by what was the same when counted again."""
    kinds = [passes for arm in counters.values() for passes in arm.values()]
    inexact = sorted({count for passes in kinds for count in differing(passes)} & SHOWN.keys())
    if not inexact:
        return "All were the same when counted again, so any machine gives them."
    return f"Not the same when counted again, and so not exact: {', '.join(SHOWN[count] for count in inexact)}."


def _said(counters: Counters, kind: str, shown: Mapping[str, str]) -> str:
    name = "buffers" if "buffers" in shown else next(iter(shown))
    before, after = (_shown(counters[role][kind][0][name]) for role in ROLES)
    return f"{kind} {before} {shown[name]} on the baseline, {after} on the candidate"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

"""Each rollback procedure: both directions, and the requests meanwhile."""

from collections.abc import Iterator
from pathlib import Path

from bench.model import ExperimentRecord, Figure
from bench.report.figures.experiments import PathOf
from bench.report.figures.style import THRESHOLD, figure

GOOD = "#009E73"


def draw(experiment: ExperimentRecord, folder: Path, path_of: PathOf) -> Iterator[Figure]:  # noqa: ARG001
    """A bar of requests for each procedure, with the failed ones in it."""
    performed = experiment.facts.get("procedures", {})
    names = [name for name, facts in performed.items() if "requests" in facts]
    if not names:
        return
    path = path_of("procedures")
    with figure(path, 1.3 + 0.45 * len(names)) as drawn:
        axes = drawn.subplots()
        failed = [performed[name]["failed"] for name in names]
        answered = [performed[name]["requests"] - bad for name, bad in zip(names, failed, strict=True)]
        axes.barh(names, answered, 0.55, color=GOOD, label="answered with 200")
        bars = axes.barh(names, failed, 0.55, left=answered, color=THRESHOLD, label="failed")
        said = [f" {_said(performed[name])}, {bad} failed" for name, bad in zip(names, failed, strict=True)]
        axes.bar_label(bars, said, fontsize=8)
        axes.invert_yaxis()
        axes.margins(x=0.45)
        axes.set_xlabel("requests while it was done and undone")
        drawn.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    yield Figure(
        path=f"figures/{path.name}",
        title="Every procedure, done and undone under load",
        alt="; ".join(f"{name}: {_said(performed[name])}, {performed[name]['failed']} failed" for name in names) + ".",
        caption="Requests at fixed moments, every other one on a connection of its own; all but a 200 are failures.",
    )


def _said(facts: dict[str, object]) -> str:
    return "both ways" if facts["done"] and facts["undone"] else "not undone" if facts["done"] else "not done"

"""How much of the contract holds on either API, part by part."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.model import ExperimentRecord, Figure, Role
from bench.report.figures.experiments import PathOf
from bench.report.figures.style import COLOURS, figure

ROLES = (Role.BASELINE, Role.CANDIDATE)
Bar = tuple[str, Role, int, int]
"""What was looked at, on which arm, how many held, of how many."""


def draw(experiment: ExperimentRecord, folder: Path, path_of: PathOf) -> Iterator[Figure]:  # noqa: ARG001
    """Bars in percent of what was looked at."""
    bars = list(_bars(experiment.facts))
    if not bars:
        return
    path = path_of("held")
    with figure(path, 1.2 + 0.4 * len(bars)) as drawn:
        axes = drawn.subplots()
        for at, (_, role, held, of) in enumerate(bars):
            axes.barh([at], [100], 0.6, color="#eeeeee")
            bar = axes.barh([at], [100 * held / of], 0.6, color=COLOURS[role])
            axes.bar_label(bar, [f" {held:,} of {of:,}"], fontsize=8)
        axes.set_yticks(range(len(bars)), [name for name, *_ in bars])
        axes.invert_yaxis()
        axes.set_xlim(0, 118)
        axes.set_xlabel("%")
    yield Figure(
        path=f"figures/{path.name}",
        title="How much of the contract holds",
        alt="; ".join(f"{name}: {held} of {of}" for name, _, held, of in bars) + ".",
        caption="Exact counts: a claim holds where its bar is full. Blue is the baseline, orange the candidate.",
    )


def _bars(facts: Mapping[str, Any]) -> Iterator[Bar]:
    if parity := facts.get("parity"):
        yield "both answer alike", Role.CANDIDATE, parity["asked"] - parity["different"], parity["asked"]
    for role in ROLES:
        if routes := facts.get("duplicates", {}).get(role):
            twice = len(routes["pairs"])
            yield f"{role}: operations without a twin", role, max(0, routes["routes"] - twice), routes["routes"]
    for role in ROLES:
        if (errors := facts.get("errors", {}).get(role)) and errors["asked"]:
            yield f"{role}: errors of the one shape", role, errors["asked"] - len(errors["bad"]), errors["asked"]

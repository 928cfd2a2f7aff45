"""Draw every figure that a run has data for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench.model import CriterionResult, ExperimentRecord, Figure, RunRecord
from bench.report.figures import effects, experiments, latencies, plans, split


def draw_all(record: RunRecord, folder: Path) -> RunRecord:
    """Write the figures into the run folder and answer the record with them described."""
    described = {
        name: replace(experiment, figures=tuple(_of(experiment, record.criteria, folder)))
        for name, experiment in record.experiments.items()
    }
    return replace(record, experiments=described)


def _of(experiment: ExperimentRecord, criteria: Sequence[CriterionResult], folder: Path) -> Iterator[Figure]:
    def path(name: str) -> Path:
        (folder / "figures").mkdir(exist_ok=True)
        return folder / "figures" / f"{experiment.name}.{name}.png"

    drawn = [
        effects.draw(experiment, criteria, path(effects.NAME)),
        latencies.draw(experiment, folder, path(latencies.NAME)),
        split.draw(experiment, path(split.NAME)),
        *(
            plans.draw(experiment, query, folder, path(f"{plans.NAME}.{query}"))
            for query in experiment.facts.get("plans", {})
        ),
    ]
    yield from experiments.draw(experiment, folder, path)
    yield from (figure for figure in drawn if figure is not None)

"""A run is remembered: its line in the history of its reports folder, and an annotation where a Grafana is named."""

import json
from collections.abc import Mapping
from pathlib import Path

from bench.lab.setting import settings
from bench.model import CONTROL, MAIN, RunRecord, machine
from bench.model.history import HISTORY_VERSION, HistoryEntry, KeptEffect
from bench.monitoring.annotating import annotate
from bench.store import history
from bench.store.calibration import kept
from bench.store.kinds import COMPARISON
from bench.store.record import FILE

SCOPE = "all"


def remember(record: RunRecord, folder: Path) -> None:
    """Append a run that is complete to the history beside its folder, and tell the Grafana that the environment names.

    Raises StoreError when either does not take it: the run itself is whole then.
    """
    history.append(folder.parent, entry(record, folder))
    annotate(record)


def entry(record: RunRecord, folder: Path) -> HistoryEntry:
    """What the history keeps of a run in its folder."""
    name = machine(record.environment)
    return HistoryEntry(
        history_version=HISTORY_VERSION,
        run_id=record.run_id,
        spec=record.spec,
        started=record.started,
        machine=name,
        environment=record.environment,
        session=record.session,
        effects=tuple(_effects(record, settings(folder))),
        verdicts={result.id: str(result.verdict) for result in record.criteria},
        exit_code=record.exit_code,
        calibration=kept(folder.parent, name),
        comparison=json.loads((folder / FILE).read_bytes()).get(COMPARISON),
    )


def _effects(record: RunRecord, known: Mapping[str, str]) -> list[KeptEffect]:
    return [
        KeptEffect(
            experiment, found.metric, found.comparison, found.ratio, found.ci, found.n_pairs, found.mde,
            found.numerator, found.denominator, known.get(experiment, ""),
        )
        for experiment, each in record.experiments.items()
        for found in each.effects
        if found.scope == SCOPE and found.comparison in {MAIN.label, CONTROL.label}
    ]  # fmt: skip

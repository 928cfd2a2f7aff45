"""From what experiments left behind to a judged RunRecord: pure but for reading the samples."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench import criteria, judge
from bench.experiments import Draft, Experiment, comparison, find
from bench.judge.contest import COMPARISON, CONFIRMATION
from bench.model import Claim, Effect, ExperimentRecord, RunRecord, Status
from bench.runner import latencies
from bench.spec import CriterionSpec


def claims(chosen: Mapping[str, CriterionSpec]) -> tuple[Claim, ...]:
    """The catalogue's claims that a spec names, with what the spec changes about them."""
    catalogue = criteria.catalogue()
    return tuple(_changed(catalogue[name], change) for name, change in chosen.items())


def experiment_record(
    experiment: Experiment,
    draft: Draft,
    root: Path,
    *,
    status: Status,
    reason: str = "",
    duration_s: float = 0.0,
) -> ExperimentRecord:
    """What an experiment found, with its effects computed from its slots."""
    record = ExperimentRecord(
        name=experiment.name,
        question=experiment.question,
        method=experiment.method,
        status=status,
        reason=reason,
        arms=draft.arms,
        looks=draft.looks,
        slots=draft.slots,
        effects=(),
        facts=dict(draft.facts),
        duration_s=duration_s,
    )
    return replace(record, effects=_effects(experiment, record, root))


def judged(record: RunRecord, chosen: Sequence[Claim]) -> RunRecord:
    """The run with its session, its criteria or its comparison, and its exit code judged anew from its experiments."""
    session = judge.session(record.experiments)
    if COMPARISON in record.experiments:
        found = judge.comparison(record.experiments, session)
        code = judge.comparison_exit_code(None if found is None else found.verdict)
        return replace(record, session=session, comparison=found, exit_code=code)
    results = judge.scorecard(record.experiments, chosen)
    code = judge.exit_code(results, session, broke=judge.broken(record.experiments.values()))
    return replace(record, session=session, criteria=results, exit_code=code)


def analysed_again(record: RunRecord, root: Path) -> RunRecord:
    """The run with the effects of every experiment computed anew from its slots and samples."""
    known = find()
    experiments = {
        name: replace(stored, effects=_effects(known[name], stored, root)) if name in known else _compared_again(stored)
        for name, stored in record.experiments.items()
    }
    return replace(record, experiments=experiments)


def _effects(experiment: Experiment, record: ExperimentRecord, root: Path) -> tuple[Effect, ...]:
    """None of an experiment that broke: what it measured last may be the breaking itself."""
    if record.status is Status.FAILED:
        return ()
    return experiment.analyse(record.looks, record.slots, lambda slot: latencies(root, slot))


def _compared_again(stored: ExperimentRecord) -> ExperimentRecord:
    if stored.name not in (COMPARISON, CONFIRMATION):
        return stored
    return replace(stored, effects=comparison.analyse(stored.looks, stored.slots))


def _changed(claim: Claim, change: CriterionSpec) -> Claim:
    return replace(
        claim,
        threshold=claim.threshold if change.threshold is None else change.threshold,
        required=claim.required if change.required is None else change.required,
    )

"""From an experiment's effects to a reading: the way that most criteria go."""

from bench.criteria.reading import Evidence, Reading, Unmeasured
from bench.model import MAIN, Effect, ExperimentRecord, Status


def measured(experiments: Evidence, name: str) -> ExperimentRecord | Unmeasured:
    """The record of an experiment, or why there is none to read."""
    record = experiments.get(name)
    if record is None:
        return Unmeasured(f"The experiment {name} was not run: left out by --quick or --only.")
    if record.status is Status.FAILED:
        return Unmeasured(f"The experiment {name} failed: {record.reason}")
    return record


def main_effect(experiment: ExperimentRecord, metric: str) -> Effect | None:
    """The effect of the candidate over all requests."""
    wanted = (metric, "all", MAIN.label)
    return next((each for each in experiment.effects if (each.metric, each.scope, each.comparison) == wanted), None)


def improvement(experiment: ExperimentRecord, effect: Effect) -> Reading:
    """How much less time the candidate takes, as a fraction: `1 - ratio`, its interval mirrored."""
    low, high = effect.ci
    return Reading(
        value=1 - effect.ratio,
        low=1 - high,
        high=1 - low,
        confidence=effect.confidence,
        n=effect.n_pairs,
        mde=effect.mde,
        evidence=figures(experiment),
        log_scale=True,
    )


def figures(experiment: ExperimentRecord) -> tuple[str, ...]:
    """The files that show what the experiment found; where nothing is drawn, its place in the record."""
    return tuple(figure.path for figure in experiment.figures) or (stored(experiment.name),)


def stored(name: str) -> str:
    """Where the record has everything on an experiment: a JSON pointer into run.json."""
    return f"run.json#/experiments/{name}"


def too_few(experiment: ExperimentRecord, metric: str, requests: int) -> Unmeasured:
    """Why an effect is missing: too few complete pairs, or too few requests in a slot."""
    fewest = min((slot.n for slot in experiment.slots), default=0)
    pairs = len({slot.slot.triple for slot in experiment.slots})
    if experiment.slots and fewest < requests:
        return Unmeasured(
            f"Too few observations: {metric} needs {requests:,} requests in every slot, one had {fewest:,}; "
            "use longer slots or more load."
        )
    return Unmeasured(f"Too few pairs: {pairs} begun, at least 6 complete ones are needed; give a larger --budget.")

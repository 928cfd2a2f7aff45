"""One line for each claim, and whether a look may end an experiment."""

from collections.abc import Mapping, Sequence

from bench import criteria
from bench.criteria import Reading, Unmeasured
from bench.criteria.words import shown
from bench.model import Claim, CriterionResult, Effect, ExperimentRecord, Status, Verdict
from bench.stats.looks import CONFIDENCE


def scorecard(experiments: Mapping[str, ExperimentRecord], claims: Sequence[Claim]) -> tuple[CriterionResult, ...]:
    """Judge every claim on the experiments of a run; what could not be read is NOT_MEASURED with its reason."""
    return tuple(_judge(claim, experiments) for claim in claims)


def decided(experiment: str, effects: Sequence[Effect], claims: Sequence[Claim]) -> bool:
    """Whether every claim that reads this experiment alone is PASS or FAIL on these effects.

    False where no claim reads it: what nobody asked of it cannot be answered early.
    """
    readers = {id_ for id_, criterion in criteria.find().items() if set(criterion.EXPERIMENTS) == {experiment}}
    asked = [claim for claim in claims if claim.id in readers]
    results = scorecard({experiment: _in_progress(experiment, effects)}, asked)
    return bool(results) and all(result.verdict in {Verdict.PASS, Verdict.FAIL} for result in results)


def _judge(claim: Claim, experiments: Mapping[str, ExperimentRecord]) -> CriterionResult:
    criterion = criteria.find()[claim.id]
    reading = criterion.read(experiments)
    if isinstance(reading, Unmeasured):
        return _result(claim, None, Verdict.NOT_MEASURED, reading.reason)
    verdict, reason = criteria.verdict(claim, reading)
    return _result(
        claim, reading, verdict, " ".join(filter(None, [reason, _partial(experiments, criterion.EXPERIMENTS)]))
    )


def _result(claim: Claim, reading: Reading | None, verdict: Verdict, reason: str) -> CriterionResult:
    return CriterionResult(
        id=claim.id,
        claim=_words(claim),
        origin=claim.origin,
        measured=reading.value if reading else None,
        ci=(reading.low, reading.high) if reading else None,
        confidence=reading.confidence if reading else CONFIDENCE,
        unit=claim.unit,
        threshold=claim.threshold,
        direction=claim.direction,
        n=reading.n if reading else 0,
        mde=reading.mde if reading else None,
        verdict=verdict,
        reason=reason,
        evidence=reading.evidence if reading else (),
        required=claim.required,
    )


def _words(claim: Claim) -> str:
    """The claim's words; where a spec changed the threshold they would lie, so it is said."""
    original = criteria.catalogue().get(claim.id)
    if original is None or original.threshold == claim.threshold:
        return claim.claim
    return f"{claim.claim} (threshold changed to {shown(claim.threshold, claim.unit)})"


def _partial(experiments: Mapping[str, ExperimentRecord], sources: Sequence[str]) -> str:
    cut = [experiments[name] for name in sources if name in experiments and experiments[name].status is Status.PARTIAL]
    return " ".join(f"From a part of {record.name} only: {record.reason}" for record in cut)


def _in_progress(name: str, effects: Sequence[Effect]) -> ExperimentRecord:
    return ExperimentRecord(
        name=name,
        question="",
        method="",
        status=Status.COMPLETE,
        reason="",
        arms=(),
        looks=(),
        slots=(),
        effects=tuple(effects),
    )

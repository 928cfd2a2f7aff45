"""A run held against a policy: checks, and the exit code that follows from them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.judge import against, counts
from bench.judge.comparison import compare
from bench.judge.exit import ExitCode
from bench.judge.floors import Floors, delta
from bench.model import (
    MAIN,
    ComparisonVerdict,
    CriterionResult,
    Effect,
    Gate,
    GateCheck,
    OnInconclusive,
    Policy,
    RunRecord,
    Session,
    Status,
    Verdict,
)

VERDICTS = {
    ComparisonVerdict.IMPROVEMENT: Verdict.PASS,
    ComparisonVerdict.EQUIVALENT: Verdict.PASS,
    ComparisonVerdict.REGRESSION: Verdict.FAIL,
    ComparisonVerdict.INCONCLUSIVE: Verdict.INCONCLUSIVE,
    ComparisonVerdict.INVALID: Verdict.NOT_MEASURED,
}
NOTHING = "Nothing was measured that this policy judges by: this gate says nothing at all."


@dataclass(frozen=True, slots=True)
class Compared:
    """What `perflab compare` has found: the ratio candidate / baseline of one metric, and its verdict."""

    verdict: ComparisonVerdict
    ratio: float | None
    ci: tuple[float, float] | None
    metric: str
    n_pairs: int
    mde: float | None
    delta: float


def gate_run(
    run: RunRecord,
    policy: Policy,
    floors: Floors | None,
    *,
    compared: Compared | None = None,
    old: RunRecord | None = None,
) -> Gate:
    """Judge a run by its criteria, its comparisons, and against an older run of the same machine."""
    checks = [*_criteria(run, policy, compared)]
    notes: list[str] = []
    if compared is not None:
        checks.append(_compared(compared, policy, floors, notes))
    if run.comparison is not None:
        checks += counts.checks(run.comparison.counters, policy.may_rise, "", notes)
    checks += _comparisons(run, policy, floors, notes)
    session = run.session
    if old is not None:
        checks += _against(run, old, policy, floors, notes)
        checks += _counted(run, old, policy, notes)
        session = _both(run, old)
    if compared is not None and compared.verdict is ComparisonVerdict.INVALID and session.valid:
        session = Session(False, ("The comparison was not fit to be judged.",))
    return concluded(run.run_id, "" if old is None else old.run_id, checks, session, notes, policy.inconclusive)


def concluded(
    subject: str,
    held_against: str,
    checks: Sequence[GateCheck],
    session: Session,
    notes: Sequence[str],
    inconclusive: OnInconclusive,
) -> Gate:
    """The gate's answer, with the exit code of its checks."""
    code = exit_code(checks, session, inconclusive)
    said = [*dict.fromkeys(filter(None, notes))]
    if not any(check.verdict is not Verdict.NOT_MEASURED for check in checks):
        said.insert(0, NOTHING)
    return Gate(subject, held_against, tuple(checks), session, tuple(said), inconclusive, int(code))


def exit_code(checks: Sequence[GateCheck], session: Session, inconclusive: OnInconclusive) -> ExitCode:
    """Answer 1, 4, 3 or 0, in this order of precedence.

    1 if any check is FAIL; else 4 if the session is invalid or nothing was measured; else what the policy says of
    INCONCLUSIVE; else 3 if a required check was NOT_MEASURED; else 0.
    """
    verdicts = {check.verdict for check in checks}
    if Verdict.FAIL in verdicts:
        return ExitCode.FAILED
    if not session.valid or not verdicts - {Verdict.NOT_MEASURED}:
        return ExitCode.UNFIT
    if Verdict.INCONCLUSIVE in verdicts and inconclusive is OnInconclusive.FAIL:
        return ExitCode.FAILED
    if Verdict.INCONCLUSIVE in verdicts and inconclusive is OnInconclusive.EXIT_3:
        return ExitCode.INCONCLUSIVE
    if any(check.required and check.verdict is Verdict.NOT_MEASURED for check in checks):
        return ExitCode.INCONCLUSIVE
    return ExitCode.GOOD


def comparison_check(name: str, effect: Effect, smallest: float) -> GateCheck:
    """An effect judged by the smallest difference that matters, as a line of the gate."""
    if math.isinf(smallest):
        return GateCheck(
            name, Verdict.NOT_MEASURED, f"This machine was calibrated and finds no change of {effect.metric}."
        )
    result = compare(effect, smallest)
    return GateCheck(name, VERDICTS[result.verdict], result.sentence, ratio=effect.ratio, ci=effect.ci, delta=smallest)


def _criteria(run: RunRecord, policy: Policy, compared: Compared | None) -> Iterator[GateCheck]:
    judged = {result.id: result for result in run.criteria}
    chosen = policy.criteria
    if chosen is None:
        # What a comparison is asked about is its one metric; it is judged by criteria only where a policy says so.
        chosen = () if compared is not None else tuple(judged)
    for name in chosen:
        if name in judged:
            yield _criterion(judged[name], required=judged[name].required or policy.criteria is not None)
        else:
            yield GateCheck(name, Verdict.NOT_MEASURED, "The run was not judged by this criterion.")


def _criterion(result: CriterionResult, *, required: bool) -> GateCheck:
    sentence = f"{result.claim}. {result.reason}".removesuffix(" ")
    return GateCheck(result.id, result.verdict, sentence, required=required)


def _compared(found: Compared, policy: Policy, floors: Floors | None, notes: list[str]) -> GateCheck:
    """What `compare` said stands, unless this policy or this machine asks for another delta."""
    smallest = delta(found.metric, {found.metric: found.delta, **policy.delta}, floors)
    notes.append(smallest.note)
    name = f"comparison {found.metric}"
    if found.ratio is None or found.ci is None or found.verdict is ComparisonVerdict.INVALID:
        return GateCheck(name, Verdict.NOT_MEASURED, f"The comparison ended as {found.verdict}, without a figure.")
    effect = Effect(found.metric, "all", MAIN.label, found.ratio, found.ci, 0.95, found.n_pairs, found.mde, 0.0, 0.0)
    check = comparison_check(name, effect, smallest.value)
    if smallest.value == found.delta and VERDICTS[found.verdict] is not check.verdict:
        # Its maker knew more, such as that a second look did not confirm it.
        sentence = f"{found.metric}: {found.verdict} by the comparison itself."
        return GateCheck(name, VERDICTS[found.verdict], sentence, ratio=found.ratio, ci=found.ci, delta=found.delta)
    return check


def _comparisons(run: RunRecord, policy: Policy, floors: Floors | None, notes: list[str]) -> Iterator[GateCheck]:
    for name in policy.comparisons:
        record = run.experiments.get(name)
        effects = () if record is None or record.status is Status.FAILED else record.effects
        for metric in policy.metrics:
            wanted = (MAIN.label, against.SCOPE, metric)
            effect = next((one for one in effects if (one.comparison, one.scope, one.metric) == wanted), None)
            if effect is None:
                yield GateCheck(f"{name} {metric}", Verdict.NOT_MEASURED, f"The run has no effect of {metric} here.")
                continue
            smallest = delta(metric, policy.delta, floors)
            notes.append(smallest.note)
            yield comparison_check(f"{name} {metric}", effect, smallest.value)


def _against(
    run: RunRecord, old: RunRecord, policy: Policy, floors: Floors | None, notes: list[str]
) -> Iterator[GateCheck]:
    names = policy.comparisons or tuple(name for name in run.experiments if name in old.experiments)
    asked = [(name, metric) for name in names for metric in policy.metrics]
    found = {which: against.ratio_of_ratios(run, old, *which, family=len(asked)) for which in asked}
    for (name, metric), effect in found.items():
        title = f"{name} {metric} against {old.run_id}"
        if isinstance(effect, str):
            # Without a policy that names it, an experiment that has no pairs is no gap in the gate.
            yield GateCheck(title, Verdict.NOT_MEASURED, effect, required=name in policy.comparisons)
            continue
        smallest = delta(metric, policy.delta, floors)
        notes.append(smallest.note)
        yield comparison_check(title, effect, smallest.value)


def _counted(run: RunRecord, old: RunRecord, policy: Policy, notes: list[str]) -> Iterator[GateCheck]:
    found = counts.of_runs(*(each.experiments.get(counts.EXPERIMENT) for each in (run, old)))
    if isinstance(found, str):
        notes.append(found)
    else:
        yield from counts.checks(found, policy.may_rise, f" against {old.run_id}", notes)


def _both(run: RunRecord, old: RunRecord) -> Session:
    reasons = [*run.session.reasons, *(f"{old.run_id}: {reason}" for reason in old.session.reasons)]
    return Session(run.session.valid and old.session.valid, tuple(reasons))

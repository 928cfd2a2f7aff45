"""From verdicts to the exit code of a command."""

from collections.abc import Iterable, Sequence
from enum import IntEnum

from bench.model import ComparisonVerdict, CriterionResult, ExperimentRecord, Session, Status, Verdict


class ExitCode(IntEnum):
    """What the command answers; 2 is no verdict's: wrong usage, or the harness broke, if only in an experiment."""

    GOOD = 0
    FAILED = 1
    BROKE = 2
    INCONCLUSIVE = 3
    UNFIT = 4


def broken(experiments: Iterable[ExperimentRecord]) -> bool:
    """Whether the harness broke in any of them."""
    return any(record.status is Status.FAILED for record in experiments)


def exit_code(criteria: Sequence[CriterionResult], session: Session, *, broke: bool = False) -> ExitCode:
    """Answer 1, 2, 4, 3 or 0, in this order of precedence.

    1 if any criterion is FAIL; else 2 if the harness `broke` in an experiment; else 4 if the session is invalid; else 3
    if any is INCONCLUSIVE or a required one NOT_MEASURED; else 0. A run in which no criterion was measured is never 0,
    not even when none was required: 4.
    """
    verdicts = {result.verdict for result in criteria}
    missing = any(result.required and result.verdict is Verdict.NOT_MEASURED for result in criteria)
    if Verdict.FAIL in verdicts:
        return ExitCode.FAILED
    if broke:
        return ExitCode.BROKE
    if not session.valid:
        return ExitCode.UNFIT
    if Verdict.INCONCLUSIVE in verdicts or missing:
        return ExitCode.INCONCLUSIVE
    if Verdict.PASS not in verdicts:
        return ExitCode.UNFIT
    return ExitCode.GOOD


def comparison_exit_code(verdict: ComparisonVerdict | None) -> ExitCode:
    """Answer 1 for a regression, 3 for what stays open, 4 for a session not fit to measure, or nothing measured."""
    return {
        ComparisonVerdict.IMPROVEMENT: ExitCode.GOOD,
        ComparisonVerdict.EQUIVALENT: ExitCode.GOOD,
        ComparisonVerdict.REGRESSION: ExitCode.FAILED,
        ComparisonVerdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
        ComparisonVerdict.INVALID: ExitCode.UNFIT,
        None: ExitCode.UNFIT,
    }[verdict]

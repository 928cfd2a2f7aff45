"""From verdicts to the exit code of a command."""

from collections.abc import Sequence
from enum import IntEnum

from bench.model import ComparisonVerdict, CriterionResult, Session, Verdict


class ExitCode(IntEnum):
    """What the command answers; 2 (wrong usage, or the harness broke) is an exception's, never a verdict's."""

    GOOD = 0
    FAILED = 1
    INCONCLUSIVE = 3
    UNFIT = 4


def exit_code(criteria: Sequence[CriterionResult], session: Session) -> ExitCode:
    """Answer 1, 4, 3 or 0, in this order of precedence.

    1 if any criterion is FAIL; else 4 if the session is invalid; else 3 if any is INCONCLUSIVE or a required
    one NOT_MEASURED; else 0. A run in which no criterion was measured is never 0, not even when none was required: 4.
    """
    verdicts = {result.verdict for result in criteria}
    missing = any(result.required and result.verdict is Verdict.NOT_MEASURED for result in criteria)
    if Verdict.FAIL in verdicts:
        return ExitCode.FAILED
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

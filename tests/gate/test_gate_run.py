"""A run and a comparison against a policy: every exit code, and the floor below which nothing is judged."""

import math
from dataclasses import replace
from typing import Any

import pytest

from bench.judge import Compared, gate_run
from bench.model import ComparisonVerdict, Gate, OnInconclusive, Policy, Verdict
from tests.gate.conftest import criterion, measured, run

PASS, FAIL, MAYBE, NONE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_MEASURED


def judged(*verdicts: Verdict, valid: bool = True, policy: Policy | None = None, **changes: Any) -> Gate:
    """The gate of a run whose criteria ended like this."""
    lines = [criterion(f"c{number}", verdict, **changes) for number, verdict in enumerate(verdicts)]
    return gate_run(run(*lines, valid=valid), policy or Policy(), None)


@pytest.mark.parametrize(
    ("verdicts", "valid", "code"),
    [
        ((PASS,), True, 0),
        ((PASS, FAIL), True, 1),
        ((PASS, FAIL), False, 1),
        ((PASS,), False, 4),
        ((PASS, MAYBE), True, 3),
        ((PASS, NONE), True, 3),
        ((NONE,), True, 4),
        ((), True, 4),
    ],
)
def test_exit_codes_are_those_of_the_contract(verdicts: tuple[Verdict, ...], valid: bool, code: int) -> None:
    """Failed 1, unfit or nothing measured 4, undecided or missing 3, good 0, in this order."""
    assert judged(*verdicts, valid=valid).exit_code == code


@pytest.mark.parametrize(("meant", "code"), [("fail", 1), ("pass", 0), ("exit 3", 3)])
def test_the_policy_says_what_undecided_means(meant: str, code: int) -> None:
    """INCONCLUSIVE is failed, passed, or exit code 3."""
    assert judged(PASS, MAYBE, policy=Policy(inconclusive=OnInconclusive(meant))).exit_code == code


def test_what_is_not_required_may_be_missing() -> None:
    """A criterion that the spec does not require is no gap, unless the policy names it."""
    assert judged(PASS, NONE, required=False).exit_code == 0
    assert judged(PASS, NONE, required=False, policy=Policy(criteria=("c0", "c1"))).exit_code == 3


def test_a_policy_chooses_criteria() -> None:
    """A failure elsewhere does not close a gate that does not ask for it; one that was never judged is missing."""
    assert judged(PASS, FAIL, policy=Policy(criteria=("c0",))).exit_code == 0
    gate = judged(PASS, policy=Policy(criteria=("c0", "absent")))
    assert gate.exit_code == 3
    assert gate.checks[1].verdict is NONE


def test_a_gate_without_any_measurement_says_so() -> None:
    """Exit code 4, and the first note is why."""
    gate = judged(NONE, NONE)
    assert gate.exit_code == 4
    assert "Nothing was measured" in gate.notes[0]


@pytest.mark.parametrize(("ratio", "verdict"), [(1.1, FAIL), (0.9, PASS), (1.0, PASS), (1.03, MAYBE)])
def test_comparisons_of_a_run_are_judged_by_delta(ratio: float, verdict: Verdict) -> None:
    """The candidate may not be slower than its baseline by more than the policy's delta."""
    policy = Policy(criteria=(), comparisons=("response_time",), delta={"p50": 0.03})
    assert [check.verdict for check in gate_run(measured(ratio), policy, None).checks] == [verdict]


def test_a_comparison_that_the_run_does_not_have_is_missing() -> None:
    """An experiment that was not run, or a metric that had too few requests, is never a pass."""
    policy = Policy(criteria=(), comparisons=("query_time", "response_time"), delta={"p50": 0.03, "p99": 0.1})
    gate = gate_run(measured(1.0), policy, None)
    assert [check.verdict for check in gate.checks] == [NONE, NONE, PASS, NONE]
    assert gate.exit_code == 3


def test_a_delta_below_the_measured_floor_is_raised_to_it() -> None:
    """Where the machine finds 15 % at best, 10 % slower is not told as a regression, and the reader hears why."""
    policy = Policy(criteria=(), comparisons=("response_time",), delta={"p50": 0.03})
    gate = gate_run(measured(1.1), policy, {"p50": 0.15})
    assert gate.checks[0].verdict is PASS
    assert gate.checks[0].delta == 0.15
    assert "3.0% was asked for, but this machine finds 15.0% at least" in gate.notes[0]


def test_a_floor_below_delta_changes_nothing() -> None:
    """A machine that is good enough leaves the policy as it is; what it was calibrated to find is cited."""
    policy = Policy(criteria=(), comparisons=("response_time",), delta={"p50": 0.05})
    gate = gate_run(measured(1.1), policy, {"p50": 0.02})
    assert gate.checks[0].verdict is FAIL
    assert gate.notes == ("p50: judged by 5.0%; this machine was calibrated to find 2.0%.",)


def test_a_machine_that_was_never_calibrated_is_said() -> None:
    """No card, or none for this metric: the delta stands, with the doubt beside it."""
    policy = Policy(criteria=(), comparisons=("response_time",))
    for floors in (None, {"p95": 0.1}):
        assert "not calibrated" in gate_run(measured(1.0), policy, floors).notes[0]


def test_a_metric_of_which_no_change_was_ever_found_passes_nothing() -> None:
    """Calibration found no slowdown it could see: whatever was measured, it is not a pass."""
    policy = Policy(criteria=(), comparisons=("response_time",))
    gate = gate_run(measured(1.0), policy, {"p50": math.inf})
    assert gate.checks[0].verdict is NONE
    assert gate.exit_code == 4


def compared(verdict: str, ratio: float | None = 1.1, **changes: Any) -> Compared:
    """What `perflab compare` might have stored."""
    ci = None if ratio is None else (ratio * 0.99, ratio * 1.01)
    return replace(Compared(ComparisonVerdict(verdict), ratio, ci, "p50", 12, 0.02, 0.03), **changes)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (compared("REGRESSION"), 1),
        (compared("IMPROVEMENT", 0.8), 0),
        (compared("EQUIVALENT", 1.0), 0),
        (compared("INCONCLUSIVE", 1.03), 3),
        (compared("INVALID"), 4),
        (compared("INVALID", None), 4),
    ],
)
def test_a_comparison_s_verdict_is_the_gate_s(found: Compared, code: int) -> None:
    """The five verdicts and their exit codes; criteria count only where a policy names them."""
    assert gate_run(run(), Policy(), None, compared=found).exit_code == code


def test_a_regression_that_was_not_confirmed_stays_undecided() -> None:
    """The interval alone would say regression; the comparison knew more and its word stands."""
    gate = gate_run(run(), Policy(), None, compared=compared("INCONCLUSIVE", 1.1))
    assert gate.exit_code == 3


def test_another_delta_judges_a_comparison_anew() -> None:
    """10 % slower is within the 20 % that the policy allows, and beyond the 3 % that it was made with."""
    found = compared("REGRESSION", 1.1)
    assert gate_run(run(), Policy(delta={"p50": 0.2}), None, compared=found).exit_code == 0
    assert gate_run(run(), Policy(), {"p50": 0.2}, compared=found).exit_code == 0
    assert gate_run(run(), Policy(), None, compared=found).exit_code == 1

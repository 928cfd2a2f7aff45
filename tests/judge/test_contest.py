"""Verdicts on two arms: five of them, a regression only when fresh pairs confirm it, Holm beside."""

from typing import Any

import pytest

from bench import judge
from bench.judge.contest import COMPARISON, CONFIRMATION
from bench.model import ComparisonRecord, ComparisonVerdict, ExperimentRecord, Session, Status
from bench.stats.looks import schedule

FIT = Session(valid=True)
ASKED = {"metric": "p50", "delta": 0.05, "pair_s": 8.0}


def compared(synthetic: Any, ratio: float, fresh: float | None = None, session: Session = FIT, **how: Any) -> Any:
    """A comparison of made-up slots, confirmed by four pairs of ratio `fresh`."""
    facts = {**ASKED, **how.pop("facts", {})}
    pairs = how.setdefault("pairs", 14)
    looks = schedule(pairs)
    experiments: dict[str, ExperimentRecord] = {
        COMPARISON: synthetic.experiment(
            synthetic.slots(ratio, looks=looks, **how), name=COMPARISON, looks=looks, facts=facts
        )
    }
    if fresh is not None:
        slots = synthetic.slots(fresh, pairs=4, seed=99, sd=how.get("sd", 0.03))
        experiments[CONFIRMATION] = synthetic.experiment(slots, name=CONFIRMATION)
    return judge.comparison(experiments, session)


@pytest.mark.parametrize(
    ("ratio", "fresh", "verdict"),
    [
        (0.8, None, ComparisonVerdict.IMPROVEMENT),
        (1.2, 1.2, ComparisonVerdict.REGRESSION),
        (1.0, None, ComparisonVerdict.EQUIVALENT),
        (1.05, None, ComparisonVerdict.INCONCLUSIVE),
    ],
)
def test_each_verdict(synthetic: Any, ratio: float, fresh: float | None, verdict: ComparisonVerdict) -> None:
    """Faster, slower, the same, undecided."""
    assert compared(synthetic, ratio, fresh).verdict is verdict


def test_an_unfit_session_is_invalid_whatever_was_measured(synthetic: Any) -> None:
    """Not even a confirmed regression is said of a machine that was not fit."""
    found = compared(synthetic, 1.5, 1.5, Session(False, ("Steal was 40 %.",)))
    assert found.verdict is ComparisonVerdict.INVALID
    assert "Steal" in found.sentence


def test_a_regression_that_fresh_pairs_do_not_show_is_open(synthetic: Any) -> None:
    """Something slowed the candidate down once: that is no verdict, and the sentence says so."""
    found = compared(synthetic, 1.2, 1.0)
    assert found.verdict is ComparisonVerdict.INCONCLUSIVE
    assert "was not confirmed" in found.sentence
    assert not found.confirmation.confirmed


def test_a_regression_without_fresh_pairs_is_open(synthetic: Any) -> None:
    """A run that was cut off before the confirmation has not confirmed anything."""
    assert compared(synthetic, 1.2).verdict is ComparisonVerdict.INCONCLUSIVE


def test_a_confirmation_cut_short_confirms_nothing(synthetic: Any) -> None:
    """Two pairs of four, however slow, are not what was promised."""
    slots = synthetic.slots(1.5, pairs=2)
    assert judge.confirmed(slots, "p50", 0.05).confirmed is False
    assert judge.confirmed((), "p50", 0.05) is None


def test_an_improvement_needs_no_confirmation(synthetic: Any) -> None:
    """It blocks nobody's change."""
    assert compared(synthetic, 0.8).confirmation is None


def test_what_would_decide_is_a_larger_budget(synthetic: Any) -> None:
    """Only for what is open, and more than this run took."""
    found = compared(synthetic, 1.02, sd=0.08)
    assert found.verdict is ComparisonVerdict.INCONCLUSIVE
    assert found.deciding_budget_s > 14 * ASKED["pair_s"]
    assert compared(synthetic, 0.8).deciding_budget_s is None


def test_the_noise_is_shown_beside_it(synthetic: Any) -> None:
    """The control's ratio to the baseline, in the metric that decides."""
    found: ComparisonRecord = compared(synthetic, 0.8, control=1.01)
    assert found.aa is not None
    assert found.aa.ratio == pytest.approx(1.01, abs=0.02)


def test_other_metrics_are_shown_with_their_family(synthetic: Any) -> None:
    """Every measured metric but the deciding one; their p-values are Holm's, none decides."""
    found: ComparisonRecord = compared(synthetic, 0.8, facts={"metric": "p95"})
    assert found.metric == "p95"
    assert [other.metric for other in found.others] == ["p50", "mean"]
    assert all(other.differs and other.p_value >= 2 * 2 / 2**14 for other in found.others)
    same: ComparisonRecord = compared(synthetic, 1.0)
    assert not any(other.differs for other in same.others)


def test_counts_are_compared_only_where_both_arms_give_them_again(synthetic: Any) -> None:
    """A count that differs from pass to pass is said not to be exact."""
    counters = {
        "baseline": {"GET /": [{"queries": 3.0, "bytes": 10.0}, {"queries": 3.0, "bytes": 11.0}]},
        "candidate": {"GET /": [{"queries": 4.0, "bytes": 10.0}, {"queries": 4.0, "bytes": 10.0}]},
    }
    counted = compared(synthetic, 1.0, facts={"counters": counters}).counters["GET /"]
    assert (counted["queries"].baseline, counted["queries"].candidate, counted["queries"].exact) == (3.0, 4.0, True)
    assert not counted["bytes"].exact


def test_a_metric_that_was_not_measured_has_no_verdict(synthetic: Any) -> None:
    """Nothing is nothing, not a pass; the exit code says the same."""
    assert compared(synthetic, 1.5, 1.5, facts={"metric": "p99"}) is None
    assert judge.comparison_exit_code(None) == 4


@pytest.mark.parametrize("cut", [COMPARISON, CONFIRMATION])
def test_what_was_cut_off_has_no_verdict(synthetic: Any, cut: str) -> None:
    """An arm that stopped half-way was not compared, however clear the first half was."""
    slots = synthetic.slots(1.5, pairs=14)
    experiments = {name: synthetic.experiment(slots, name=name, facts=ASKED) for name in (COMPARISON, CONFIRMATION)}
    assert judge.comparison(experiments, FIT) is not None
    experiments[cut] = synthetic.experiment(slots, name=cut, facts=ASKED, status=Status.PARTIAL)
    assert judge.comparison(experiments, FIT) is None


def test_a_look_stops_at_what_is_decided_alone(synthetic: Any) -> None:
    """What straddles goes on until the budget ends; so does what has too few pairs."""
    decided = [
        judge.look(judge.effects(synthetic.slots(ratio, pairs=8), looks=()), "p50", 0.05) for ratio in (0.7, 1.05)
    ]
    assert decided == [ComparisonVerdict.IMPROVEMENT, None]
    assert judge.look((), "p50", 0.05) is None


@pytest.mark.parametrize(
    ("verdict", "code"),
    list(zip(ComparisonVerdict, (0, 1, 0, 3, 4), strict=True)),
)
def test_each_verdict_has_its_exit_code(verdict: ComparisonVerdict, code: int) -> None:
    """0 for better or equal, 1 slower, 3 open, 4 unfit."""
    assert judge.comparison_exit_code(verdict) == code

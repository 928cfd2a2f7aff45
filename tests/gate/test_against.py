"""Two runs of one machine: the ratio of their ratios, with an interval that knows of restarts."""

from dataclasses import replace

import numpy as np
import pytest

from bench.judge import gate_run
from bench.judge.against import ratio_of_ratios, refusal
from bench.model import Effect, Environment, Policy, RunRecord, Verdict
from tests.gate.conftest import measured


def found(new: RunRecord, old: RunRecord, *, family: int = 1) -> Effect:
    """The effect, which must be there."""
    effect = ratio_of_ratios(new, old, "response_time", "p50", family=family)
    assert isinstance(effect, Effect)
    return effect


def test_the_candidate_that_lost_ground_is_found() -> None:
    """0.5 before and 0.6 now is 20 % lost: the estimate is there, the whole interval above 1."""
    effect = found(measured(0.6, run_id="new"), measured(0.5, run_id="old", seed=5))
    assert effect.ratio == pytest.approx(1.2, abs=0.02)
    assert effect.ci[0] > 1.1


def test_swapping_the_runs_turns_the_ratio_round() -> None:
    """The law of any ratio."""
    one, other = measured(0.6), measured(0.5, seed=5)
    there, back = found(one, other), found(other, one)
    assert there.ratio == pytest.approx(1 / back.ratio)
    assert there.ci == pytest.approx((1 / back.ci[1], 1 / back.ci[0]))


def test_what_a_restart_changes_widens_the_interval() -> None:
    """Two runs whose A/A controls are 3 % off cannot tell 8 %, whatever their own pairs say."""
    steady = found(measured(1.08), measured(1.0, seed=5))
    shaky = found(measured(1.08, control=1.03), measured(1.0, control=0.97, seed=5))
    assert steady.ci[0] > 1.03
    assert shaky.ci[0] < 1 < shaky.ci[1]


def test_judging_several_together_widens_too() -> None:
    """Whoever looks at five effects looks five times."""
    one, five = (found(measured(1.1), measured(1.0, seed=5), family=family) for family in (1, 5))
    assert five.ci[0] < one.ci[0]
    assert five.adjusted == "Bonferroni over 5"


def test_the_interval_holds_what_it_promises() -> None:
    """Runs of the same thing whose processes differ by 1 % from start to start: at most 5 % of intervals miss."""
    rng = np.random.default_rng(3)
    missed = 0
    for _ in range(200):
        runs = []
        for _ in range(2):
            baseline, candidate, control = rng.normal(0, 0.01, 3)
            runs.append(_drawn(rng, candidate - baseline, control - baseline))
        low, high = found(*runs).ci
        missed += not low <= 1 <= high
    assert missed <= 18  # 5 % of 200 is 10; 18 is what chance exceeds once in a hundred


def _drawn(rng: np.random.Generator, main: float, control: float) -> RunRecord:
    run = measured(1.0)
    experiment = run.experiments["response_time"]
    effects = []
    for effect, shift in zip(experiment.effects, (main, control), strict=True):
        pairs = np.exp(shift + rng.normal(0, 0.02, 12))
        effects.append(replace(effect, ratio=float(np.median(pairs)), pairs=tuple(pairs)))
    return replace(run, experiments={"response_time": replace(experiment, effects=tuple(effects))})


def test_another_machine_is_refused() -> None:
    """No stored baseline from another machine, however alike the figures are."""
    elsewhere = Environment("other", "os", "k", "x86_64", "cpu", 2, 1, None, None, "3.11.7", None, None)
    said = refusal(measured(1.0, run_id="new"), measured(1.0, run_id="old", environment=elsewhere))
    assert "no stored baseline from another machine" in said
    assert "perflab compare" in said


def test_the_same_machine_with_another_kernel_or_python_is_the_same() -> None:
    """Software may be renewed; hardware and host make the machine."""
    environment = replace(measured(1.0).environment, kernel="newer", python="3.13.0", os="newer")
    assert refusal(measured(1.0), measured(1.0, environment=environment)) == ""


def test_runs_of_two_specs_are_refused() -> None:
    """They ask different questions."""
    assert "different questions" in refusal(measured(1.0), measured(1.0, spec="noise"))


def test_what_cannot_be_said_is_given_with_its_reason() -> None:
    """Without a control nothing tells what a restart changes; another baseline is another ratio."""
    run = measured(1.0, run_id="new")
    experiment = run.experiments["response_time"]
    no_control = replace(run, experiments={"response_time": replace(experiment, effects=experiment.effects[:1])})
    arms = tuple(replace(arm, config_hash="another") for arm in experiment.arms)
    other = replace(run, experiments={"response_time": replace(experiment, arms=arms)})
    no_pairs = replace(
        run, experiments={"response_time": replace(experiment, effects=(replace(experiment.effects[0], pairs=()),))}
    )
    for changed, said in (
        (no_control, "no A/A control"),
        (other, "configured differently"),
        (no_pairs, "no effect of p50"),
        (replace(run, experiments={}), "was not run"),
    ):
        answer = ratio_of_ratios(run, changed, "response_time", "p50", family=1)
        assert isinstance(answer, str)
        assert said in answer


def test_a_gate_against_an_older_run_closes_on_lost_ground() -> None:
    """All criteria pass, and the gate fails: that is what --against is for."""
    old = measured(0.5, run_id="old", seed=5)
    assert gate_run(measured(0.5, run_id="new"), Policy(), None, old=old).exit_code in {0, 3}
    gate = gate_run(measured(0.7, run_id="new"), Policy(), None, old=old)
    assert gate.exit_code == 1
    assert [check.verdict for check in gate.checks] == [Verdict.PASS, Verdict.FAIL]


def test_an_unfit_older_run_makes_the_gate_unfit() -> None:
    """A baseline from a session that was not fit is no baseline."""
    old = measured(0.5, run_id="old", seed=5)
    old = replace(old, session=replace(old.session, valid=False, reasons=("the neighbours were loud.",)))
    gate = gate_run(measured(0.5, run_id="new"), Policy(), None, old=old)
    assert gate.exit_code == 4
    assert gate.session.reasons == ("old: the neighbours were loud.",)

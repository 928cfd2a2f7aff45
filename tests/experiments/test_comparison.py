"""One comparison on arms that run already, with a scripted load: looks, confirmation, what is kept."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bench import judge
from bench.arrivals import round_s
from bench.environment import OwnProcesses
from bench.errors import BudgetTooSmall, SubjectError, UsageError
from bench.experiments.comparison import Ring, compare_started
from bench.experiments.comparison_plan import (
    DISCARD_S,
    TURN_LATENCIES,
    TURN_S,
    Question,
    Slots,
    check_slot,
    fitting,
    of_length,
    pair_s,
    plan,
    slot_s,
    slots,
)
from bench.judge.contest import COMPARISON, CONFIRMATION, CONFIRMING_PAIRS
from bench.load import Target
from bench.load.scripted import ScriptedLoad
from bench.model import ArmRecord, ComparisonVerdict, ExperimentRecord, Role, Session, Status
from bench.runner import Silent

FIT = Session(valid=True)
SLOT_S = 1.0
AFTER_ANOTHER = Slots(SLOT_S, 0.0)


@dataclass
class Still:
    """Arms that stay what they are, unless they are told to stop after so many pairs."""

    stop_after: int | None = None
    renewed: int = 0
    targets: dict[Role, Target] = field(
        default_factory=lambda: {role: Target(str(role), f"http://{role}") for role in Role}
    )

    async def renew(self) -> None:
        """Count the pairs."""
        self.renewed += 1
        if self.stop_after is not None and self.renewed > self.stop_after:
            raise SubjectError("The candidate ended while it was measured")

    async def check(self) -> None:
        """All is well."""

    def records(self) -> tuple[ArmRecord, ...]:
        """Twins and a candidate."""
        return tuple(
            ArmRecord(role, str(role), "", {}, "c" if role is Role.CANDIDATE else "b") for role in self.targets
        )


@dataclass
class Played:
    """A comparison that was played, and what was kept on the way."""

    kept: list[Mapping[str, ExperimentRecord]] = field(default_factory=list)
    arms: Still = field(default_factory=Still)
    experiments: Mapping[str, ExperimentRecord] = field(default_factory=dict)

    @property
    def verdict(self) -> ComparisonVerdict:
        """Of the whole."""
        found = judge.comparison(self.experiments, FIT)
        assert found is not None
        return found.verdict

    def pairs(self, name: str = COMPARISON) -> int:
        """How many were measured."""
        return len(self.experiments[name].slots) // len(Role)


async def play(
    folder: Path,
    ratio: float,
    *,
    fresh: float | None = None,
    sd: float = 0.02,
    budget_s: float = 100.0,
    played: Played | None = None,
    failing: float = 0.0,
    chosen: Slots = AFTER_ANOTHER,
    **asked: Any,
) -> Played:
    """Compare with latencies of that ratio, of `fresh` in the confirmation; slots scatter by `sd`.

    `failing` is the share of the candidate's requests that are answered with errors.
    """
    (folder / "samples").mkdir(exist_ok=True)
    played = played or Played()
    question = Question(budget_s=budget_s, seed=3, **asked)

    def load(name: str) -> ScriptedLoad:
        own = ratio if name == COMPARISON or fresh is None else fresh
        weather = [1.0]

        def latency(role: Role, rng: Random, i: int) -> float:
            if i == 0:
                weather[0] = rng.gauss(1, sd)
            return 0.02 * weather[0] * rng.uniform(0.95, 1.05) * (own if role is Role.CANDIDATE else 1.0)

        def error(role: Role, rng: Random, _: int) -> str:
            return "refused" if role is Role.CANDIDATE and rng.random() < failing else ""

        return ScriptedLoad(folder / "samples", latency, rate=100.0, prefix=name, error=error)

    ring = Ring(
        arms=played.arms,
        load=load,
        rate=100.0,
        root=folder,
        own=OwnProcesses(),
        progress=Silent(),
        keep=played.kept.append,
    )
    played.experiments = await compare_started(question, plan(question, chosen, renewal_s=0.0), ring)
    return played


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(0.8, ComparisonVerdict.IMPROVEMENT), (1.25, ComparisonVerdict.REGRESSION), (1.0, ComparisonVerdict.EQUIVALENT)],
)
async def test_what_is_clear_stops_at_the_first_look(tmp_path: Path, ratio: float, verdict: ComparisonVerdict) -> None:
    """Ten of the 22 pairs that the budget holds suffice, whichever of the three it is."""
    played = await play(tmp_path, ratio)
    assert played.verdict is verdict
    looks = played.experiments[COMPARISON].looks
    assert played.pairs() == looks[0].pairs < looks[-1].pairs


async def test_what_stays_open_takes_the_whole_budget(tmp_path: Path) -> None:
    """At the edge of what matters no look decides; the answer names a budget above this one."""
    played = await play(tmp_path, 1.05)
    assert played.pairs() == played.experiments[COMPARISON].looks[-1].pairs
    assert played.verdict is ComparisonVerdict.INCONCLUSIVE
    assert CONFIRMATION not in played.experiments


async def test_a_regression_is_measured_again(tmp_path: Path) -> None:
    """Fresh pairs with other requests, after arms were started again for each; nothing else is."""
    played = await play(tmp_path, 1.25)
    assert played.pairs(CONFIRMATION) == CONFIRMING_PAIRS
    first, second = ({slot.slot.seed for slot in played.experiments[name].slots} for name in (COMPARISON, CONFIRMATION))
    assert not first & second
    assert played.arms.renewed == played.pairs() + CONFIRMING_PAIRS
    assert CONFIRMATION not in (await play(tmp_path, 0.8)).experiments


async def test_a_passing_disturbance_is_no_regression(tmp_path: Path) -> None:
    """What fresh pairs do not show was the machine's."""
    played = await play(tmp_path, 1.25, fresh=1.0)
    assert played.verdict is ComparisonVerdict.INCONCLUSIVE


async def test_a_slowdown_below_what_matters_is_none(tmp_path: Path) -> None:
    """2 % slower is equivalent where 10 % matter."""
    assert (await play(tmp_path, 1.02, delta=0.1)).verdict is ComparisonVerdict.EQUIVALENT


async def test_an_arm_that_stops_leaves_what_was_measured_and_no_verdict(tmp_path: Path) -> None:
    """The blocks until then are kept as partial; the error goes on to the user."""
    played = Played(arms=Still(stop_after=5))
    with pytest.raises(SubjectError, match="ended while it was measured"):
        await play(tmp_path, 1.25, played=played)
    left = played.kept[-1]
    assert len(left[COMPARISON].slots) == 4 * len(Role)
    assert left[COMPARISON].status is Status.PARTIAL
    assert judge.comparison(left, FIT) is None


@pytest.mark.parametrize("turn_s", [0.0, 0.1])
def test_the_budget_holds_everything(turn_s: float) -> None:
    """The pairs to the last look, and those that confirm, take no longer than was allowed."""
    question = Question(budget_s=150)
    chosen = Slots(2.0, turn_s)
    laid_out = plan(question, chosen, renewal_s=1.0)
    pairs = laid_out.looks[-1].pairs + CONFIRMING_PAIRS
    assert pairs * pair_s(chosen, 1.0) <= 150 < (pairs + 2) * pair_s(chosen, 1.0)


def test_too_few_pairs_are_told_with_what_would_do() -> None:
    """The named budget is enough, one second less is not."""
    with pytest.raises(BudgetTooSmall, match="too few pairs.*take --budget") as caught:
        plan(Question(budget_s=20), Slots(2.0, 0.0), renewal_s=0.5)
    needed_s = caught.value.needed_s
    assert plan(Question(budget_s=needed_s), Slots(2.0, 0.0), renewal_s=0.5).looks[-1].pairs == 6
    with pytest.raises(BudgetTooSmall):
        plan(Question(budget_s=needed_s - 1), Slots(2.0, 0.0), renewal_s=0.5)


def test_a_slot_is_as_long_as_the_metric_needs() -> None:
    """Few requests per second, or a quantile far out, take longer slots."""
    assert slot_s("p50", 500) == 2.0
    assert slot_s("p50", 10) > 4.5
    assert slot_s("p95", 100) > slot_s("p50", 100)


def test_quick_arms_take_turns_and_slow_ones_do_not() -> None:
    """A turn is never so short that answers reach into the next one, and a slot has four at least."""
    assert slots(2.0, 0.001) == Slots(pytest.approx(2.04), TURN_S)
    assert slots(2.0, 0.02) == Slots(pytest.approx(2.0), pytest.approx(TURN_LATENCIES * 0.02))
    assert slots(2.0, 0.03) == Slots(2.0, 0.0)
    assert slots(2.0, math.inf) == Slots(2.0, 0.0)
    assert slots(2.0, 0.001, in_turns=False) == Slots(2.0, 0.0)


@pytest.mark.parametrize("latency_s", [0.001, 0.1])
def test_slots_are_shortened_to_what_a_small_budget_holds(latency_s: float) -> None:
    """Six pairs and four that confirm fit in, where shorter slots hold enough requests; never longer than usual."""
    usual = slots(slot_s("p50", 400), latency_s)
    roomy = fitting(Question(budget_s=300), 400, latency_s, renewal_s=2.5)
    tight = fitting(Question(budget_s=60), 400, latency_s, renewal_s=2.5)
    assert roomy == usual
    assert tight.slot_s < usual.slot_s
    assert plan(Question(budget_s=60), tight, renewal_s=2.5).looks[-1].pairs == 6
    check_slot("p50", 400, tight)


@pytest.mark.parametrize(("latency_s", "slot_s"), [(0.001, 1.02), (0.012, 0.96), (0.02, 1.0)])
def test_a_length_that_somebody_chose_is_kept_within_their_budget(latency_s: float, slot_s: float) -> None:
    """Turns are whole: a turn more where ten pairs of that still fit in, else one less, and never too few pairs."""
    question = Question(budget_s=40)
    chosen = of_length(question, 1.0, latency_s, renewal_s=0.0, in_turns=True)
    assert chosen.slot_s == pytest.approx(slot_s)
    assert plan(question, chosen, renewal_s=0.0).looks[-1].pairs >= 6
    roomy = of_length(Question(budget_s=400), 1.0, latency_s, renewal_s=0.0, in_turns=True)
    assert roomy == slots(1.0, latency_s)


def test_slots_are_never_shortened_below_what_the_metric_needs() -> None:
    """Then the budget is too small, and says what would do."""
    chosen = fitting(Question(budget_s=60), 20, 0.001, renewal_s=2.5)
    check_slot("p50", 20, chosen)
    with pytest.raises(BudgetTooSmall):
        plan(Question(budget_s=60), chosen, renewal_s=2.5)


def test_whole_rounds_are_discarded_and_judged() -> None:
    """Else one arm would be judged by requests that another was not."""
    chosen = slots(2.0, 0.001)
    each_s = round_s(len(Role), chosen.turn_s)
    assert chosen.discard_s >= DISCARD_S
    assert chosen.discard_s / each_s == pytest.approx(round(chosen.discard_s / each_s))
    assert chosen.judged_s / chosen.turn_s == pytest.approx(round(chosen.judged_s / chosen.turn_s))
    assert chosen.triple_s / each_s == pytest.approx(round(chosen.triple_s / each_s))


async def test_arms_in_turns_are_judged_alike(tmp_path: Path) -> None:
    """And confirmed in turns of the same length."""
    chosen = Slots(SLOT_S, SLOT_S / 10)
    played = await play(tmp_path, 1.25, chosen=chosen)
    assert played.verdict is ComparisonVerdict.REGRESSION
    records = [slot for each in played.experiments.values() for slot in each.slots]
    assert {record.slot.turn_s for record in records} == {chosen.turn_s}
    assert CONFIRMATION in played.experiments


async def test_an_arm_that_begins_to_fail_ends_the_comparison(tmp_path: Path) -> None:
    """Told after the block in which most requests failed, not when the budget is gone; a few failures go on."""
    played = Played()
    with pytest.raises(SubjectError, match=r"The candidate began to answer errors: \d+ of the last \d+ requests"):
        await play(tmp_path, 1.0, played=played, failing=0.9)
    assert len(played.kept[-1][COMPARISON].slots) == 2 * len(Role)
    assert (await play(tmp_path, 1.0, failing=0.1)).pairs() > 2


@pytest.mark.parametrize("turn_s", [0.0, 0.1])
@pytest.mark.parametrize(("slot", "metric"), [(1.0, "p50"), (2.0, "p95")])
def test_slots_too_short_for_the_metric_are_refused(slot: float, metric: str, turn_s: float) -> None:
    """Before the budget is spent on them; with more requests per second they do."""
    with pytest.raises(UsageError, match=f"and the {metric} needs"):
        check_slot(metric, 30, Slots(slot, turn_s))
    check_slot(metric, 600, Slots(slot, turn_s))
    check_slot(metric, 30, Slots(slot_s(metric, 30), turn_s))


async def test_what_was_complete_is_said_to_be(tmp_path: Path) -> None:
    """Every block is kept as partial, and the end as complete."""
    played = await play(tmp_path, 0.8)
    statuses = [kept[COMPARISON].status for kept in played.kept]
    assert set(statuses[:-1]) == {Status.PARTIAL}
    assert statuses[-1] is Status.COMPLETE

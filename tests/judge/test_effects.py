"""From slots to effects: laws over whole sessions."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import judge
from bench.model import Effect, Look, Role, SlotRecord
from bench.stats import looks as schedules

SWAP = {Role.BASELINE: Role.CANDIDATE, Role.CANDIDATE: Role.BASELINE, Role.CONTROL: Role.CONTROL}
RATIOS = st.floats(0.2, 5)
SEEDS = st.integers(0, 10_000)


def main(effects: tuple[Effect, ...], metric: str = "p50") -> Effect:
    """The main effect of a metric over all requests."""
    return next(e for e in effects if (e.metric, e.scope, e.comparison) == (metric, "all", "candidate/baseline"))


def numbers(effect: Effect) -> tuple[float, ...]:
    """What a law compares."""
    return effect.ratio, *effect.ci, *(() if effect.mde is None else (effect.mde,))


@given(RATIOS, SEEDS)
@settings(max_examples=25)
def test_swapping_the_arms_mirrors_ratio_and_interval(synthetic, ratio, seed):
    """Candidate and baseline exchanged give the inverse ratio with the interval turned round."""
    slots = synthetic.slots(ratio, seed=seed)
    swapped = tuple(replace(s, slot=replace(s.slot, role=SWAP[s.slot.role])) for s in slots)
    there, back = main(judge.effects(slots, looks=())), main(judge.effects(swapped, looks=()))
    assert numbers(back) == pytest.approx((1 / there.ratio, 1 / there.ci[1], 1 / there.ci[0], there.mde))


@given(SEEDS)
@settings(max_examples=15)
def test_the_order_of_slots_and_blocks_changes_nothing(synthetic, seed):
    """Slots handed over in any order, blocks in any order, give the same numbers."""
    slots = list(synthetic.slots(seed=seed))
    expected = [numbers(effect) for effect in judge.effects(slots, looks=())]
    random.Random(seed).shuffle(slots)
    for effect, other in zip(judge.effects(slots, looks=()), expected, strict=True):
        assert numbers(effect) == pytest.approx(other)
    count = len(slots) // 3
    turned = [replace(s, slot=replace(s.slot, triple=count - 1 - s.slot.triple)) for s in slots]
    for effect, other in zip(judge.effects(turned, looks=()), expected, strict=True):
        assert numbers(effect) == pytest.approx(other)


@given(st.floats(1e-6, 1e6), SEEDS)
@settings(max_examples=15)
def test_the_unit_of_time_changes_no_ratio(synthetic, scale, seed):
    """Milliseconds instead of seconds scale the typical values and nothing else."""
    slots = synthetic.slots(seed=seed)
    scaled = [replace(s, metrics={name: value * scale for name, value in s.metrics.items()}) for s in slots]
    once, again = main(judge.effects(slots, looks=())), main(judge.effects(scaled, looks=()))
    assert numbers(again) == pytest.approx(numbers(once))
    assert again.numerator == pytest.approx(once.numerator * scale)


def test_without_scatter_the_ratio_comes_out_exactly(synthetic):
    """Slots that do not scatter give the true ratio, an interval of no width and an MDE of nothing."""
    effect = main(judge.effects(synthetic.slots(0.7, sd=0.0), looks=()))
    assert numbers(effect) == pytest.approx((0.7, 0.7, 0.7, 0.0))
    assert (effect.numerator, effect.denominator) == pytest.approx((0.007, 0.010))
    assert effect.pairs == pytest.approx((0.7,) * 8)


def test_metrics_stand_in_order_and_for_both_comparisons(synthetic):
    """The main p50 comes first; the control has the same metrics over all requests."""
    effects = judge.effects(synthetic.slots(), looks=())
    assert [(e.comparison, e.metric) for e in effects] == [
        (comparison, metric)
        for comparison in ("candidate/baseline", "control/baseline")
        for metric in ("p50", "p95", "mean")
    ]


def test_a_metric_that_one_slot_does_not_support_is_left_out(synthetic):
    """One slot without a p95 takes the p95 from the whole experiment, and nothing else."""
    slots = list(synthetic.slots())
    slots[4] = replace(slots[4], metrics={name: v for name, v in slots[4].metrics.items() if name != "p95"})
    assert {
        effect.metric for effect in judge.effects(slots, looks=()) if effect.comparison == "candidate/baseline"
    } == {
        "p50",
        "mean",
    }


@pytest.mark.parametrize("bad", [0.0, math.nan, math.inf])
def test_a_value_that_no_request_can_have_supports_nothing(synthetic, bad):
    """Zero, NaN and infinity are no latencies: the metric is left out instead of poisoning the interval."""
    slots = list(synthetic.slots())
    index = next(i for i, record in enumerate(slots) if record.slot.role is Role.CANDIDATE)
    slots[index] = replace(slots[index], metrics={**slots[index].metrics, "p50": bad})
    found = {(effect.comparison, effect.metric) for effect in judge.effects(slots, looks=())}
    assert ("candidate/baseline", "p50") not in found
    assert {("candidate/baseline", "mean"), ("control/baseline", "p50")} <= found


def test_a_triple_that_was_cut_off_is_ignored(synthetic):
    """A partial run gives the effects of its complete triples."""
    slots = synthetic.slots(pairs=10)
    assert judge.effects(slots[:26], looks=()) == judge.effects(slots[:24], looks=())
    assert main(judge.effects(slots[:26], looks=())).n_pairs == 8


def test_too_few_pairs_give_no_effect(synthetic):
    """Five pairs at 0.05, or six at the level of three looks, say nothing at all."""
    slots = synthetic.slots(pairs=10)
    assert judge.effects(slots[:15], looks=()) == ()
    assert judge.effects(slots[:18], looks=schedules.schedule(20)) == ()
    assert judge.effects((), looks=()) == ()


def test_two_arms_alone_can_be_compared(synthetic):
    """An experiment without a control arm has its main effects."""
    slots = [slot for slot in synthetic.slots() if slot.slot.role is not Role.CONTROL]
    assert {effect.comparison for effect in judge.effects(slots, looks=())} == {"candidate/baseline"}


def test_early_looks_widen_the_interval(synthetic):
    """Under three looks the same slots give a wider interval, and the same 95 % for the whole procedure."""
    slots = synthetic.slots(pairs=8)
    single, early = main(judge.effects(slots, looks=())), main(judge.effects(slots, looks=schedules.schedule(20)))
    assert early.ci[0] < single.ci[0] < single.ci[1] < early.ci[1]
    assert early.confidence == single.confidence == 0.95


def test_request_names_share_their_error(synthetic):
    """Per name the interval is wider than over all requests of the same numbers, and says why."""
    effects = judge.effects(synthetic.slots(pairs=12, names=("GET /a", "GET /b", "GET /c")), looks=())
    named = [effect for effect in effects if effect.scope != "all" and effect.metric == "p50"]
    assert [effect.scope for effect in named] == ["GET /a", "GET /b", "GET /c"]
    assert {effect.adjusted for effect in named} == {"Bonferroni over 3"}
    overall = main(effects)
    assert named[0].ci[0] < overall.ci[0]
    assert overall.ci[1] < named[0].ci[1]
    assert overall.adjusted == ""


def test_a_single_name_is_not_told_twice(synthetic):
    """Where all requests have one name, `all` says it."""
    assert {effect.scope for effect in judge.effects(synthetic.slots(names=("GET /a",)), looks=())} == {"all"}


def latencies(stretch: float):
    """Latencies of a slot: log-normal, the candidate's slow half stretched."""

    def read(record: SlotRecord) -> np.ndarray:
        drawn = np.exp(np.random.default_rng(record.slot.index).normal(0, 0.5, 400))
        candidate = record.slot.role is Role.CANDIDATE
        return 0.01 * np.where(candidate & (drawn > 1), drawn**stretch, drawn)

    return read


def test_the_spread_is_compared_on_pooled_observations(synthetic):
    """A longer tail of the candidate shows in the main comparison and not in the control's."""
    effects = judge.spread_effects(synthetic.slots(), latencies(2.0), looks=())
    spread = {effect.comparison: effect for effect in effects}
    assert spread["candidate/baseline"].ci[0] > 1
    assert spread["control/baseline"].ci[0] < 1 < spread["control/baseline"].ci[1]
    assert {(effect.metric, effect.scope, effect.pairs) for effect in effects} == {("spread", "all", ())}


def test_the_spread_needs_pairs_and_observations(synthetic):
    """Too few pairs, or too few requests for a p99, give no spread effect."""
    assert judge.spread_effects(synthetic.slots()[:15], latencies(1.0), looks=()) == ()
    assert judge.spread_effects(synthetic.slots(), lambda record: latencies(1.0)(record)[:200], looks=()) == ()


@pytest.mark.parametrize("look", [Look(8, 0.0221), Look(8, 0.001)])
def test_a_look_that_cannot_be_reached_gives_nothing_rather_than_a_narrower_interval(synthetic, look):
    """At level 0.001 eight pairs have no interval; at 0.0221 they have."""
    assert bool(judge.effects(synthetic.slots(pairs=8), looks=(look,))) == (look.alpha == 0.0221)

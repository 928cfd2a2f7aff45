"""What is read from simulated ablations, held against the truth that made them."""

import math

import pytest

from bench.ablation import Layout, layout, read
from bench.ablation.layout import NOTHING
from bench.ablation.reading import holds_no_change
from tests.ablation.simulated import Truth, additive, facts

KNOBS = ("api", "pool", "reset", "indexes", "fulltext", "cache")
EFFECTS = {"api": -0.3, "pool": -0.05, "reset": 0.0, "indexes": -1.0, "fulltext": -0.6, "cache": 0.1}
PAIR = frozenset({"indexes", "fulltext"})
PAIRED = additive(EFFECTS, {PAIR: 0.5})
RUNS = 150


def laid_out(budget_s: float = 138, seed: int = 3) -> Layout:
    """46 arms in three blocks where nothing else is asked for: 30 take 90 s, 16 take 48 s, 9 take 18 s."""
    return layout(KNOBS, seed=seed, budget_s=budget_s, slot_s=1, overhead_s=0)


def test_without_noise_everything_is_exact() -> None:
    """Alone, last, bar, total and the pair's factor are what was put in; the remainder is nothing."""
    reading = read(facts(laid_out(), PAIRED))
    assert reading is not None
    by_knob = {each.knob: each for each in reading.knobs}
    for knob, effect in EFFECTS.items():
        with_others = effect + (0.5 if knob in PAIR else 0)
        assert math.log(by_knob[knob].alone.estimate) == pytest.approx(effect)
        assert math.log(by_knob[knob].last.estimate) == pytest.approx(with_others)
        assert math.log(by_knob[knob].bar.estimate) == pytest.approx((effect + with_others) / 2)
        assert by_knob[knob].halfway.estimate == pytest.approx(by_knob[knob].bar.estimate)
        assert math.log(by_knob[knob].context.estimate) == pytest.approx(with_others - effect, abs=1e-9)
    assert math.log(reading.total.estimate) == pytest.approx(sum(EFFECTS.values()) + 0.5)
    assert reading.remainder.estimate == pytest.approx(1)
    assert reading.noise.bar.estimate == pytest.approx(1)


def test_three_that_only_work_together_are_the_remainder() -> None:
    """No bar can hold them: alone they do nothing, and each takes everything away with it."""
    trio = frozenset({"api", "pool", "cache"})
    for budget_s, bar in ((48, -0.45), (138, -0.225)):  # half of it last; a quarter over all states of the others
        reading = read(facts(laid_out(budget_s), additive(dict.fromkeys(KNOBS, 0.0), {trio: -0.9})))
        assert reading is not None
        assert math.log(reading.remainder.estimate) == pytest.approx(-0.9 - 3 * bar)


def test_a_strong_interaction_is_found_and_named() -> None:
    """Through noise of 10 % a slot: the pair comes first, its interval holds the truth and not 1, and no other does."""
    reading = read(facts(laid_out(), PAIRED, noise=0.1, drift=0.3))
    assert reading is not None
    first, *others = reading.interactions
    assert first.pairs == (("indexes", "fulltext"),)
    assert first.factor.low <= math.exp(0.5) <= first.factor.high
    assert not holds_no_change(first.factor)
    assert all(holds_no_change(other.factor) for other in others)


def test_pairs_that_share_a_column_are_named_together() -> None:
    """At resolution IV the factor is that of all of them, and all are said."""
    reading = read(facts(laid_out(90), PAIRED))
    assert reading is not None
    assert reading.resolution == 4
    first = reading.interactions[0]
    assert first.pairs[0] == ("indexes", "fulltext")  # the likeliest: both are strong alone
    assert len(first.pairs) > 1
    assert math.log(first.factor.estimate) == pytest.approx(0.5)


@pytest.mark.parametrize("budget_s", [18, 48, 90, 138])
@pytest.mark.parametrize("truth", [PAIRED, additive(EFFECTS)])
def test_intervals_hold_the_truth_as_often_as_they_say(budget_s: float, truth: Truth) -> None:
    """All bars, all last effects and all interactions at once in 95 % of runs, with weather, drift and noise."""
    exact = read(facts(laid_out(budget_s), truth))
    assert exact is not None
    held = {"bar": 0, "last": 0, "interactions": 0, "total": 0, "remainder": 0}
    for run in range(RUNS):
        found = read(facts(laid_out(budget_s, seed=run), truth, noise=0.1, drift=0.2, seed=run))
        assert found is not None
        true = {each.knob: each for each in exact.knobs}
        for kind in ("bar", "last"):
            held[kind] += all(
                getattr(each, kind).low <= getattr(true[each.knob], kind).estimate <= getattr(each, kind).high
                for each in found.knobs
            )
        factors = {frozenset(each.pairs): each.factor.estimate for each in exact.interactions}
        held["interactions"] += all(
            each.factor.low <= factors[frozenset(each.pairs)] <= each.factor.high for each in found.interactions
        )
        for kind in ("total", "remainder"):
            interval = getattr(found, kind)
            held[kind] += interval.low <= getattr(exact, kind).estimate <= interval.high
    # Bonferroni may only hold more; three standard errors of a share of 150 less.
    assert all(count / RUNS >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / RUNS) for count in held.values()), held


def test_a_knob_that_does_nothing_is_not_called_a_change() -> None:
    """The negative: `reset` and the pseudo knob hold 1, what is strong does not."""
    missed = 0
    for run in range(RUNS):
        found = read(facts(laid_out(48, seed=run), additive(EFFECTS), noise=0.1, seed=run))
        assert found is not None
        by_knob = {each.knob: each for each in found.knobs}
        missed += not (holds_no_change(by_knob["reset"].bar) and holds_no_change(found.noise.bar))
        assert not holds_no_change(by_knob["indexes"].bar)
    assert missed / RUNS < 0.08
    assert found.noise.knob == NOTHING


def test_leaving_one_out_alone_gives_bars_of_that() -> None:
    """A small budget has no arms with one knob alone: the bar is what the absence costs, and that is told by None."""
    reading = read(facts(laid_out(18), additive(EFFECTS)))
    assert reading is not None
    assert all(each.alone is None and each.halfway is None and each.bar == each.last for each in reading.knobs)
    assert reading.interactions == ()


@pytest.mark.parametrize("kept", [0, 1, 16, 31])
def test_fewer_than_two_whole_blocks_say_nothing(kept: int) -> None:
    """A block that was cut off does not count; with two whole ones there is a reading."""
    measured = facts(laid_out(48), additive(EFFECTS))
    assert read({**measured, "slots": measured["slots"][:kept]}) is None
    assert read({**measured, "slots": measured["slots"][:33]}) is not None
    assert read({}) is None


def test_an_arm_without_one_good_answer_takes_its_block_with_it() -> None:
    """Its log would be made up."""
    measured = facts(laid_out(48), additive(EFFECTS))
    del measured["slots"][3]["mean"]
    reading = read(measured)
    assert reading is not None
    assert reading.blocks == 2


def test_one_process_with_bad_luck_counts_half() -> None:
    """Everything on is measured by two processes: one that is 20 % slower moves what each knob brings last by half."""
    measured = facts(laid_out(48), additive(EFFECTS))
    for slot in measured["slots"]:
        if slot["arm"] == "all":
            slot["mean"] *= math.exp(0.2)
    reading = read(measured)
    assert reading is not None
    by_knob = {each.knob: each for each in reading.knobs}
    assert math.log(by_knob["api"].last.estimate) == pytest.approx(EFFECTS["api"] + 0.1)
    assert math.log(reading.noise.last.estimate) == pytest.approx(-0.2)

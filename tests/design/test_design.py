"""Plans: balance, neighbours, randomisation, budgets."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import design
from bench.arrivals import round_s, spread_s
from bench.errors import UsageError
from bench.model import CONTROL, MAIN, Look, Plan, Role

SEEDS = st.integers(0, 2**40)
BLOCKS = st.integers(1, 12)


def planned(seed: int, blocks: int = 6) -> Plan:
    """A plan of whole blocks."""
    return design.plan("response_time", seed=seed, pairs=2 * blocks, slot_s=6, discard_s=1)


def triples(plan: Plan) -> list[list[Role]]:
    """The roles of each triple in the order in which they run."""
    return [[slot.role for slot in plan.slots if slot.triple == number] for number in range(len(plan.slots) // 3)]


@given(SEEDS, BLOCKS)
def test_every_block_is_balanced(seed, blocks):
    """In each block every role runs twice, and each comparison once in each order."""
    plan = planned(seed, blocks)
    for block in range(blocks):
        roles = [slot.role for slot in plan.slots if slot.block == block]
        assert Counter(roles) == dict.fromkeys(Role, 2)
        for comparison in (MAIN, CONTROL):
            orders = [
                [role for role in triple if role in {comparison.numerator, comparison.denominator}]
                for triple in triples(plan)[2 * block : 2 * block + 2]
            ]
            assert orders[0] == orders[1][::-1]


@given(SEEDS, BLOCKS)
def test_a_linear_drift_cancels_within_each_block(seed, blocks):
    """The mean position of every role in a block is the same: a straight drift moves no ratio."""
    plan = planned(seed, blocks)
    for block in range(blocks):
        for role in Role:
            positions = [slot.index for slot in plan.slots if slot.block == block and slot.role is role]
            assert sum(positions) == 2 * (6 * block) + 5


@given(SEEDS, BLOCKS)
def test_the_baseline_is_a_neighbour_of_both_others(seed, blocks):
    """The baseline stands in the middle of every triple, so each pair is made of neighbours."""
    assert all(triple[1] is Role.BASELINE for triple in triples(planned(seed, blocks)))


@given(SEEDS)
def test_slots_of_a_triple_share_a_seed_and_no_others_do(seed):
    """The three arms of a triple answer the same requests; other triples answer others."""
    plan = planned(seed)
    by_triple = [{slot.seed for slot in plan.slots if slot.triple == number} for number in range(12)]
    assert all(len(seeds) == 1 for seeds in by_triple)
    assert len(set.union(*by_triple)) == 12


def test_both_orders_are_drawn_about_equally_often():
    """Over a thousand blocks each form begins between 45 % and 55 % of them."""
    plan = planned(3, blocks=1_000)
    starts = Counter(slot.role for slot in plan.slots if slot.index % 6 == 0)
    assert set(starts) == {Role.CANDIDATE, Role.CONTROL}
    assert 450 <= starts[Role.CANDIDATE] <= 550


def test_a_seed_fixes_the_plan_and_another_changes_it():
    """The same seed gives the same plan; another seed, or another experiment, other requests."""
    assert planned(7) == planned(7)
    assert planned(7).slots != planned(8).slots
    other = design.plan("query_time", seed=7, pairs=12, slot_s=6, discard_s=1)
    assert {slot.seed for slot in other.slots}.isdisjoint({slot.seed for slot in planned(7).slots})


def test_slots_are_numbered_in_the_order_in_which_they_run():
    """Indices count up from 0, blocks and triples never step back."""
    slots = planned(1).slots
    assert [slot.index for slot in slots] == list(range(36))
    assert [slot.triple for slot in slots] == sorted(slot.triple for slot in slots)
    assert [slot.block for slot in slots] == [slot.triple // 2 for slot in slots]


@pytest.mark.parametrize(
    ("budget_s", "looks"),
    [
        (120, [Look(6, 0.05)]),
        (179, [Look(8, 0.05)]),
        (300, [Look(8, 0.0221), Look(12, 0.0221), Look(16, 0.0221)]),
        (370, [Look(8, 0.0221), Look(14, 0.0221), Look(20, 0.0221)]),
    ],
)
def test_a_budget_buys_pairs_and_looks(budget_s, looks):
    """Slots of 6 s with 0.1 s between them cost 18.3 s a pair; what fits sets the looks."""
    plan = design.budgeted("x", seed=1, budget_s=budget_s, slot_s=6, discard_s=1, overhead_s=0.1)
    assert list(plan.looks) == looks
    assert len(plan.slots) == 3 * looks[-1].pairs
    assert plan.confidence == 0.95


@given(st.floats(1, 5_000), st.floats(0.05, 20), st.floats(0, 2))
def test_a_plan_never_overruns_its_budget(budget_s, slot_s, overhead_s):
    """The slots and what lies between them fit, and another block would not; or the error says so."""
    try:
        plan = design.budgeted("x", seed=1, budget_s=budget_s, slot_s=slot_s, discard_s=0, overhead_s=overhead_s)
    except UsageError:
        assert budget_s < 18 * (slot_s + overhead_s)
        return
    cost_s = len(plan.slots) * (slot_s + overhead_s)
    assert cost_s <= budget_s * 1.000001
    assert cost_s + 6 * (slot_s + overhead_s) > budget_s * 0.999999


def test_a_budget_of_exactly_six_pairs_is_enough():
    """The figure that the error names works when it is given."""
    with pytest.raises(
        UsageError, match=r"a budget of 100 s is too small for six pairs of 6 s slots; 110\.7 s are needed"
    ):
        design.budgeted("x", seed=1, budget_s=100, slot_s=6, discard_s=1, overhead_s=0.15)
    assert len(design.budgeted("x", seed=1, budget_s=110.7, slot_s=6, discard_s=1, overhead_s=0.15).slots) == 18


def test_a_slot_of_which_nothing_is_judged_is_refused():
    """Discarding the whole slot is an error of the spec, told with both figures."""
    with pytest.raises(UsageError, match="discard_s = 2 leaves nothing of slots of slot_s = 1.5"):
        design.plan("x", seed=1, pairs=6, slot_s=1.5, discard_s=2)


@pytest.mark.parametrize("pairs", [7, -2])
def test_pairs_that_fill_no_whole_blocks_are_refused(pairs):
    """A block holds two mirrored triples; half a block would be unbalanced."""
    with pytest.raises(UsageError, match="whole blocks"):
        design.plan("x", seed=1, pairs=pairs, slot_s=1, discard_s=0)


@pytest.mark.parametrize("discard_s", [0.0, 0.3, 1.0])
def test_a_budget_of_turns_is_kept_and_whole_rounds_are_discarded(discard_s: float) -> None:
    """Triples in turns cost their spread and one overhead; every arm is judged by the same requests."""
    plan = design.budgeted("x", seed=1, budget_s=60, slot_s=1.2, discard_s=discard_s, overhead_s=0.25, turn_s=0.06)
    each_s = spread_s(1.2, 3, 0.06) + 0.25
    triples = len(plan.slots) // 3
    assert triples * each_s <= 60 < (triples + 2) * each_s
    first = plan.slots[0]
    assert first.turn_s == 0.06
    assert first.discard_s >= discard_s
    assert first.discard_s / round_s(3, 0.06) == pytest.approx(round(first.discard_s / round_s(3, 0.06)))

"""How the experiment `cache` spends its time."""

from collections import Counter

import pytest

from bench.errors import BudgetTooSmall
from bench.experiments import find
from bench.experiments.cache_layout import FEW_LEVELS, LEVELS, MOST_DEATH_S, OFF, OVERHEAD_S, Layout
from bench.lab.options import SPECS, known
from bench.model import Role
from bench.spec import ExperimentSpec, load

FULL = load(SPECS / "cache.toml", known()).experiments["cache"]
QUICK = load(SPECS / "cache.toml", known(), quick=True).experiments["cache"]


def test_the_full_budget_gives_intervals() -> None:
    """Six blocks of all levels and six pairs at least, within the time."""
    layout = Layout.of("cache", FULL)
    assert layout.levels == LEVELS
    assert layout.blocks >= 6
    assert layout.pairs >= 6
    each_s = FULL.slot_s + OVERHEAD_S
    slots = layout.blocks * (len(LEVELS) + 1) + 2 * layout.pairs
    assert slots * each_s + 2 * (layout.death_s + OVERHEAD_S) <= FULL.budget_s
    assert layout.death_s == MOST_DEATH_S


def test_the_quick_budget_gives_points() -> None:
    """Both ends and the middle, in both orders."""
    layout = Layout.of("cache", QUICK)
    assert (layout.levels, layout.blocks, layout.pairs) == (FEW_LEVELS, 2, 2)


def test_too_little_time_is_told_with_what_is_needed() -> None:
    """The time that is named holds a layout, a little less does not."""
    with pytest.raises(BudgetTooSmall) as told:
        Layout.of("cache", ExperimentSpec(budget_s=3, slot_s=0.3, discard_s=0))
    needed_s = told.value.needed_s
    assert Layout.of("cache", ExperimentSpec(budget_s=needed_s, slot_s=0.3, discard_s=0)).blocks >= 2
    with pytest.raises(BudgetTooSmall):
        Layout.of("cache", ExperimentSpec(budget_s=needed_s - 0.1, slot_s=0.3, discard_s=0))


def test_every_other_block_is_the_mirror_of_the_one_before() -> None:
    """Each has every level and the arm without a cache once; a drift cancels between two."""
    orders = Layout.of("cache", FULL).orders(3)
    assert all(Counter(order) == Counter([OFF, *LEVELS]) for order in orders)
    assert all(second == first[::-1] for first, second in zip(orders[::2], orders[1::2], strict=True))
    assert orders == Layout.of("cache", FULL).orders(3)
    assert orders != Layout.of("cache", FULL).orders(4)


def test_single_and_cluster_take_turns() -> None:
    """Pairs of one slot each, ABBA or BAAB, both with the same requests."""
    plan = find()["cache"].plan(FULL, 3)
    assert [slot.index for slot in plan.slots] == list(range(len(plan.slots)))
    roles = [slot.role for slot in plan.slots]
    assert set(roles) == {Role.BASELINE, Role.CANDIDATE}
    for block in range(0, len(roles), 4):
        assert roles[block] == roles[block + 3] != roles[block + 1] == roles[block + 2]
    pairs = {slot.triple: {s.seed for s in plan.slots if s.triple == slot.triple} for slot in plan.slots}
    assert all(len(seeds) == 1 for seeds in pairs.values())
    assert plan.looks[-1].pairs == len(pairs)

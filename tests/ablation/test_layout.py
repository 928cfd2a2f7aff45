"""Layouts: what a budget holds, balance, randomisation."""

import pytest

from bench.ablation import Family, Layout, layout
from bench.ablation.layout import MOST_ARMS
from bench.errors import BudgetTooSmall

SIX = ("api", "pool", "reset", "indexes", "fulltext", "cache")
EIGHT = (*SIX, "breaker", "settings")


def laid_out(budget_s: float, knobs: tuple[str, ...] = SIX, seed: int = 7) -> Layout:
    """Slots of one second."""
    return layout(knobs, seed=seed, budget_s=budget_s, slot_s=0.9, overhead_s=0.1)


@pytest.mark.parametrize(
    ("budget_s", "arms", "resolution"), [(18, 9, None), (48, 16, None), (90, 30, 4), (138, 46, 6), (1000, 46, 6)]
)
def test_a_budget_holds_the_richest_layout_that_fits(budget_s: float, arms: int, resolution: int | None) -> None:
    """From leaving one out in two blocks to every pair of knobs apart from every other."""
    found = laid_out(budget_s)
    assert len(found.arms) == arms
    assert (found.fraction.resolution if found.fraction else None) == resolution
    assert len(found.orders) == budget_s // arms


def test_too_small_a_budget_says_what_is_needed() -> None:
    """And that much is enough."""
    with pytest.raises(BudgetTooSmall, match="9 arms; 18.0 s are needed") as refused:
        laid_out(17.9)
    assert laid_out(refused.value.needed_s).orders


def test_every_block_measures_every_arm_once_in_an_order_of_its_own() -> None:
    """On requests of its own; the same seed gives the same again."""
    found = laid_out(200)
    for order in found.orders:
        assert sorted(order) == list(range(len(found.arms)))
    assert len(set(found.orders)) == len(found.orders)
    assert len(set(found.seeds)) == len(found.seeds)
    assert laid_out(200) == found
    assert laid_out(200, seed=8).orders != found.orders


@pytest.mark.parametrize("budget_s", [60, 100, 200])
@pytest.mark.parametrize("knobs", [SIX, EIGHT, SIX[:2]])
def test_arms_are_what_their_names_say(budget_s: float, knobs: tuple[str, ...]) -> None:
    """However many knobs there are; only the A/A arms repeat a combination."""
    found = laid_out(budget_s, knobs)
    by_name = {arm.name: arm for arm in found.arms}
    assert by_name["none"].on == by_name["none again"].on == frozenset()
    assert by_name["all"].on == by_name["all again"].on == frozenset(knobs)
    for knob in knobs:
        assert by_name[f"only {knob}"].on == {knob}
        assert by_name[f"all but {knob}"].on == set(knobs) - {knob}
    assert len({arm.on for arm in found.arms}) >= len(found.arms) - 2 - 2 * (len(knobs) == 2)
    assert len(found.arms) <= MOST_ARMS


def test_the_runs_of_the_fraction_stand_in_its_order() -> None:
    """Also those that are arms already."""
    found = laid_out(100)
    assert found.fraction is not None
    columns = found.columns(Family.FRACTION)
    for number, run in zip(columns, found.fraction.runs(), strict=True):
        assert found.arms[number].on == {knob for knob, on in zip(SIX, run, strict=True) if on}
    assert any(Family.LAST in found.arms[number].families for number in columns)

"""How the experiment `cache` spends its time: pure, and decided before anything starts."""

import random
from dataclasses import dataclass, replace
from typing import Final

from bench import design
from bench.errors import BudgetTooSmall
from bench.model import Look, Plan, Role
from bench.spec import ExperimentSpec
from bench.stats import looks as schedules

OFF: Final = "off"
"""The arm without a cache among the hit ratios of a block."""
LEVELS = (0.0, 1 / 3, 2 / 3, 1.0)
FEW_LEVELS = (0.0, 0.5, 1.0)
"""Where there is no time for six blocks of all levels: both ends, and whether it is a line between them."""
OVERHEAD_S = 0.2
"""Between two slots: the generator's users, writing the samples, setting the cache to the next hit ratio."""
RATIO_SHARE, PAIRS_SHARE = 0.52, 0.27
"""Of the budget, for the hit ratios and for single against cluster; the two deaths get the rest."""
FEWEST_BLOCKS = 2
"""One in each order."""
LEAST_DEATH_S, MOST_DEATH_S = 2.0, 6.0
"""A slot in which a server dies halfway. At forty requests per second to it, its circuit opens within half a second;
in three seconds it tries again, twice or so."""

Level = float | str


@dataclass(frozen=True, slots=True)
class Layout:
    """What the budget holds."""

    levels: tuple[float, ...]
    blocks: int
    pairs: int
    death_s: float

    @classmethod
    def of(cls, name: str, timing: ExperimentSpec) -> "Layout":
        """As many blocks and pairs as the time holds.

        Raises BudgetTooSmall when it holds not even two of each.
        """
        each_s = timing.slot_s + OVERHEAD_S
        levels = LEVELS if _blocks(LEVELS, timing, each_s) >= schedules.FEWEST else FEW_LEVELS
        blocks = _blocks(levels, timing, each_s)
        pairs = int(PAIRS_SHARE * timing.budget_s / (2 * each_s) + 1e-9) // 2 * 2
        if blocks < FEWEST_BLOCKS or pairs < FEWEST_BLOCKS:
            needed_s = max(FEWEST_BLOCKS * (len(levels) + 1) * each_s / RATIO_SHARE, 2 * 2 * each_s / PAIRS_SHARE)
            raise BudgetTooSmall(
                f"{name}: a budget of {timing.budget_s:g} s is too small for two blocks of {timing.slot_s:g} s slots; "
                f"{needed_s:.1f} s are needed.",
                budget_s=timing.budget_s,
                needed_s=needed_s,
            )
        spent_s = blocks * (len(levels) + 1) * each_s + pairs * 2 * each_s
        left_s = (timing.budget_s - spent_s) / 2 - OVERHEAD_S
        return cls(levels, blocks, pairs, min(max(left_s, LEAST_DEATH_S), MOST_DEATH_S))

    def orders(self, seed: int) -> list[list[Level]]:
        """The levels of each block in their order: drawn for every other block, which the next one mirrors."""
        drawn = random.Random(f"cache levels {seed}")
        orders: list[list[Level]] = []
        for block in range(self.blocks):
            if block % 2:
                orders.append(orders[-1][::-1])
            else:
                orders.append(drawn.sample([OFF, *self.levels], k=len(self.levels) + 1))
        return orders

    def plan(self, name: str, timing: ExperimentSpec, seed: int) -> Plan:
        """The pairs of cluster and single in blocks CB BC or BC CB, with one look at their end."""
        looks = (Look(self.pairs, schedules.LEVELS[1]),)
        laid_out = design.plan(name, seed=seed, looks=looks, slot_s=timing.slot_s, discard_s=timing.discard_s)
        # No A/A here: the claim of the pairs is about two ways of keeping answers, and no criterion rests on it.
        kept = [slot for slot in laid_out.slots if slot.role is not Role.CONTROL]
        slots = tuple(replace(slot, index=index) for index, slot in enumerate(kept))
        return Plan(name, seed, slots, looks, laid_out.confidence)


def _blocks(levels: tuple[float, ...], timing: ExperimentSpec, each_s: float) -> int:
    return int(RATIO_SHARE * timing.budget_s / ((len(levels) + 1) * each_s) + 1e-9)

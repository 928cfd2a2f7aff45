"""What the slots of the experiment `pool` beyond the reference load say: pure, for its figure and its sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.criteria.pool_choice import Choice, choice
from bench.criteria.pooling import Slots, blocks, name_of, of
from bench.stats import usl
from bench.stats.clustered import FEWEST_BLOCKS


@dataclass(frozen=True, slots=True)
class Saturated:
    """What pools of several sizes hold at most, and the law through it."""

    sizes: tuple[int, ...]
    blocks: tuple[tuple[float, ...], ...]
    """Checkouts per second; a row for each block, a column for each size."""
    law: usl.Law


def saturated(facts: Mapping[str, Any]) -> Saturated | None:
    """None where it was not measured, or of too few sizes for a law."""
    slots: Slots = facts.get("saturation", {}).get("slots", ())
    sizes = held(slots, facts.get("sizes", ()))
    by_size = [[slot["borrowed"] / slot["seconds"] for slot in of(slots, name_of(size))] for size in sizes]
    blocks = tuple(zip(*by_size, strict=True))
    if len(sizes) < usl.FEWEST_SIZES or not all(map(all, blocks)):
        return None
    return Saturated(tuple(sizes), blocks, usl.fit(sizes, blocks))


def at_loads(facts: Mapping[str, Any]) -> list[tuple[float, Choice]]:
    """Requests per second and the sizes that they may need, of each load beside the reference."""
    return [
        (load["rate"], choice(load["slots"], sizes))
        for load in facts.get("loads", ())
        if (sizes := held(load["slots"], facts["sizes"])) and len(blocks(load["slots"])) >= FEWEST_BLOCKS
    ]


def held(slots: Slots, sizes: Sequence[int]) -> list[int]:
    """The sizes that answered in every block; one that is missing in a block could not hold the load."""
    counts = {size: len(of(slots, name_of(size))) for size in sizes}
    most = max(counts.values(), default=0)
    return [size for size, count in counts.items() if count == most > 0]

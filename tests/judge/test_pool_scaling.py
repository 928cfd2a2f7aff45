"""What is said of the pool beyond the reference load, on queues and laws whose truth is known."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.criteria import pool_scaling
from bench.criteria.pooling import name_of
from bench.experiments import pool_loads
from bench.experiments.pool import laid_out
from bench.experiments.pool_slots import OVERHEAD_S
from bench.report import findings
from bench.report.figures.experiments import pool as figures
from bench.spec import ExperimentSpec
from tests.experiments.test_counters import record
from tests.judge.test_pooling import facts, queue

SIZES = tuple(sorted(pool_loads.SIZES))


def saturation(kappa: float, *, missing: int | None = None) -> dict[str, Any]:
    """Slots whose throughput follows the law, two per cent of noise beside it."""
    drawn = random.Random(5)
    slots = [
        {
            "arm": name_of(size),
            "block": block,
            "seconds": 2.0,
            "borrowed": 200 * size / (1 + 0.2 * (size - 1) + kappa * size * (size - 1)) * drawn.gauss(1, 0.02),
        }
        for block in range(3)
        for size in SIZES
        if (size, block) != (missing, 1)
    ]
    return {"users": 60, "slots": slots}


def told(**more: Any) -> dict[str, Any]:
    """Facts of a sweep that went on to other loads."""
    return {**facts(), **more}


def test_the_knee_is_where_throughput_is_highest() -> None:
    """sqrt((1 - 0.2) / 0.008) = 10: found from checkouts per second, with its interval."""
    found = pool_scaling.saturated({"sizes": SIZES, "saturation": saturation(0.008)})
    assert found is not None
    assert found.sizes == SIZES
    assert len(found.blocks) == 3
    assert found.law.knee_low <= 10 <= found.law.knee_high
    assert found.law.knee_high < 14


def test_a_size_that_did_not_answer_in_a_block_is_left_out() -> None:
    """It could not hold the load: the law is of the others."""
    found = pool_scaling.saturated({"sizes": SIZES, "saturation": saturation(0.008, missing=1)})
    assert found is not None
    assert 1 not in found.sizes
    assert pool_scaling.held([], SIZES) == []


@pytest.mark.parametrize("sizes", [(), (1, 2, 3)])
def test_too_few_sizes_have_no_law(sizes: tuple[int, ...]) -> None:
    """Nothing measured, or fewer sizes than the law has room to bend."""
    assert pool_scaling.saturated({"sizes": sizes, "saturation": saturation(0.008)}) is None
    assert pool_scaling.saturated({"sizes": SIZES}) is None


def test_each_load_has_a_recommendation_of_its_own() -> None:
    """Half of the load takes fewer connections by the same rule."""
    half = [
        {**queue(size, 40.0, 10 * block + size, rate=100.0), "arm": name_of(size), "block": block}
        for block in range(3)
        for size in (1, 2, 3, 4, 8)
    ]
    ((rate, chosen),) = pool_scaling.at_loads(told(loads=[{"rate": 100.0, "slots": half}]))
    assert rate == 100.0
    assert chosen.size < 8
    assert pool_scaling.at_loads(told(loads=[{"rate": 100.0, "slots": half[:5]}])) == []
    assert pool_scaling.at_loads(facts()) == []


def test_the_report_tells_the_knee_and_draws_it(tmp_path: Path) -> None:
    """With its interval; where throughput only levels off it says that there is none."""
    swept = replace(record(told(saturation=saturation(0.008), sizes=SIZES)), name="pool")
    bent = {**swept.facts, "sizes": list(SIZES)}
    figure = list(figures._scalability(replace(swept, facts=bent), lambda name: tmp_path / f"{name}.png"))
    assert "the pool holds most at" in figure[0].alt
    assert (tmp_path / "scalability.png").stat().st_size > 10_000
    assert not list(
        figures._scalability(replace(swept, facts={**bent, "saturation": {}}), lambda name: tmp_path / name)
    )


@pytest.mark.parametrize(("kappa", "says"), [(0.05, "holds most at 4"), (0.0, "no knee among them")])
def test_the_sentences_follow_the_law(kappa: float, says: str) -> None:
    """A knee among the sizes is told with contention and coherency; one beyond them is not told as one."""
    few = (1, 2, 3, 4, 8)
    loads = {"users": 60, "slots": [slot for slot in saturation(kappa)["slots"] if slot["arm"] in map(name_of, few)]}
    said = findings.of(replace(record(told(saturation=loads)), name="pool"))
    assert any(says in sentence for sentence in said), said


def test_only_a_budget_for_all_sizes_goes_on_to_other_loads() -> None:
    """The reference load keeps its blocks: the others get what is left, or nothing."""
    slots = (len(SIZES) + 1) * pool_loads.REFERENCE_BLOCKS + 3 * pool_loads.BLOCKS * len(SIZES)
    enough = ExperimentSpec(budget_s=slots * (1.0 + OVERHEAD_S) + 0.1, slot_s=1.0)
    assert pool_loads.has_room(enough)
    assert laid_out(enough) == (list(SIZES), pool_loads.REFERENCE_BLOCKS)
    short = enough.model_copy(update={"budget_s": enough.budget_s - 1})
    assert not pool_loads.has_room(short)
    assert pool_loads.taken_s(short) == 0

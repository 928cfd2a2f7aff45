"""What is said of the pool, on simulated queues whose truth is known."""

import heapq
import math
import random
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.criteria import margin, pool_efficiency, pool_utilization, pooling, pooling_gain
from bench.criteria.catalogue import catalogue
from bench.criteria.reading import Reading, Unmeasured
from bench.errors import BudgetTooSmall, LoadError
from bench.experiments.pool import EXPERIMENT, FEWEST_SIZES, _leave_out, laid_out
from bench.experiments.pool_metrics import read
from bench.experiments.pool_slots import OVERHEAD_S
from bench.model import Verdict
from bench.report import findings
from bench.report.figures.experiments import pool as figures
from bench.runner import Silent
from bench.spec import ExperimentSpec
from bench.stats.queueing import erlang_c
from tests.experiments.test_counters import record

BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
SERVICE_S = 0.01
RATE = 200.0
CRITERIA = {"pool_utilization": pool_utilization, "pool_efficiency": pool_efficiency, "pooling_gain": pooling_gain}


def queue(servers: int, seconds: float, seed: int, overhead: float = 0.0, rate: float = RATE) -> dict[str, Any]:
    """A slot of M/M/c, counted exactly; `overhead` is the share of a borrowed connection's time beside its query."""
    drawn = random.Random(seed)
    free = [0.0] * servers
    now, waits, uses = 0.0, [], []
    while (now := now + drawn.expovariate(rate)) < seconds:
        begins = max(now, heapq.heappop(free))
        use = drawn.expovariate(1 / SERVICE_S)
        heapq.heappush(free, begins + use)
        waits.append(begins - now)
        uses.append(use)
    cumulated = {str(bound): float(sum(wait <= bound for wait in waits)) for bound in BOUNDS}
    return {
        "busy_s": sum(uses), "use_s": sum(uses), "pending_s": sum(waits), "wait_s": sum(waits),
        "query_s": sum(uses) * (1 - overhead), "returned": len(uses), "borrowed": len(uses),
        "waited": sum(wait > 0 for wait in waits), "waits": {**cumulated, "+Inf": float(len(waits))},
        "seconds": max(seconds, *free), "metrics": {"mean": (sum(waits) + sum(uses)) / len(uses)},
    }  # fmt: skip


@cache
def facts(sizes: tuple[int, ...] = (1, 2, 3, 4, 8), basic_overhead: float = 1.3, blocks: int = 8) -> dict[str, Any]:
    """Of an experiment whose basic pool takes so many times as long."""
    slots = []
    for block in range(blocks):
        slots += [
            {**queue(size, 20.0, 100 * block + size), "arm": pooling.name_of(size), "block": block} for size in sizes
        ]
        slow = queue(10, 20.0, 100 * block + 99)
        slow["metrics"] = {"mean": slow["metrics"]["mean"] * basic_overhead}
        slots.append({**slow, "arm": pooling.BASIC, "block": block})
    return {"slots": slots, "sizes": list(sizes), "rate": RATE, "cores": 2}


def reading(name: str, told: dict[str, Any]) -> Reading | Unmeasured:
    """Of a criterion."""
    return CRITERIA[name].read({"pool": replace(record(told), name="pool")})


def test_what_is_measured_is_what_was_simulated() -> None:
    """Load, utilisation and the chance to wait of M/M/c, and Little's law."""
    for size in (3, 4, 8):
        found = pooling.sized(facts()["slots"], size)
        assert found.counted.load == pytest.approx(RATE * SERVICE_S, rel=0.05)
        assert found.utilisation.low <= RATE * SERVICE_S / size <= found.utilisation.high
        assert found.counted.chance_to_wait == pytest.approx(erlang_c(size, 2.0), abs=0.05)
        assert found.counted.predicted_chance == pytest.approx(found.counted.chance_to_wait, abs=0.05)
        assert found.counted.little == pytest.approx(1.0, abs=0.01)


def test_the_smallest_size_that_hardly_waits_is_recommended() -> None:
    """A pool of twice the load waits longer than a service at its worst, one of four times does not."""
    told = facts()
    best = pooling.recommended(told["slots"], told["sizes"])
    assert best == 8
    p99 = [pooling.counted(told["slots"], size).wait_p99_s for size in (3, 4, 8)]
    assert p99 == sorted(p99, reverse=True)
    assert pooling.recommended(told["slots"], (1, 2)) == 2


def test_a_roomy_pool_fails_the_claim_of_utilisation() -> None:
    """At the size that keeps waits short a quarter of the connections is borrowed: the claim of 80 % does not hold."""
    found = reading("pool_utilization", facts())
    assert isinstance(found, Reading)
    assert found.value == pytest.approx(0.25, abs=0.02)
    assert margin.verdict(catalogue()["pool_utilization"], found)[0] is Verdict.FAIL


def test_time_beside_the_query_lowers_efficiency() -> None:
    """Nearly all of the time with a roomy pool is the query; with a third of it spent on resets the claim fails."""
    good = reading("pool_efficiency", facts())
    assert isinstance(good, Reading)
    assert margin.verdict(catalogue()["pool_efficiency"], good)[0] is Verdict.PASS
    spoilt = [{**slot, "query_s": slot["query_s"] * 0.66} for slot in facts()["slots"]]
    bad = reading("pool_efficiency", {**facts(), "slots": spoilt})
    assert isinstance(bad, Reading)
    assert margin.verdict(catalogue()["pool_efficiency"], bad)[0] is Verdict.FAIL


@pytest.mark.parametrize(
    ("overhead", "verdict"), [(1.3, Verdict.PASS), (1.0, Verdict.INCONCLUSIVE), (0.7, Verdict.FAIL)]
)
def test_a_gain_is_judged_by_pairs(overhead: float, verdict: Verdict) -> None:
    """A basic pool that is slower is a gain, one that is alike is undecided, one that is quicker is none."""
    found = reading("pooling_gain", facts(basic_overhead=overhead))
    assert isinstance(found, Reading)
    assert margin.verdict(catalogue()["pooling_gain"], found)[0] is verdict


@pytest.mark.parametrize("name", CRITERIA)
def test_too_few_blocks_are_not_measured(name: str) -> None:
    """Fewer than an interval takes."""
    found = reading(name, facts(blocks=pooling.blocks_needed() - 1))
    assert isinstance(found, Unmeasured)
    assert "Too few blocks" in found.reason


def test_the_report_recommends_and_warns(tmp_path: Path) -> None:
    """The size with its evidence, what HikariCP's formula says, and how to read utilisation; and it is drawn."""
    told = replace(record(facts()), name="pool")
    said = findings.of(told)
    assert said[0].startswith("8 connections are enough at 200 requests/s")
    assert said[1] == "HikariCP's formula, 2 x cores + 1, says 5."
    assert said[-2].startswith("Little's law holds")
    assert said[-1].startswith("Utilisation alone is no virtue")
    (drawn,) = figures.draw(told, tmp_path, lambda name: tmp_path / f"{name}.png")
    assert "With 8 connections 25 % of them are borrowed" in drawn.alt
    lying = [{**slot, "busy_s": slot["busy_s"] * 2} for slot in facts()["slots"]]
    assert "does not hold" in findings.of(replace(record({**facts(), "slots": lying}), name="pool"))[-2]


def test_a_budget_holds_sizes_and_blocks() -> None:
    """More of it has more sizes, then more blocks; less than the fewest is refused with what is needed."""
    slot_s = 1.0
    needed_s = (FEWEST_SIZES + 1) * pooling.blocks_needed() * (slot_s + OVERHEAD_S)
    layouts = [laid_out(ExperimentSpec(budget_s=needed_s * n, slot_s=slot_s)) for n in (1, 2, 8)]
    assert layouts[0] == ([2, 3, 5, 8], pooling.blocks_needed())
    assert all(len(before[0]) <= len(after[0]) for before, after in pairwise(layouts))
    assert layouts[2][1] > pooling.blocks_needed()
    with pytest.raises(BudgetTooSmall, match="pool"):
        EXPERIMENT.plan(ExperimentSpec(budget_s=needed_s - 0.1, slot_s=slot_s), 7)


def test_the_counters_are_read_by_opentelemetry_s_names() -> None:
    """Differences between two readings; a page without a pool is an error."""
    names = ("busy_seconds", "pending_seconds", "query_seconds", "waited", "timeouts", "rejections")

    def page(scale: float) -> str:
        lines = [f"# TYPE db_client_connection_{n} counter\ndb_client_connection_{n}_total {scale}" for n in names]
        for kind in ("use", "wait"):
            name = f"db_client_connection_{kind}_time_seconds"
            lines += [
                f"# TYPE {name} histogram",
                f'{name}_bucket{{le="0.1"}} {scale}',
                f'{name}_bucket{{le="+Inf"}} {2 * scale}',
            ]
            lines += [f"{name}_count {2 * scale}", f"{name}_sum {scale / 2}"]
        return "\n".join(lines) + "\n"

    counted = read(page(3)).since(read(page(1)))
    assert (counted["busy_s"], counted["use_s"], counted["returned"]) == (2.0, 1.0, 4.0)
    assert counted["waits"] == {"0.1": 2.0, "+Inf": 4.0}
    assert math.isclose(float(str(counted["wait_s"])), 1.0)
    with pytest.raises(KeyError):
        read("")


def test_a_size_that_cannot_hold_the_load_is_left_out() -> None:
    """Its slots go, the report says so, and what is compared with cannot be left out."""
    told = facts()
    bench: Any = SimpleNamespace(draft=SimpleNamespace(facts={**told}), progress=Silent())
    services: Any = {slot["arm"]: None for slot in told["slots"]}
    _leave_out(bench, services, "pool-1", LoadError("503"))
    left = bench.draft.facts
    assert (left["sizes"], left["overloaded"], "pool-1" in services) == ([2, 3, 4, 8], ["pool-1"], False)
    assert pooling.of(left["slots"], "pool-1") == []
    said = findings.of(replace(record(left), name="pool"))
    assert "Too small to hold the load at all, and left out: pool-1." in said
    with pytest.raises(LoadError):
        _leave_out(bench, services, pooling.BASIC, LoadError("503"))

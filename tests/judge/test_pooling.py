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
from bench.criteria.pool_choice import Choice, choice, spanned
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
        "rejections": 0.0, "timeouts": 0.0, "errors": 0, "dropped": 0,
        "answers": len(uses), "inside_s": (sum(waits) + sum(uses)) / len(uses),
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


def mixed(slot: dict[str, Any], *, of: list[dict[str, Any]], wait: bool) -> dict[str, Any]:
    """A pool of 5 that waits like one of 3 in some blocks, and like one of 8 in the others; the rest as they are."""
    if slot["arm"] != "pool-3":
        return slot
    as_one_of = "pool-4" if wait else "pool-8"
    like = next(one for one in of if (one["arm"], one["block"]) == (as_one_of, slot["block"]))
    return {**like, "arm": "pool-5"}


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
        assert found.waited.low <= found.counted.chance_to_wait <= found.waited.high
        assert found.counted.wait_s == pytest.approx(found.counted.predicted_wait_s, rel=0.35, abs=1e-4)
        assert found.counted.wait_share == pytest.approx(
            found.counted.wait_s / (found.counted.wait_s + found.counted.service_s), rel=0.01
        )
        assert found.little is not None
        assert found.little.low <= 1.0 <= found.little.high


def test_the_smallest_size_that_hardly_waits_is_recommended() -> None:
    """A pool of twice the load waits longer than a service at its worst, one of four times does not."""
    told = facts()
    assert choice(told["slots"], told["sizes"]) == Choice((8,), enough=True, largest=8)
    shares = [pooling.within(told["slots"], size).estimate for size in (3, 4, 8)]
    assert shares == sorted(shares)
    none = choice(told["slots"], (1, 2))
    assert (none.question, none.size, none.judged) == ((), 2, (2,))


def test_a_wait_within_a_bucket_is_not_rounded_up() -> None:
    """All wait for 0 to 20 ms and are served for 15: three quarters of the upper bucket count, not none of it."""
    slot = {**queue(8, 20.0, 1), "arm": "pool-8", "waits": {"0.01": 50.0, "0.02": 100.0, "+Inf": 100.0}}
    told = [{**slot, "block": n, "use_s": 1.5, "returned": 100, "borrowed": 100} for n in range(2)]
    assert pooling.within(told, 8).estimate == pytest.approx(0.75)


def test_a_size_about_which_the_blocks_disagree_is_undecided() -> None:
    """Its interval holds 99 %: neither refuted nor shown to be enough, and criteria hold for all that it could be."""
    told = facts()
    slots = [mixed(slot, of=told["slots"], wait=slot["block"] < 2) for slot in told["slots"]]
    chosen = choice(slots, (2, 4, 5, 8))
    assert (chosen.question, chosen.enough, chosen.decided) == ((5, 8), True, False)
    one, other = (pooling.sized(slots, size).utilisation for size in (5, 8))
    said = spanned(chosen, lambda size: pooling.sized(slots, size).utilisation)
    assert (said.estimate, said.low, said.high) == (one.estimate, other.low, one.high)
    found = findings.of(replace(record({**told, "slots": slots, "sizes": [2, 4, 5, 8]}), name="pool"))
    assert found[0].startswith("5 or 8 connections, at 200 requests/s: undecided.")
    assert "the smallest that is not refuted" in found[1]


@pytest.mark.parametrize("how", ["rejections", "timeouts", "errors", "dropped"])
def test_a_pool_that_turns_away_is_not_recommended(how: str) -> None:
    """Who is turned away is in no histogram of waits: counted as waiting for ever, 2 % of them refute a size."""
    told = facts((4, 8, 13))
    assert choice(told["slots"], told["sizes"]).size == 8
    slots = [{**slot, how: 80.0} if slot["arm"] == "pool-8" else slot for slot in told["slots"]]
    assert choice(slots, told["sizes"]).size == 13
    few = [{**slot, how: 2.0} if slot["arm"] == "pool-8" else slot for slot in told["slots"]]
    assert choice(few, told["sizes"]).size == 8
    said = findings.of(replace(record({**told, "slots": slots}), name="pool"))
    assert any(sentence.endswith("waiting for ever: pool-8 640.") for sentence in said)


def test_counters_that_are_wrong_break_little_s_law() -> None:
    """Areas that count a tenth too much, against what the generator's own answers add up to; the run names the size."""
    told = facts()
    lying = [{**slot, "busy_s": slot["busy_s"] * 1.1} if slot["arm"] == "pool-4" else slot for slot in told["slots"]]
    said = findings.of(replace(record({**told, "slots": lying}), name="pool"))
    assert [s for s in said if "does not hold for pool-4" in s]
    assert [s for s in said if s.startswith("Little's law holds for pool-1, pool-2, pool-3, pool-8")]
    # Counters that are wrong in the same way on both of their sides agree with themselves; not with the generator.
    both = dict.fromkeys(("busy_s", "use_s", "pending_s", "wait_s"), 1.1)
    twice = [{**slot, **{name: slot[name] * by for name, by in both.items()}} for slot in told["slots"]]
    found = pooling.sized(twice, 8).little
    assert found is not None
    assert found.low > 1.05


@pytest.mark.parametrize("cut", range(1, 7))
def test_a_run_that_was_cut_off_within_a_block_is_judged(cut: int, tmp_path: Path) -> None:
    """Whatever was the last slot: criteria, report and figure rest on the blocks that the arms have in common."""
    told = facts()
    part = {**told, "slots": told["slots"][:-cut]}
    for name in CRITERIA:
        assert isinstance(reading(name, part), Reading)
    cut_off = replace(record(part), name="pool")
    assert findings.of(cut_off)
    assert findings.tables(cut_off)
    (drawn,) = figures.draw(cut_off, tmp_path, lambda name: tmp_path / f"{name}.png")
    assert drawn.caption.startswith("7 blocks")


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
    assert said[0].startswith("8 connections are enough at 200 requests/s: the smallest size of 1, 2, 3, 4, 8")
    assert said[1] == "Between 4 and 8 no size was tried: fewer than 8 may do."
    assert said[2].startswith("HikariCP's formula, 2 x cores + 1, says 5, whatever the load; that size was not tried")
    assert said[-2].startswith("Little's law holds")
    assert said[-1].startswith("Utilisation alone is no virtue")
    (drawn,) = figures.draw(told, tmp_path, lambda name: tmp_path / f"{name}.png")
    assert "With 8 connections 25 % of them are borrowed" in drawn.alt
    latency = {"pool-8": {"p50": {"estimate": 0.011}, "p99": {"estimate": 0.042}}}
    (table,) = findings.tables(replace(told, facts={**told.facts, "latency": latency}))
    assert [row[0] for row in table.rows] == ["1", "2", "3", "4", "8", "basic"]
    assert table.rows[4][-2:] == ("11.0 ms", "42.0 ms")
    assert all("(" in row[4] and "(" in row[5] for row in table.rows[:-1])
    few = findings.of(replace(record({**facts(), "sizes": [1, 2]}), name="pool"))
    assert "None of 1, 2 connections is enough" in few[0]
    assert "no recommendation" in few[0]


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

"""What does each knob contribute, alone and beside the others, and what does it cost?"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import psutil

from bench import ablation
from bench.ablation import Layout
from bench.checks import loaded
from bench.environment import Snapshot
from bench.errors import ProvisionError
from bench.experiments import ablation_costs as costs
from bench.experiments.ablation_arms import empty_cache, many_arms
from bench.experiments.arms import Arm
from bench.experiments.context import Bench, Latencies
from bench.load.locust import LocustLoad, LocustModel
from bench.model import Effect, Look, Plan, Role, Slot
from bench.runner import Records, probe, summarise
from bench.spec import ExperimentSpec
from bench.subject import DATABASE_KNOBS, SEARCH_KNOBS

PROBE_USERS = 8
"""As many as in the experiment `response_time`: the offered rate has the same reason."""
WARM_SHARE = 0.25
"""Of the spec's warm-up, for each of so many arms before the first block; it also tells which one is the slowest."""
SHORTEST_WARM_S = 0.25
SLOT_OVERHEAD_S = 0.2
"""Between two slots: writing the samples, emptying the cache."""
ARM_BYTES = 120 * 2**20
"""A service process and its connections."""
CONFIDENCE = 0.95


class Ablation:
    """Open-model load on many combinations of knobs in random order within blocks, then the cost side."""

    name = "ablation"
    question = "What does each knob contribute, and what does it cost?"
    method = (
        "Processes with one knob alone on, one alone off, none and all, and, where the budget holds it, a fractional "
        "factorial, run side by side. In each block every one gets the same requests at the same moments for one "
        "slot, in random order, each beginning with an empty cache. All effects are contrasts of log mean latency "
        "within the blocks, with Student intervals from what neither arm nor block explains."
    )
    metric = "mean"
    tunings = tuple(chosen for size in range(len(DATABASE_KNOBS) + 1) for chosen in combinations(DATABASE_KNOBS, size))
    """Every state of the database is needed."""

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:
        """No triples: the layout is of its own kind. Raises BudgetTooSmall."""
        _layout(timing, seed)
        return Plan(self.name, seed, (), (), CONFIDENCE)

    async def run(self, bench: Bench) -> None:
        """Start all arms, choose the rate, walk the blocks, weigh the arms; then writes and indexes."""
        layout = _layout(bench.timing, bench.seed)
        _enough_memory(layout)
        bench.draft.facts.update(layout=layout.stored(), slots=[])
        load = LocustLoad(
            custody=bench.custody,
            locustfile=bench.spec.workload.locustfile,
            workload=bench.workload,
            samples=bench.folder.samples,
            arrivals=bench.spec.workload.arrivals,
            prefix=self.name,
        )
        async with many_arms(bench, layout.arms) as started, load:
            rate = await _choose_rate(bench, load, started)
            await _walk(bench, layout, started, load.open_model(rate))
            bench.draft.facts["memory"] = await costs.memory(bench, started)
            bench.save()
        bench.progress.stage(f"{self.name}: writing to each state of the database")
        bench.draft.facts["writes"] = await costs.writes(bench)
        bench.save()
        bench.progress.stage(f"{self.name}: measuring the indexes")
        bench.draft.facts["indexes"] = await costs.indexes(bench)
        bench.save()

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """None: what is found is not of two arms. `bench.ablation.read` reads the facts."""
        return ()


def _layout(timing: ExperimentSpec, seed: int) -> Layout:
    return ablation.layout(
        SEARCH_KNOBS, seed=seed, budget_s=timing.budget_s, slot_s=timing.slot_s, overhead_s=SLOT_OVERHEAD_S
    )


def _enough_memory(layout: Layout) -> None:
    needed, available = len(layout.arms) * ARM_BYTES, psutil.virtual_memory().available
    if needed > available:
        raise ProvisionError(
            f"ablation: {len(layout.arms)} services side by side need {needed / 2**30:.1f} GiB of memory, "
            f"{available / 2**30:.1f} GiB are free; a smaller budget_s has fewer arms."
        )


async def _choose_rate(bench: Bench, load: LocustLoad, started: Mapping[str, Arm]) -> float:
    """A share of what the slowest arm holds: every arm gets the same load, and none is flooded.

    The reference load of `response_time`, so that the way from nothing on to everything on is the one that it
    measures; waiting for a busy pool is part of it.
    """
    workload, closed = bench.spec.workload, load.closed_model(PROBE_USERS)
    bench.progress.stage(f"ablation: warming up {len(started)} arms and probing capacity")
    held: dict[str, float] = {}
    for name, arm in started.items():
        seconds = max(workload.warmup_s * WARM_SHARE, SHORTEST_WARM_S)
        warmed = await probe(closed, {Role.CANDIDATE: arm.target}, seconds=seconds, seed=bench.seed)
        held[name] = warmed.by_role[Role.CANDIDATE].rate
    slowest = min(held, key=lambda name: held[name])
    # A short warm-up may take another arm for the slowest: nothing on and everything on are asked in any case.
    asked = {Role.BASELINE: "none", Role.CANDIDATE: "all", Role.CONTROL: slowest}
    targets = {role: started[name].target for role, name in asked.items()}
    capacity = await probe(closed, targets, seconds=workload.probe_s, seed=bench.seed + 1)
    rate = capacity.rate(workload.load)
    held_by = {asked[role]: round(each.rate, 1) for role, each in capacity.by_role.items()}
    bench.draft.facts.update(
        rate=rate,
        capacity=held_by,
        rate_reason=capacity.reason(workload.load, workload.probe_s),
        arrivals=workload.arrivals,
    )  # fmt: skip
    bench.progress.note(f"ablation: capacity {held_by} requests/s, offered {rate:.1f}/s to every arm")
    return rate


async def _walk(bench: Bench, layout: Layout, started: Mapping[str, Arm], load: LocustModel) -> None:
    index, began = 0, time.monotonic()
    for block, (order, seed) in enumerate(zip(layout.orders, layout.seeds, strict=True)):
        left_s = (time.monotonic() - began) / block * (len(layout.orders) - block) if block else bench.timing.budget_s
        bench.progress.stage(f"ablation: block {block + 1} of {len(layout.orders)}, about {left_s:.0f} s left")
        await asyncio.gather(*(arm.verify() for arm in started.values()))
        for number in order:
            arm = started[layout.arms[number].name]
            slot = Slot(index, block, block, arm.role, seed, bench.timing.slot_s, bench.timing.discard_s)
            bench.draft.facts["slots"].append(await _measured(bench, arm, slot, load))
            index += 1
        bench.save()


async def _measured(bench: Bench, arm: Arm, slot: Slot, load: LocustModel) -> dict[str, Any]:
    await empty_cache(bench, arm)
    before = Snapshot.take(bench.own)
    sample = await load.run(slot, arm.target)
    health = before.until(Snapshot.take(bench.own))
    record = summarise(slot, arm.command.name, sample, health=health, offered_rate=load.rate, root=bench.folder.path)
    return {
        **record.metrics, "block": slot.block, "arm": record.arm, "n": record.n, "errors": record.errors,
        "dropped": record.dropped, "parts": record.parts, "lag_p99_s": record.lag_p99_s,
        "neighbour_cores": health.neighbour_cores, "samples": record.samples, loaded.KEY: loaded.kept(record),
    }  # fmt: skip


EXPERIMENT = Ablation()

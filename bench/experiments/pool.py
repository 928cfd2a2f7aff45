"""How many connections does the load need, and what does the tuned pool gain?"""

import asyncio
import itertools
import os
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from bench import design
from bench.criteria.pooling import ALPHA, BASIC, blocks_needed, name_of
from bench.errors import BudgetTooSmall, LoadError
from bench.experiments import pool_loads
from bench.experiments.arms import Arm, start_arm, together
from bench.experiments.context import Bench, Latencies
from bench.experiments.pool_loads import REFERENCE_BLOCKS, SIZES
from bench.experiments.pool_slots import OVERHEAD_S, measured
from bench.load.locust import LocustLoad, LocustModel
from bench.model import Effect, Look, Plan, Role, Slot
from bench.runner import Records, probe
from bench.spec import ExperimentSpec
from bench.stats import pooled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT = SIZES[0]
"""Connections of the tuned pool unless told otherwise."""
BASIC_SIZE = 10
"""The most that asyncpg's own pool has."""
QUANTILES = {"p50": 0.5, "p99": 0.99}
"""Of the latency over all blocks: a single slot is too short for its p99."""
FEWEST_SIZES = 4
PROBE_USERS = 8
REDIS_DATABASE = 5


class Pool:
    """The tuned service with pools of several sizes, and with asyncpg's own, at one offered load."""

    name = "pool"
    question = "How many connections does this load need, and what does the tuned pool gain?"
    method = (
        "The candidate without its cache runs once for each size of its pool, and once with asyncpg's own pool and "
        "its reset. In blocks of random order each gets the same Poisson load for one slot, and its exact counters "
        "(busy, waiting and query seconds) are read before and after; a block gives one value. With time for all sizes "
        "other loads follow, and as many users as keep every pool busy."
    )
    metric = "mean"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:
        """No triples. Raises BudgetTooSmall when it does not hold the fewest sizes in the fewest blocks."""
        needed_s = (FEWEST_SIZES + 1) * blocks_needed() * (timing.slot_s + OVERHEAD_S)
        if timing.budget_s < needed_s:
            raise BudgetTooSmall(
                f"{self.name}: a budget of {timing.budget_s:g} s is too small for {FEWEST_SIZES} sizes in "
                f"{blocks_needed()} blocks; {needed_s:.1f} s are needed.",
                budget_s=timing.budget_s,
                needed_s=needed_s,
            )
        return design.unslotted(self.name, seed)

    async def run(self, bench: Bench) -> None:
        """Start all, choose the rate, walk the blocks."""
        tuned = bench.knobs[Role.CANDIDATE]["pool"] == "on"
        sizes, count = laid_out(bench.timing, SIZES if tuned else (BASIC_SIZE,))
        facts = bench.draft.facts
        facts.update(sizes=sizes, slots=[], cores=os.cpu_count(), tuned=tuned)
        load = LocustLoad(
            custody=bench.custody,
            locustfile=bench.spec.workload.locustfile,
            workload=bench.workload,
            samples=bench.folder.samples,
            arrivals=bench.spec.workload.arrivals,
            # Told, not asked: /identity borrows connections itself, which no request of the slot answers for.
            environment={"PERFLAB_API": "v1" if bench.knobs[Role.CANDIDATE]["api"] == "on" else "legacy"},
            prefix=self.name,
        )
        async with _services(bench, sizes) as services, load:
            rate = await _rate(bench, load, services)
            indexes = itertools.count()
            await _walk(bench, services, load.open_model(rate), count, indexes)
            if pool_loads.has_room(bench.timing):
                await pool_loads.walk(bench, services, load, rate, indexes)

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """None: `bench.criteria.pooling` reads the facts."""
        return ()


def laid_out(timing: ExperimentSpec, sizes: Sequence[int] = SIZES) -> tuple[list[int], int]:
    """Those of the sizes for which there is room, ascending, and how many blocks of them at the reference load."""
    slot_s = timing.slot_s + OVERHEAD_S
    slots = int((timing.budget_s - pool_loads.taken_s(timing)) / slot_s)
    sizes = sizes[: max(FEWEST_SIZES, min(len(sizes), slots // REFERENCE_BLOCKS - 1))]
    return sorted(sizes), slots // (len(sizes) + 1)


@asynccontextmanager
async def _services(bench: Bench, sizes: Sequence[int]) -> AsyncIterator[dict[str, Arm]]:
    """The candidate with pools of these sizes, and with the basic one: all else is as its knobs say."""
    bench.progress.stage(f"pool: starting {len(sizes) + 1} services")
    own = {**bench.knobs[Role.CANDIDATE], "cache": "off"}
    wanted = {name_of(size): (own, {"pool_size": str(size)}) for size in sizes}
    wanted[BASIC] = ({**own, "pool": "off", "reset": "off"}, {})
    async with together(bench, [partial(_start, bench, name, *place) for name, place in wanted.items()]) as started:
        bench.draft.arms = tuple(arm.record() for arm in started)
        yield {arm.command.name: arm for arm in started}


async def _start(bench: Bench, name: str, knobs: Mapping[str, str], fields: Mapping[str, str]) -> Arm:
    return await start_arm(
        bench,
        Role.CANDIDATE,
        name=name,
        knobs=knobs,
        database=bench.databases[Role.CANDIDATE],
        redis_database=REDIS_DATABASE,
        fields=fields,
    )


async def _rate(bench: Bench, load: LocustLoad, services: Mapping[str, Arm]) -> float:
    """The reference load: a share of what the service holds with its default pool."""
    workload, closed = bench.spec.workload, load.closed_model(PROBE_USERS)
    bench.progress.stage("pool: warming up and probing capacity")
    for arm in services.values():
        await probe(closed, {arm.role: arm.target}, seconds=max(workload.warmup_s / 4, 0.25), seed=bench.seed)
    default = services.get(name_of(DEFAULT), services[BASIC])
    capacity = await probe(closed, {default.role: default.target}, seconds=workload.probe_s, seed=bench.seed + 1)
    rate = capacity.rate(workload.load)
    bench.draft.facts.update(
        rate=rate,
        capacity={default.command.name: round(capacity.by_role[default.role].rate, 1)},
        rate_reason=capacity.reason(workload.load, workload.probe_s),
    )
    return rate


async def _walk(bench: Bench, services: dict[str, Arm], load: LocustModel, count: int, indexes: Iterator[int]) -> None:
    order, began = random.Random(bench.seed), time.monotonic()
    took: dict[str, list[NDArray[np.float64]]] = {}
    for block in range(count):
        left_s = (time.monotonic() - began) / block * (count - block) if block else bench.timing.budget_s
        bench.progress.stage(f"pool: block {block + 1} of {count}, about {left_s:.0f} s left")
        await asyncio.gather(*(arm.verify() for arm in services.values()))
        seed = order.randrange(2**32)
        for name in order.sample(list(services), len(services)):
            slot = Slot(next(indexes), block, block, Role.CANDIDATE, seed, bench.timing.slot_s, bench.timing.discard_s)
            try:
                found = await measured(bench, services[name], slot, load)
            except LoadError as error:
                _leave_out(bench, services, name, error)
            else:
                bench.draft.facts["slots"].append(found.facts)
                took.setdefault(name, []).append(found.latencies)
        bench.save()
    bench.draft.facts["latency"] = {
        name: {
            label: asdict(pooled_s)
            for label, q in QUANTILES.items()
            if (pooled_s := pooled.quantile(took[name], q, alpha=ALPHA)) is not None
        }
        for name in services
    }


def _leave_out(bench: Bench, services: dict[str, Arm], name: str, error: LoadError) -> None:
    """A pool that is too small for the load answers nobody any more: it is said, and not asked again."""
    if name in (BASIC, name_of(DEFAULT)):
        raise error
    bench.progress.note(f"pool: {name} cannot hold the load and is left out")
    facts = bench.draft.facts
    facts["overloaded"] = [*facts.get("overloaded", ()), name]
    facts["sizes"] = [size for size in facts["sizes"] if name_of(size) != name]
    facts["slots"] = [slot for slot in facts["slots"] if slot["arm"] != name]
    del services[name]


EXPERIMENT = Pool()

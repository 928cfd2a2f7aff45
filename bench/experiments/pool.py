"""How many connections does the load need, and what does the tuned pool gain?"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from bench import design, observations
from bench.criteria.pooling import BASIC, blocks_needed, name_of
from bench.environment import Snapshot
from bench.errors import BudgetTooSmall, LoadError
from bench.experiments import pool_metrics
from bench.experiments.context import Bench, Latencies
from bench.experiments.pool_metrics import PoolReading
from bench.load import Target
from bench.load.locust import LocustLoad, LocustModel
from bench.model import Effect, Look, Plan, Role, Slot
from bench.runner import Records, probe, summarise
from bench.spec import ExperimentSpec
from bench.subject import Running, reference, setting, start

DEFAULT = 5
"""Connections of the tuned pool unless told otherwise; the basic one, asyncpg's, has up to 10."""
SIZES = (DEFAULT, 2, 3, 8, 20, 4, 1, 6, 13, 10, 15, 30, 40)
"""In the order in which a budget has room for them."""
FEWEST_SIZES = 4
PROBE_USERS = 8
SLOT_OVERHEAD_S = 0.25
"""Between two slots: reading the counters, writing the samples."""
REDIS_DATABASE = 5


class Pool:
    """The tuned service with pools of several sizes, and with asyncpg's own, at one offered load."""

    name = "pool"
    question = "How many connections does this load need, and what does the tuned pool gain?"
    method = (
        "The tuned service without its cache runs once for each size of the pool, and once with asyncpg's own pool and "
        "its reset. In blocks of random order each gets the same Poisson load for one slot, and its exact counters "
        "(busy, waiting and query seconds) are read before and after; a block gives one value."
    )
    metric = "mean"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:
        """No triples. Raises BudgetTooSmall when it does not hold the fewest sizes in the fewest blocks."""
        needed_s = (FEWEST_SIZES + 1) * blocks_needed() * (timing.slot_s + SLOT_OVERHEAD_S)
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
        sizes, count = laid_out(bench.timing)
        facts = bench.draft.facts
        facts.update(sizes=sizes, slots=[], cores=os.cpu_count())
        load = LocustLoad(
            custody=bench.custody,
            locustfile=bench.spec.workload.locustfile,
            workload=bench.workload,
            samples=bench.folder.samples,
            arrivals=bench.spec.workload.arrivals,
            prefix=self.name,
        )
        async with _services(bench, sizes) as services, load:
            rate = await _rate(bench, load, services)
            await _walk(bench, services, load.open_model(rate), count)

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """None: `bench.criteria.pooling` reads the facts."""
        return ()


def laid_out(timing: ExperimentSpec) -> tuple[list[int], int]:
    """The sizes, ascending, and how many blocks of them the budget holds."""
    slot_s = timing.slot_s + SLOT_OVERHEAD_S
    slots = int(timing.budget_s / slot_s)
    sizes = SIZES[: max(FEWEST_SIZES, min(len(SIZES), slots // blocks_needed() - 1))]
    return sorted(sizes), slots // (len(sizes) + 1)


@asynccontextmanager
async def _services(bench: Bench, sizes: Sequence[int]) -> AsyncIterator[dict[str, Running]]:
    bench.progress.stage(f"pool: starting {len(sizes) + 1} services")
    on = {**bench.knobs[Role.CANDIDATE], "cache": "off", "pool": "on", "reset": "on"}
    places = {name_of(size): (on, {setting("pool_size"): str(size)}) for size in sizes}
    places[BASIC] = ({**on, "pool": "off", "reset": "off"}, {})
    started = await asyncio.gather(*(_start(bench, name, *place) for name, place in places.items()))
    try:
        yield dict(zip(places, started, strict=True))
    finally:
        for running in started:
            bench.custody.end(running.pid)


async def _start(bench: Bench, name: str, knobs: Mapping[str, str], extra: Mapping[str, str]) -> Running:
    redis_url = bench.servers.redis_database(REDIS_DATABASE)
    command = reference(name, knobs, database_url=bench.databases[Role.CANDIDATE], redis_url=redis_url)
    return await start(command.having(extra), bench.custody, bench.logs)


async def _rate(bench: Bench, load: LocustLoad, services: Mapping[str, Running]) -> float:
    """The reference load: a share of what the service holds with its default pool."""
    workload, closed = bench.spec.workload, load.closed_model(PROBE_USERS)
    bench.progress.stage("pool: warming up and probing capacity")
    for name, running in services.items():
        target = {Role.CANDIDATE: Target(name, running.base_url)}
        await probe(closed, target, seconds=max(workload.warmup_s / 4, 0.25), seed=bench.seed)
    default = {Role.CANDIDATE: Target(name_of(DEFAULT), services[name_of(DEFAULT)].base_url)}
    capacity = await probe(closed, default, seconds=workload.probe_s, seed=bench.seed + 1)
    rate = capacity.rate(workload.load)
    bench.draft.facts.update(
        rate=rate,
        capacity={name_of(DEFAULT): round(capacity.by_role[Role.CANDIDATE].rate, 1)},
        rate_reason=capacity.reason(workload.load, workload.probe_s),
    )
    return rate


async def _walk(bench: Bench, services: dict[str, Running], load: LocustModel, count: int) -> None:
    order, index, began = random.Random(bench.seed), 0, time.monotonic()
    for block in range(count):
        left_s = (time.monotonic() - began) / block * (count - block) if block else bench.timing.budget_s
        bench.progress.stage(f"pool: block {block + 1} of {count}, about {left_s:.0f} s left")
        seed = order.randrange(2**32)
        for name in order.sample(list(services), len(services)):
            slot = Slot(index, block, block, Role.CANDIDATE, seed, bench.timing.slot_s, bench.timing.discard_s)
            index += 1
            try:
                bench.draft.facts["slots"].append(await _measured(bench, name, services[name], slot, load))
            except LoadError as error:
                _leave_out(bench, services, name, error)
        bench.save()


def _leave_out(bench: Bench, services: dict[str, Running], name: str, error: LoadError) -> None:
    """A pool that is too small for the load answers nobody any more: it is said, and not asked again."""
    if name in (BASIC, name_of(DEFAULT)):
        raise error
    bench.progress.note(f"pool: {name} cannot hold the load and is left out")
    facts = bench.draft.facts
    facts["overloaded"] = [*facts.get("overloaded", ()), name]
    facts["sizes"] = [size for size in facts["sizes"] if name_of(size) != name]
    facts["slots"] = [slot for slot in facts["slots"] if slot["arm"] != name]
    del services[name]


async def _measured(bench: Bench, name: str, running: Running, slot: Slot, load: LocustModel) -> dict[str, Any]:
    health = Snapshot.take(bench.own)
    before = await _counters(running)
    sample = await load.run(slot, Target(name, running.base_url))
    after = await _counters(running)
    passed = health.until(Snapshot.take(bench.own))
    record = summarise(slot, name, sample, health=passed, offered_rate=load.rate, root=bench.folder.path)
    return {
        **after.since(before), "block": slot.block, "arm": name, "seconds": _lasted(slot, sample.path), "n": record.n,
        "errors": record.errors, "dropped": record.dropped, "metrics": record.metrics, "samples": record.samples,
    }  # fmt: skip


def _lasted(slot: Slot, samples: Path) -> float:
    """Seconds from the beginning of the slot to its last answer: a load that is too high is worked off after it."""
    ends = observations.read(samples)["end_s"].to_numpy()
    return max(slot.duration_s, float(ends.max())) if len(ends) else slot.duration_s


async def _counters(running: Running) -> PoolReading:
    async with httpx.AsyncClient(base_url=running.base_url, trust_env=False) as client:
        return pool_metrics.read((await client.get("/metrics")).text)


EXPERIMENT = Pool()

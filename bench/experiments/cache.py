"""What does the cache bring: by hit ratio, in one Redis and in a cluster, and when a server of it dies?"""

import asyncio
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import judge
from bench.checks import loaded
from bench.environment import Snapshot
from bench.experiments import cache_arms, cache_death, cache_filling
from bench.experiments.cache_arms import CLUSTER, SINGLE, Started
from bench.experiments.cache_layout import OFF, Layout, Level
from bench.experiments.context import Bench, Latencies
from bench.experiments.live import Live
from bench.load import Load
from bench.load.locust import LocustLoad
from bench.model import Effect, Look, Plan, Role, Slot
from bench.runner import Measurement, Records, measure, probe, summarise
from bench.spec import ExperimentSpec
from bench.stats import pooled, quantiles

USERS = 8
"""Without pauses, in the capacity probe and the warm-up."""
LOAD = 0.3
"""Offered rate as a share of what the arm without a cache holds, at most: requests that queue behind each other would
make the time of a mean request bend with the hit ratio."""
REQUESTS_PER_S, FEWEST_REQUESTS, MOST_REQUESTS = 10, 200, 600
"""Distinct requests by the budget: all of them have to be remembered before the first slot."""
DRAWN = 0.2
"""Requests of a slot as a share of the distinct ones, at most: what a slot sends again is a hit, whatever was set. At
a fifth that is one request in ten."""
KILLED = 0
"""The node whose URL comes first: the one that the service asks first about the others."""
NO_CLUSTER = (
    "Single against cluster, and what happens when a server dies, were not measured: that takes Redis servers of the "
    "experiment's own, which it starts and kills with embedded servers only; use --services embedded."
)
NOTHING = (
    "The cache was not measured: the Redis is not the lab's own, and to set a hit ratio its answers have to be "
    "deleted; use --services embedded."
)


class Cache:
    """Hit ratio against latency; one Redis against a cluster; a server that dies under load."""

    name = "cache"
    question = "What does the cache bring, by hit ratio, in one Redis and in a cluster, and when a server of it dies?"
    method = (
        "The candidate runs without its cache, with one Redis (`baseline` below) and with a Redis Cluster of three "
        "nodes (`candidate`). Before each slot the share of answers that is remembered is set, in interleaved blocks; "
        "then one Redis and the cluster take turns on the recorded requests; in the end a node of the cluster and "
        "the one Redis are killed halfway through a slot of open-model load."
    )
    metric = "mean"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:
        """The pairs of cluster and single; the rest of the layout follows from the same budget.

        Raises BudgetTooSmall.
        """
        return Layout.of(self.name, timing).plan(self.name, timing, seed)

    async def run(self, bench: Bench) -> None:
        """Fill the caches, choose the rate, then part after part; each is kept as soon as it has ended."""
        if not bench.servers.redis.disposable:
            bench.draft.looks = ()
            bench.draft.facts["not_measured"] = NOTHING
            return
        async with cache_arms.arms(bench) as started:
            await _Parts(self, bench, started).measure()

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """The ratios of cluster to single, overall and per request."""
        return judge.effects(slots, looks=looks)


class _Parts:
    """The parts of the experiment, on running arms."""

    def __init__(self, cache: Cache, bench: Bench, started: Started) -> None:
        self._cache = cache
        self._bench = bench
        self._started = started
        self._layout = Layout.of(cache.name, bench.timing)
        self._facts = bench.draft.facts
        most = min(max(int(REQUESTS_PER_S * bench.timing.budget_s), FEWEST_REQUESTS), MOST_REQUESTS)
        self._asked = cache_filling.distinct(bench.operations, most)
        self._workload = bench.logs / "cache-requests.jsonl"
        self._index = 0

    async def measure(self) -> None:
        """All that these servers allow."""
        single = self._started.keeps[SINGLE]
        recorded = self._load(self._cache.name, self._bench.workload)
        try:
            # A generator takes a second to start; meanwhile nothing is timed.
            await asyncio.gather(self._fill(), recorded.start())
            keys = await cache_filling.shelve(self._started, single)
            async with self._load("cache-keys", self._workload) as distinct:
                rate = await self._choose_rate(distinct)
                await self._ratios(distinct.open_model(rate), keys)
                if CLUSTER not in self._started.arms:
                    self._bench.draft.looks = ()
                    self._facts["not_measured"] = NO_CLUSTER
                    return
                await self._pairs(recorded, rate)
                await cache_filling.remember(self._started, single, keys, 1.0, str(self._bench.seed))
                await self._deaths(distinct.open_model(rate))
        finally:
            recorded.stop()

    async def _fill(self) -> None:
        """Send every request twice to every arm: computed, then remembered; count the commands of both."""
        self._bench.progress.stage(f"cache: {len(self._asked)} requests, computed and then remembered")
        # Side by side: what is counted does not depend on how long it takes.
        names = list(self._started.keeps)
        filling = asyncio.gather(*(self._fill_one(name) for name in names))
        filled, _ = await asyncio.gather(filling, cache_filling.warm(self._started.arms[OFF], self._asked))
        commands: dict[str, object] = {}
        owners = None
        for name, (missed, remembered, found) in zip(names, filled, strict=True):
            commands[name] = {"missed": missed, "remembered": remembered}
            owners = found or owners
        cache_filling.write(self._workload, self._asked, owners)
        self._facts.update(requests=len(self._asked), commands=commands)
        self._bench.save()

    async def _fill_one(self, name: str) -> tuple[dict[str, float], dict[str, float], list[int]]:
        arm, keep = self._started.arms[name], self._started.keeps[name]
        await cache_filling.empty(keep)
        await cache_filling.warm(arm, self._asked)
        missed, owners = await cache_filling.fill(arm, keep, self._asked)
        remembered, _ = await cache_filling.sent(arm, keep, self._asked)
        return missed, remembered, owners

    async def _choose_rate(self, load: LocustLoad) -> float:
        """What the arm without a cache holds easily: the same rate for every slot of the experiment."""
        workload = self._bench.spec.workload
        closed = load.closed_model(USERS)
        target = {Role.CONTROL: self._started.arms[OFF].target}
        capacity = await probe(closed, target, seconds=workload.probe_s, seed=self._bench.seed)
        share = min(workload.load, LOAD)
        easily = DRAWN * len(self._asked) / self._bench.timing.slot_s
        rate = min(capacity.rate(share), easily)
        reason = f"in a slot a request for every fifth of {len(self._asked)} distinct ones"
        self._facts.update(
            rate=rate,
            capacity={OFF: round(capacity.by_role[Role.CONTROL].rate, 1)},
            rate_reason=reason if rate == easily else capacity.reason(share, workload.probe_s),
        )
        self._bench.progress.note(f"cache: offered {rate:.1f} requests/s to every arm")
        return rate

    async def _ratios(self, load: Load, keys: Sequence[str]) -> None:
        """Slots of every hit ratio and of none at all, in blocks whose slots all send the same requests."""
        rows: list[dict[str, object]] = []
        latencies: dict[Level, list[Any]] = {}
        self._facts["ratios"] = {"levels": list(self._layout.levels), "rows": rows, "p95": {}}
        for block, order in enumerate(self._layout.orders(self._bench.seed)):
            self._bench.progress.stage(f"cache: hit ratios, block {block + 1} of {self._layout.blocks}")
            await self._started.verify()
            for level in order:
                row, took = await self._ratio(load, keys, block, level)
                rows.append(row)
                latencies.setdefault(level, []).append(took)
            self._bench.save()
        self._facts["ratios"]["p95"] = {
            str(level): dataclasses.asdict(found)
            for level, blocks in latencies.items()
            if (found := pooled.quantile(blocks, 0.95, alpha=0.05)) is not None
        }

    async def _ratio(self, load: Load, keys: Sequence[str], block: int, level: Level) -> tuple[dict[str, object], Any]:
        arm = self._started.arms[OFF if level == OFF else SINGLE]
        # The same requests at the same moments in all slots of a block.
        slot = self._slot(Role.CONTROL if level == OFF else Role.BASELINE, self._bench.seed + block)
        if isinstance(level, float):
            drawn = f"{self._bench.seed} {block} {level}"
            await cache_filling.remember(self._started, self._started.keeps[SINGLE], keys, level, drawn)
        before, root = Snapshot.take(self._bench.own), self._bench.folder.path
        sample = await load.run(slot, arm.target)
        health = before.until(Snapshot.take(self._bench.own))
        record = summarise(slot, arm.command.name, sample, health=health, offered_rate=self._facts["rate"], root=root)
        found, reasons = cache_death.read(sample.path)
        judged = found.only(found.due >= slot.discard_s)
        good = judged.only(~judged.failed)
        took = good.latency
        row: dict[str, object] = {
            "block": block,
            "level": level,
            "n": len(took),
            "failed": int(judged.failed.sum()),
            "dropped": sample.dropped,
            "reasons": reasons,
            "hit_ratio": float(good.hit.mean()) if len(took) else None,
            "sample": record.samples,
            loaded.KEY: loaded.kept(record),
            **quantiles.summary(took),
        }
        return row, took

    async def _pairs(self, recorded: LocustLoad, rate: float) -> None:
        """One Redis and the cluster in turns, on the recorded requests, their popular ones remembered."""
        bench = self._bench
        targets = {arm.role: arm.target for name, arm in self._started.arms.items() if name != OFF}
        bench.progress.stage("cache: one Redis against a cluster")
        await probe(recorded.closed_model(USERS), targets, seconds=bench.spec.workload.warmup_s, seed=bench.seed)
        await measure(
            Measurement(
                plan=bench.plan,
                load=recorded.open_model(rate),
                targets=targets,
                verify=self._started.verify,
                judge=Live(self._cache, bench.claims, bench.folder.path),
                keep=bench.keep,
                own=bench.own,
                root=bench.folder.path,
                offered_rate=rate,
                progress=bench.progress,
            )
        )

    async def _deaths(self, load: Load) -> None:
        """Both with the same requests at the same moments."""
        deaths: dict[str, object] = {}
        self._facts["deaths"] = deaths
        for name in (CLUSTER, SINGLE):
            self._bench.progress.stage(f"cache: a server of `{name}` dies")
            arm, keep = self._started.arms[name], self._started.keeps[name]
            slot = dataclasses.replace(
                self._slot(arm.role, self._bench.seed), duration_s=self._layout.death_s, discard_s=0.0
            )
            deaths[name] = await cache_death.die(arm, keep, KILLED, load, slot, root=self._bench.folder.path)
            self._bench.save()

    def _load(self, prefix: str, workload: Path) -> LocustLoad:
        return LocustLoad(
            custody=self._bench.custody,
            locustfile=self._bench.spec.workload.locustfile,
            workload=workload,
            samples=self._bench.folder.samples,
            arrivals=self._bench.spec.workload.arrivals,
            prefix=prefix,
        )

    def _slot(self, role: Role, seed: int) -> Slot:
        timing = self._bench.timing
        self._index += 1
        return Slot(self._index, 0, 0, role, seed, timing.slot_s, timing.discard_s)


EXPERIMENT = Cache()

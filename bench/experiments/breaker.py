"""Does a failing dependency take down what does not depend on it, and does the circuit breaker prevent that?

What both routes share is the number of requests that the service takes at a time, which every server has, said or not:
threads, workers, memory. Here it is said (`most_requests`), so that a cascade is a matter of counts and not of how fast
this machine is. Calls to the dependency wait as long as httpx's default does and have no bulkhead: what other guards
prevent, a breaker need not. By default the service has a timeout of one second and a bulkhead of 16 places, behind
which no more than 32 calls can wait: with these the fault should not cascade at all, which is reckoned, not measured
here. So the value is what the breaker prevents where nothing else does; it is not that of the service as it ships.

The rate is below what a slow machine holds, and its shares follow from the rest: calls that hang fill the service after
MOST_REQUESTS / (RATE / 2) seconds, within the fault; the breaker knows of them after `weaviate_slow_s`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from bench import design, observations
from bench.checks import loaded
from bench.criteria.breaker_prevention import INTERLOCK, NONE, SEED, WITH, WITHOUT
from bench.environment import Snapshot
from bench.experiments import breaker_layout, breaker_run
from bench.experiments.arms import Arm, start_arm
from bench.experiments.breaker_layout import FAULTS, FIELDS, Run
from bench.experiments.breaker_readings import PLAIN, readings
from bench.experiments.context import Bench, Latencies
from bench.faults import StandIn, export, standing_in
from bench.load import Load
from bench.load.locust import LocustLoad
from bench.model import Effect, Look, Plan, Role, Slot
from bench.runner import Records
from bench.spec import ExperimentSpec

LOCUSTFILE = Path(__file__).resolve().parents[2] / "loadtests" / "hybrid.py"
RATE = 120.0
"""Requests per second, half of them on each route."""
USERS = 1000
"""As many as can be under way at the client; none is ever dropped for want of one."""
BASE_LATENCY_S = 0.02
SCENARIO: Mapping[str, str] = {
    "weaviate_timeout_s": "5",
    "weaviate_concurrency": "1000",
    "weaviate_alpha": "0",
    "breaker_recovery_s": "0.5",
    "most_requests": "64",
}
"""Settings of all arms."""
LEAST_DEADLINE_S = 0.25
OF_P99 = 5
"""The deadline is five times the p99 without a fault, and 250 ms at least: a pause of the machine is no failure."""
FIRST_REDIS_DATABASE = 4
PILOT = 10_000
"""Index of the first run that warms or tells the deadline."""
WARM_S, PILOT_S = 1.0, 3.0


class Breaker:
    """Load on two routes, one with the dependency and one without, while the dependency fails."""

    name = "breaker"
    question = "Does the circuit breaker keep a failing dependency from failing requests that do not use it?"
    method = (
        "Planned arrivals on hybrid and on plain search, the same for all arms of a block: without a fault, with "
        "Weaviate hanging and no breaker, and with the breaker, in random order; other faults in some blocks, and "
        "other breakers where calls end within the fault. Plain searches that fail or come late count; Weaviate is a "
        "stand-in."
    )
    metric = "collateral"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:
        """No slots of three arms: blocks of their own.

        Raises BudgetTooSmall when it does not hold one block.
        """
        breaker_layout.layout(timing.budget_s, seed)
        return design.unslotted(self.name, seed)

    async def run(self, bench: Bench) -> None:
        """Run after run; each is kept as soon as it has ended."""
        runs = breaker_layout.layout(bench.timing.budget_s, bench.seed)
        slots: list[dict[str, object]] = []
        facts = bench.draft.facts
        facts |= {"rate": RATE, "scenario": dict(SCENARIO), "slots": slots}
        facts |= {"fault_s": breaker_layout.FAULT_S, "whole_s": breaker_layout.whole_s()}
        facts["faults"] = {name: fault.model_dump(mode="json") for name, fault in FAULTS.items()}
        documents = bench.custody.directory("perflab-breaker-") / "documents.jsonl"
        await export(bench.databases[Role.CANDIDATE], documents)
        load = LocustLoad(
            custody=bench.custody,
            locustfile=LOCUSTFILE,
            workload=bench.workload,
            samples=bench.folder.samples,
            arrivals=bench.spec.workload.arrivals,
            users=USERS,
            prefix=self.name,
        )
        async with (
            standing_in(bench.custody, documents, base_latency_s=BASE_LATENCY_S) as standin,
            _arms(bench, standin, runs) as started,
            load,
        ):
            offered = load.open_model(RATE)
            facts["deadline_s"] = deadline_s = await _deadline_s(bench, offered, started)
            for index, run in enumerate(runs):
                bench.progress.stage(f"{self.name}: {index + 1} of {len(runs)}: {run.arm}, {run.fault or 'no fault'}")
                fault = FAULTS[run.fault] if run.fault else None
                seed = bench.seed * 1000 + run.block
                before = Snapshot.take(bench.own)
                watched = await breaker_run.run(
                    offered, started[run.service], standin, fault, index=index, seed=seed % design.SEEDS
                )
                # No errors: the fault makes them.
                disturbed = loaded.disturbed(
                    before.until(Snapshot.take(bench.own)),
                    started[run.service].command.name,
                    breaker_layout.SLOT_S,
                    dropped=watched.dropped,
                    generator_cores=watched.generator_cores,
                )
                said = readings(watched.rows, watched.seen, watched.window, deadline_s)
                told = {"block": run.block, "arm": run.arm, "fault": run.fault, "dropped": watched.dropped}
                slots.append({**told, **said, loaded.KEY: disturbed})
                bench.save()

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """None: the criterion counts failures in blocks."""
        return ()


async def _deadline_s(bench: Bench, load: Load, started: Mapping[str, Arm]) -> float:
    """Warm every arm; then, from one of them and without a fault, the time that an answer may take."""
    bench.progress.stage("breaker: warming up")
    warmed = [arm for name, arm in started.items() if name != WITHOUT]
    lengths = [(arm, WARM_S) for arm in (*warmed, started[WITHOUT])] + [(started[WITHOUT], PILOT_S)]
    for number, (arm, seconds) in enumerate(lengths):
        slot = Slot(PILOT + number, 0, 0, Role.CANDIDATE, bench.seed % design.SEEDS, seconds, 0.0)
        sample = await load.run(slot, arm.target)
    rows = observations.read(sample.path).to_pylist()
    took = [row["end_s"] - row["intended_s"] for row in rows if row["name"] == PLAIN]
    return max(LEAST_DEADLINE_S, OF_P99 * float(np.quantile(took, 0.99)))


@asynccontextmanager
async def _arms(bench: Bench, standin: StandIn, runs: Sequence[Run]) -> AsyncIterator[Mapping[str, Arm]]:
    """The services that the runs are sent to, by name."""
    bench.progress.stage("breaker: starting the arms")
    own = dict(bench.knobs[Role.CANDIDATE])
    wanted: dict[str, tuple[Role, Mapping[str, str], Mapping[str, str]]] = {
        WITHOUT: (Role.BASELINE, {**own, "breaker": "off"}, {}),
        WITH: (Role.CANDIDATE, own, {}),
        SEED: (Role.CANDIDATE, own, {"breaker_kind": "seed"}),
        INTERLOCK: (Role.CANDIDATE, own, {"breaker_kind": "interlock"}),
    }
    needed = {run.service: run for run in sorted(runs, key=lambda run: run.service)}
    together: list[Arm] = []
    try:
        for number, (name, run) in enumerate(needed.items()):
            role, knobs, fields = wanted[WITH if run.arm == NONE else run.arm]
            together.append(
                await start_arm(
                    bench,
                    role,
                    name=name,
                    knobs=knobs,
                    database=bench.databases[Role.CANDIDATE],
                    redis_database=FIRST_REDIS_DATABASE + number,
                    fields={**SCENARIO, "weaviate_url": standin.url, **fields, **FIELDS.get(run.fault, {})},
                )
            )
        bench.draft.arms = tuple(arm.record() for arm in together)
        yield {arm.command.name: arm for arm in together}
    finally:
        for arm in together:
            await asyncio.to_thread(bench.custody.end, arm.running.pid)


EXPERIMENT = Breaker()

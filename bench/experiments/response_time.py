"""Does the API answer faster after the change, at the same offered load?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from bench import judge
from bench.experiments.arms import Arm, arms
from bench.experiments.context import Bench, Latencies, within_budget
from bench.experiments.live import Live
from bench.load.locust import LocustLoad
from bench.model import Claim, Effect, Look, Plan, Role
from bench.runner import Measurement, Records, measure, probe
from bench.spec import ExperimentSpec
from bench.stats.quantiles import QUANTILES, expected, needed

PROBE_USERS = 8
"""Users without pauses in the capacity probe: enough to keep two cores busy, few enough to queue little."""
CONSISTENCY = "response_consistency"
"""The criterion that reads p99 / p50."""
TAIL = QUANTILES["p99"]
SLOT_OVERHEAD_S = 0.25
"""Between two slots: writing the samples, asking for the identity."""


class ResponseTime:
    """Open-model load on baseline, candidate and control, in interleaved slots."""

    name = "response_time"
    question = "Does the candidate answer faster than the baseline, at the same offered load?"
    method = (
        "Locust sends the recorded requests at seeded Poisson moments to one arm at a time, in short slots that "
        "alternate between baseline, candidate and a second baseline process. Latency counts from the moment a "
        "request was due, and each pair of neighbouring slots gives one ratio."
    )
    metric = "p50"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:
        """As many pairs as the budget holds."""
        return within_budget(self.name, timing, seed, overhead_s=SLOT_OVERHEAD_S)

    async def run(self, bench: Bench) -> None:
        """Probe the capacity, choose the rate, warm every arm, walk the plan."""
        load = LocustLoad(
            custody=bench.custody,
            locustfile=bench.spec.workload.locustfile,
            workload=bench.workload,
            samples=bench.folder.samples,
            arrivals=bench.spec.workload.arrivals,
            prefix=self.name,
        )
        async with arms(bench) as started, load:
            rate = await self._choose_rate(bench, load, started)
            plan = lasting(bench.plan, rate)
            if plan is not bench.plan:
                planned_s, lasting_s = (max(slot.duration_s for slot in each.slots) for each in (bench.plan, plan))
                bench.progress.note(
                    f"{self.name}: slots of {planned_s:.2f} s hold too few requests for p50 at this load; they take "
                    f"{lasting_s:.2f} s"
                )
            await measure(
                Measurement(
                    plan=plan,
                    load=load.open_model(rate),
                    targets={role: arm.target for role, arm in started.items()},
                    verify=partial(_verify, started),
                    judge=Live(self, self._waited_for(bench, plan, rate), bench.folder.path),
                    keep=bench.keep,
                    own=bench.own,
                    root=bench.folder.path,
                    offered_rate=rate,
                    progress=bench.progress,
                )
            )

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:
        """Effects of each latency metric, overall and per request, and of the spread p99 / p50."""
        return (*judge.effects(slots, looks=looks), *judge.spread_effects(slots, latencies, looks=looks))

    async def _choose_rate(self, bench: Bench, load: LocustLoad, started: Mapping[Role, Arm]) -> float:
        workload = bench.spec.workload
        bench.progress.stage(f"{self.name}: warming up and probing capacity")
        targets = {role: arm.target for role, arm in started.items()}
        closed = load.closed_model(PROBE_USERS)
        await probe(closed, targets, seconds=workload.warmup_s, seed=bench.seed)
        del targets[Role.CONTROL]  # it is the baseline once more
        capacity = await probe(closed, targets, seconds=workload.probe_s, seed=bench.seed + 1)
        rate = capacity.rate(workload.load)
        held = {str(role): round(each.rate, 1) for role, each in capacity.by_role.items()}
        bench.draft.facts.update(
            rate=rate,
            capacity=held,
            rate_reason=capacity.reason(workload.load, workload.probe_s),
            arrivals=workload.arrivals,
        )
        bench.progress.note(f"{self.name}: capacity {held} requests/s, offered {rate:.1f}/s to every arm")
        return rate

    def _waited_for(self, bench: Bench, plan: Plan, rate: float) -> tuple[Claim, ...]:
        waited_for = within_reach(bench.claims, plan, rate)
        if len(waited_for) < len(bench.claims):
            held = f"{requests(plan, rate):,.0f} of the {needed(TAIL):,} requests per arm that p99 takes"
            bench.progress.note(f"{self.name}: the budget holds {held}; it ends once the other claims are decided")
        return waited_for


def lasting(plan: Plan, rate: float) -> Plan:
    """The plan, with slots long enough at this load for a median in each: a little over its budget, and not in vain.

    How much the arms hold is not known when a plan is laid out.
    """
    judged_s = expected(QUANTILES["p50"]) / rate
    slots = tuple(replace(slot, duration_s=max(slot.duration_s, slot.discard_s + judged_s)) for slot in plan.slots)
    return plan if slots == plan.slots else replace(plan, slots=slots)


def within_reach(claims: Sequence[Claim], plan: Plan, rate: float) -> tuple[Claim, ...]:
    """The claims that a plan can decide at this load; only these are waited for.

    Where even the last look has too few requests for a p99, going on for the claim that takes one brings nothing.
    """
    reached = requests(plan, rate) >= needed(TAIL)
    return tuple(claim for claim in claims if reached or claim.id != CONSISTENCY)


def requests(plan: Plan, rate: float) -> float:
    """How many requests of an arm are judged by the end of the plan, on average."""
    return rate * sum(slot.duration_s - slot.discard_s for slot in plan.slots if slot.role is Role.BASELINE)


async def _verify(started: Mapping[Role, Arm]) -> None:
    for arm in started.values():
        await arm.verify()


EXPERIMENT = ResponseTime()

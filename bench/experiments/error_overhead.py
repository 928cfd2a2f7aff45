"""What does handling an error add to answering a request?"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench import design
from bench.checks import loaded
from bench.criteria.error_overhead import KINDS, SUCCESS, blocks_needed
from bench.environment import Snapshot
from bench.errors import BudgetTooSmall, SubjectError
from bench.experiments import asking, requests
from bench.experiments.arms import Arm, arms
from bench.experiments.asking import Connection
from bench.experiments.context import Bench, Latencies
from bench.model import Effect, Look, Plan, Role
from bench.runner import Records
from bench.spec import ExperimentSpec

REPEATS = 40
"""Requests of each kind in a block: their median is one value."""
BLOCK_S = 0.25
"""What a block takes, both arms together, on two cores."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and how it has to be answered: an error that is none would measure something else."""

    request: bytes
    is_error: bool = True


class ErrorOverhead:
    """Errors and successes in turns over one connection, on both arms."""

    name = "error_overhead"
    question = "What does handling an error add to answering a request?"
    method = (
        "Over one connection each, requests that fail and a request that does nothing are sent one after another to "
        "both arms, in blocks of random order. In each block the median of every kind of error is held against the "
        "median of the success: what an error takes longer is what its handling adds."
    )
    metric = "difference"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:
        """No slots: one request at a time.

        Raises BudgetTooSmall when it does not hold enough blocks for an interval.
        """
        needed_s = blocks_needed() * BLOCK_S
        if timing.budget_s < needed_s:
            raise BudgetTooSmall(
                f"{self.name}: a budget of {timing.budget_s:g} s is too small; {needed_s:g} s are needed.",
                budget_s=timing.budget_s,
                needed_s=needed_s,
            )
        return design.unslotted(self.name, seed)

    async def run(self, bench: Bench) -> None:
        """Measure block after block."""
        order, count = random.Random(bench.seed), int(bench.timing.budget_s / BLOCK_S)
        async with arms(bench) as started:
            bench.progress.stage(f"{self.name}: {count} blocks")
            blocks: list[Mapping[str, Mapping[str, float]]] = []
            bench.draft.facts["blocks"] = blocks
            before = Snapshot.take(bench.own)
            for _ in range(count):
                roles = order.sample((Role.BASELINE, Role.CANDIDATE), 2)
                block = {str(role): await _block(started[role], order) for role in roles}
                blocks.append(block)
            health = before.until(Snapshot.take(bench.own))
            bench.draft.facts["machine"] = [{loaded.KEY: loaded.disturbed(health, "", count * BLOCK_S)}]

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """Differences in seconds, no ratios: the criterion computes them from the blocks."""
        return ()


def asked(prefix: str) -> dict[str, Asked]:
    """What is sent to an API below this path, by kind."""
    search = f"{prefix}/search"
    sent = {
        SUCCESS: Asked(asking.request("GET", "/health/live"), is_error=False),
        "validation": Asked(asking.request("GET", f"{search}?workspace=team-1")),
        "unknown path": Asked(asking.request("GET", f"{prefix}/nothing")),
        "method": Asked(asking.request("DELETE", search)),
        "malformed body": Asked(asking.request("POST", search, b"{", "application/json")),
    }
    assert set(sent) == {SUCCESS, *KINDS}
    return sent


async def _block(arm: Arm, order: random.Random) -> dict[str, float]:
    port = int(arm.running.base_url.rpartition(":")[2])
    return await block(port, asked(requests.PREFIXES[arm.identity.knobs["api"]]), order)


async def block(port: int, sent: Mapping[str, Asked], order: random.Random) -> dict[str, float]:
    """Median seconds of each kind, asked in random order.

    Raises SubjectError when a kind is not answered as it has to be.
    """
    medians = {}
    async with Connection(port) as connection:
        for kind in order.sample(list(sent), len(sent)):
            took = []
            for _ in range(REPEATS):
                status, seconds = await connection.ask(sent[kind].request)
                if (status >= 400) != sent[kind].is_error:
                    raise SubjectError(f"{kind} was answered with {status}")
                took.append(seconds)
            medians[kind] = median(took)
    return medians


EXPERIMENT = ErrorOverhead()

"""What does handling an error add to answering a request?"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench import design
from bench.checks import loaded
from bench.criteria.error_overhead import BESIDE, SUCCESS, blocks_needed
from bench.environment import Snapshot
from bench.errors import BudgetTooSmall, SubjectError
from bench.experiments import asking, requests
from bench.experiments.arms import Arm, arms
from bench.experiments.asking import Connection
from bench.experiments.context import Bench, Latencies
from bench.experiments.contract_errors import UNKNOWN_KEY
from bench.experiments.failing import failing, spoilt
from bench.model import Effect, Look, Plan, Role
from bench.runner import Records
from bench.spec import ExperimentSpec
from bench.subject import Running

DATABASE = "error_overhead"
REPEATS = 20
"""Requests of each kind in a block: their median is one value."""
BLOCK_S = 0.3
"""What a block takes, all services together, on two cores."""
TOO_LARGE = 70_000
"""Bytes that are announced: more than is accepted."""


LIVE = asking.request("GET", "/health/live")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and how it has to be answered: an error that is none would measure something else."""

    request: bytes
    is_error: bool = True
    by_itself: bool = False
    """Over a new connection each time: a server that refuses a body closes the one it came over."""


class ErrorOverhead:
    """Errors and successes in turns over one connection, on both arms."""

    name = "error_overhead"
    question = "What does handling an error add to answering a request?"
    method = (
        "Over one connection each, requests that fail and a request that does nothing are sent one after another to "
        "both arms, and to candidates without their database and with a defect, in blocks of random order. In each "
        "block the median of every kind of error is held against the median of the success: what an error takes longer "
        "is what its handling adds."
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
        async with spoilt(bench, DATABASE) as gone, arms(bench) as started, failing(bench, gone, FAILING) as more:
            bench.progress.stage(f"{self.name}: {count} blocks")
            blocks: list[Mapping[str, Mapping[str, float]]] = []
            bench.draft.facts["blocks"] = blocks
            services = _services(started, more)
            before = Snapshot.take(bench.own)
            for _ in range(count):
                found: dict[str, dict[str, float]] = {str(role): {} for role in ROLES}
                for service in order.sample(services, len(services)):
                    found[service.role] |= await block(service.port, service.sent, order)
                blocks.append(found)
            health = before.until(Snapshot.take(bench.own))
            bench.draft.facts["machine"] = [{loaded.KEY: loaded.disturbed(health, "", count * BLOCK_S)}]

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """Differences in seconds, no ratios: the criterion computes them from the blocks."""
        return ()


ROLES = (Role.BASELINE, Role.CANDIDATE)
FAILING = {"cut": "database away", "defect": "defect"}
"""Candidates that cannot answer, and the kind of error that they answer with."""


@dataclass(frozen=True, slots=True)
class Service:
    """What is sent to which process, and whose times these are."""

    role: str
    port: int
    sent: Mapping[str, Asked]


def _services(started: Mapping[Role, Arm], failing: Mapping[str, Running]) -> list[Service]:
    """Both arms with every kind that their API has; the failing candidates with theirs, where that is v1."""
    apis = {role: started[role].identity.knobs["api"] for role in ROLES}
    found = [Service(str(role), _port(started[role].running), asked(apis[role])) for role in ROLES]
    if apis[Role.CANDIDATE] == "on":
        found += [Service(str(Role.CANDIDATE), _port(failing[way]), unanswered(FAILING[way])) for way in FAILING]
    return found


def unanswered(kind: str) -> dict[str, Asked]:
    """What is sent to a candidate that cannot answer: a search that is right, and a request that needs nothing."""
    search = asking.request("GET", "/api/v1/search?q=event&workspace=team-1")
    return {BESIDE[kind]: Asked(LIVE, is_error=False), kind: Asked(search)}


def asked(api: str) -> dict[str, Asked]:
    """What is sent to an arm whose knob `api` is `on` or `off`, by kind."""
    prefix = requests.PREFIXES[api]
    search = f"{prefix}/search"
    sent = {
        SUCCESS: Asked(LIVE, is_error=False),
        "validation": Asked(asking.request("GET", f"{search}?workspace=team-1")),
        "unknown path": Asked(asking.request("GET", f"{prefix}/nothing")),
        "method": Asked(asking.request("DELETE", search)),
        "malformed body": Asked(asking.request("POST", search, b"{", "application/json")),
    }
    return sent if api == "off" else {**sent, **_of_v1(prefix)}


def _of_v1(prefix: str) -> dict[str, Asked]:
    """What the old API lets pass."""
    good = f"{prefix}/search?q=event&workspace=team-1"
    large = asking.request("POST", f"{prefix}/search", b" " * TOO_LARGE, "application/json")
    return {
        "version": Asked(asking.request("GET", good, headers={"api-version": "99"})),
        "unknown key": Asked(asking.request("GET", good, headers={"x-api-key": UNKNOWN_KEY})),
        "role": Asked(asking.request("GET", f"{prefix}/config")),
        "media type": Asked(asking.request("POST", f"{prefix}/search", b"x", "text/plain"), by_itself=True),
        "too large": Asked(large, by_itself=True),
        BESIDE["too large"]: Asked(LIVE, is_error=False, by_itself=True),
    }


def _port(running: Running) -> int:
    return int(running.base_url.rpartition(":")[2])


async def block(port: int, sent: Mapping[str, Asked], order: random.Random) -> dict[str, float]:
    """Median seconds of each kind, asked in random order.

    Raises SubjectError when a kind is not answered as it has to be.
    """
    medians = {}
    async with Connection(port) as connection:
        for kind in order.sample(list(sent), len(sent)):
            took = []
            for _ in range(REPEATS):
                status, seconds = await _ask(port, connection, sent[kind])
                if (status >= 400) != sent[kind].is_error:
                    raise SubjectError(f"{kind} was answered with {status}")
                took.append(seconds)
            medians[kind] = median(took)
    return medians


async def _ask(port: int, connection: Connection, one: Asked) -> tuple[int, float]:
    if not one.by_itself:
        return await connection.ask(one.request)
    async with Connection(port) as own:
        return await own.ask(one.request)


EXPERIMENT = ErrorOverhead()

"""One run: load on both routes, the fault put and mended on time, the service and its dependency watched."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from bench import observations
from bench.errors import SubjectError
from bench.experiments.arms import Arm
from bench.experiments.breaker_layout import FAULT_S, LEAD_S, SLOT_S
from bench.experiments.breaker_readings import Seen, Window
from bench.faults import Fault, StandIn
from bench.load import Load
from bench.model import Role, Slot
from bench.observations import Observation

POLL_S = 0.1
SETTLE_LIMIT_S = 10.0
STATE = re.compile(r'^circuitbreaker_state\{name="weaviate",state="(\w+)"\} 1\.0$', re.MULTILINE)
ACTIVE = re.compile(r"^http_server_active_requests (\d+)", re.MULTILINE)
LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Watched:
    """What one run left behind, with times from its beginning."""

    rows: Sequence[Observation]
    seen: Sequence[Seen]
    window: Window
    dropped: int
    generator_cores: float


async def run(load: Load, arm: Arm, standin: StandIn, fault: Fault | None, *, index: int, seed: int) -> Watched:
    """Offer load for one slot, with a fault in it or without; the samples stay in the run's folder."""
    slot = Slot(index, 0, index, Role.CANDIDATE, seed, SLOT_S, 0.0)
    async with httpx.AsyncClient(base_url=arm.running.base_url, timeout=LIMIT_S, trust_env=False) as client:
        await _closed(client)
        seen: list[Seen] = []
        watching = asyncio.create_task(_watch(client, standin, seen))
        breaking = asyncio.create_task(_break(standin, fault))
        try:
            sample = await load.run(slot, arm.target)
            begin, end = await breaking
        finally:
            watching.cancel()
            breaking.cancel()
            await asyncio.gather(watching, breaking, return_exceptions=True)
            await standin.mend()
    zero = sample.started.timestamp()
    table = observations.read(sample.path).to_pylist()
    rows = [Observation(**row) for row in table]
    shifted = [one._replace(at_s=one.at_s - zero) for one in seen if 0 <= one.at_s - zero <= SLOT_S]
    return Watched(rows, shifted, Window(begin - zero, end - zero, SLOT_S), sample.dropped, sample.generator_cores)


async def _break(standin: StandIn, fault: Fault | None) -> tuple[float, float]:
    """When the fault was there, or would have been."""
    await asyncio.sleep(LEAD_S)
    if fault is not None:
        await standin.put(fault)
    begin = time.time()
    await asyncio.sleep(FAULT_S)
    end = time.time()
    await standin.mend()
    return begin, end


async def _watch(client: httpx.AsyncClient, standin: StandIn, seen: list[Seen]) -> None:
    """Look ten times a second, until cancelled."""
    while True:
        said, calls = await metrics(client), (await standin.counts()).seen
        seen.append(Seen(time.time(), *said, calls))
        await asyncio.sleep(POLL_S)


async def metrics(client: httpx.AsyncClient) -> tuple[str, int]:
    """The state of the circuit, empty where there is none, and how many requests are under way beside this one.

    Raises SubjectError when the service does not say.
    """
    try:
        page = (await client.get("/metrics")).text
    except httpx.HTTPError as error:
        raise SubjectError(f"/metrics was not answered: {error or type(error).__name__}") from error
    state, active = STATE.search(page), ACTIVE.search(page)
    if active is None:
        raise SubjectError("/metrics does not tell how many requests are under way.")
    return ("" if state is None else state[1]), int(active[1]) - 1


async def _closed(client: httpx.AsyncClient) -> None:
    """Ask until the circuit that the last run opened is closed again, so that no run begins in another's fault.

    Raises SubjectError when it does not close.
    """
    deadline = time.monotonic() + SETTLE_LIMIT_S
    while (await metrics(client))[0] not in {"", "closed"}:
        if time.monotonic() > deadline:
            raise SubjectError(f"The circuit did not close within {SETTLE_LIMIT_S:g} s after the fault.")
        await client.get("/api/v1/search/hybrid", params={"q": "event", "workspace": "team-1"})
        await asyncio.sleep(POLL_S / 2)

"""What the bookkeeping of a checkout costs: gate, shelf and counters, before a pool that answers at once.

A round is a thousand checkouts one after another, so a microsecond in the table is a nanosecond a checkout. `none` is
the pool's own `async with pool.acquire()`; what the bookkeeping adds is the difference to it. What the whole pool gains
on a real server is measured by `python -m bench.micro.pool_throughput`.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bench.micro import pools
from service.db.gate import Gate
from service.db.usage import Usage

CHECKOUTS = 1000

Round = Callable[[], Awaitable[None]]
Measure = Callable[[Round], None]


@pytest.mark.benchmark(group="a connection is at hand: µs per 1000 checkouts")
@pytest.mark.parametrize("way", pools.WAYS)
def test_at_hand(measure: Measure, way: str) -> None:
    """A checkout that waits for nothing."""
    borrow = pools.WAYS[way]()

    async def one_round() -> None:
        for _ in range(CHECKOUTS):
            async with borrow():
                pass

    measure(one_round)


@pytest.mark.benchmark(group="the parts: µs per 1000")
@pytest.mark.parametrize("part", ["nothing", "gate", "counters"])
def test_parts(measure: Measure, part: str) -> None:
    """In and out of a gate with free places; and all that a checkout without a wait writes down."""
    gate, usage, who = Gate(5, queue=100, timeout_s=5.0), Usage(), object()

    async def nothing() -> None:
        for _ in range(CHECKOUTS):
            pass

    async def through_gate() -> None:
        for _ in range(CHECKOUTS):
            gate.enter_now()
            gate.leave()

    async def counted() -> None:
        for _ in range(CHECKOUTS):
            usage.borrowers[who] = usage.clock()
            usage.use.add(usage.clock() - usage.borrowers.pop(who))

    measure({"nothing": nothing, "gate": through_gate, "counters": counted}[part])


@pytest.mark.benchmark(group="all places are taken: µs per 1000 turns at the gate")
@pytest.mark.parametrize("kind", ["gate", "asyncio.Semaphore", "asyncio.Semaphore with a timeout"])
def test_in_turn(measure: Measure, kind: str) -> None:
    """Twenty clients and five places: what waiting for a turn costs, deadline included where there is one."""
    gate, semaphore = Gate(5, queue=100, timeout_s=5.0), asyncio.Semaphore(5)

    async def by_gate() -> None:
        for _ in range(CHECKOUTS // 20):
            await gate.enter()
            await asyncio.sleep(0)
            gate.leave()

    async def by_semaphore() -> None:
        for _ in range(CHECKOUTS // 20):
            async with semaphore:
                await asyncio.sleep(0)

    async def in_time() -> None:
        for _ in range(CHECKOUTS // 20):
            async with asyncio.timeout(5.0):
                await semaphore.acquire()
            await asyncio.sleep(0)
            semaphore.release()

    clients = {"gate": by_gate, "asyncio.Semaphore": by_semaphore, "asyncio.Semaphore with a timeout": in_time}

    async def one_round() -> None:
        await asyncio.gather(*(clients[kind]() for _ in range(20)))

    measure(one_round)

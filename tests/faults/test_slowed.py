"""A service slowed by an exact amount: what was asked for arrives, as what it was asked for."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bench.faults.slowed import PATH, Slowed, spin
from bench.faults.waiting import wait


async def plain(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer at once."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def service() -> AsyncIterator[httpx.AsyncClient]:
    """A slowed application that does nothing else."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Slowed(plain)), base_url="http://slowed") as client:
        yield client


async def took(service: httpx.AsyncClient, requests: int = 20) -> tuple[float, float]:
    """Processor and other seconds of so many requests."""
    processor, wall = time.thread_time(), time.perf_counter()
    for _ in range(requests):
        assert (await service.get("/any")).text == "ok"
    processor = time.thread_time() - processor
    return processor, time.perf_counter() - wall - processor


async def test_work_of_the_processor_arrives_as_such(service: httpx.AsyncClient) -> None:
    """Twenty requests with ten milliseconds each take at least 200 ms of this thread's own time."""
    await service.put(PATH, json={"cpu_s": 0.01})
    processor, _ = await took(service)
    assert processor >= 0.2


async def test_waiting_takes_no_processor(service: httpx.AsyncClient) -> None:
    """And leaves it to others: twenty at a time wait as long as one."""
    await service.put(PATH, json={"wait_s": 0.05})
    processor, waited = await took(service, requests=4)
    assert waited >= 0.2
    assert processor < waited / 2
    began = time.perf_counter()
    await asyncio.gather(*(service.get("/any") for _ in range(20)))
    assert time.perf_counter() - began < 20 * 0.05


@pytest.mark.parametrize("seconds", [0.0, 0.00002, 0.0003, 0.005])
async def test_a_wait_is_never_shorter_than_asked(seconds: float) -> None:
    """However short: event loops alone round up to milliseconds, and here nothing rounds down."""
    began = time.perf_counter()
    await wait(seconds)
    assert time.perf_counter() - began >= seconds


async def test_most_waits_are_finer_than_a_millisecond() -> None:
    """The shortest of fifty waits for 100 microseconds is shorter than the millisecond that a loop would make of it."""
    each = []
    for _ in range(50):
        began = time.perf_counter()
        await wait(0.0001)
        each.append(time.perf_counter() - began)
    assert min(each) < 0.001


async def test_it_can_be_told_otherwise_at_any_time(service: httpx.AsyncClient) -> None:
    """Nothing is added before it was told, nor after it was told to add nothing."""
    await service.put(PATH, json={"cpu_s": 0.05})
    await service.put(PATH, json={})
    processor, _ = await took(service)
    assert processor < 20 * 0.05


@pytest.mark.parametrize("body", [b"", b"{", b'{"cpu_s": -1}', b'{"cpu_s": 99}', b'{"gpu_s": 1}'])
async def test_nonsense_changes_nothing(service: httpx.AsyncClient, body: bytes) -> None:
    """It is refused."""
    assert (await service.put(PATH, content=body)).status_code == 422
    processor, _ = await took(service)
    assert processor < 20 * 0.05


def test_the_spin_is_measured_in_its_own_time() -> None:
    """A neighbour that takes the processor away does not make it shorter."""
    began = time.thread_time()
    spin(0.02)
    assert time.thread_time() - began >= 0.02

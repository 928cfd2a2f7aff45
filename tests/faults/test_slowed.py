"""A service slowed by an exact amount: what was asked for arrives, as what it was asked for."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bench.faults.slowed import Slowed, prefix, spin
from bench.faults.waiting import wait


async def plain(scope: Any, _receive: Any, send: Any) -> None:
    """Answer at once with the path that was asked for."""
    assert scope["raw_path"].decode() == scope["path"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


@pytest.fixture
async def service() -> AsyncIterator[httpx.AsyncClient]:
    """A slowed application that does nothing else."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Slowed(plain)), base_url="http://slowed") as client:
        yield client


async def took(service: httpx.AsyncClient, said: str, requests: int = 20) -> tuple[float, float]:
    """Processor and other seconds of so many requests, each below what was said."""
    processor, wall = time.thread_time(), time.perf_counter()
    for _ in range(requests):
        assert (await service.get(f"{said}/any")).text == "/any"
    processor = time.thread_time() - processor
    return processor, time.perf_counter() - wall - processor


async def test_work_of_the_processor_arrives_as_such(service: httpx.AsyncClient) -> None:
    """Twenty requests with ten milliseconds each take at least 200 ms of this thread's own time."""
    processor, _ = await took(service, prefix(cpu_s=0.01))
    assert processor >= 0.2


async def test_waiting_takes_no_processor(service: httpx.AsyncClient) -> None:
    """And leaves it to others: twenty at a time wait as long as one."""
    processor, waited = await took(service, prefix(wait_s=0.05), requests=4)
    assert waited + processor >= 0.2
    assert processor < waited / 2
    began = time.perf_counter()
    await asyncio.gather(*(service.get(f"{prefix(wait_s=0.5)}/any") for _ in range(20)))
    assert time.perf_counter() - began < 20 * 0.5


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


@pytest.mark.parametrize("said", ["", prefix()])
async def test_requests_beside_slowed_ones_are_not(service: httpx.AsyncClient, said: str) -> None:
    """Each request tells its own amount: nothing is remembered of the one before."""
    await took(service, prefix(cpu_s=0.05), requests=1)
    processor, _ = await took(service, said)
    assert processor < 20 * 0.05


@pytest.mark.parametrize("path", ["/slowed/x/0/any", "/slowed/0/any", "/slowed/-1/0/any", "/slowed/0.1/0.1"])
async def test_what_tells_no_amount_is_the_service_s_own_path(service: httpx.AsyncClient, path: str) -> None:
    """It is passed on as it came."""
    assert (await service.get(path)).text == path


def test_the_spin_is_measured_in_its_own_time() -> None:
    """A neighbour that takes the processor away does not make it shorter."""
    began = time.thread_time()
    spin(0.02)
    assert time.thread_time() - began >= 0.02

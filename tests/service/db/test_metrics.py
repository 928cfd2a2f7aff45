import asyncio

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from service.db.metrics import NAME, POOL, PoolMetrics
from tests.service.db.fake_pool import ANY, Lending


@pytest.fixture
def lending() -> Lending:
    """A pool of three connections."""
    return Lending.of(3)


@pytest.fixture
def registry(lending: Lending) -> CollectorRegistry:
    """What Prometheus would read."""
    registry = CollectorRegistry()
    PoolMetrics(registry).watch("main", lending.now)
    return registry


def read(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    """One sample of the pool."""
    return registry.get_sample_value(NAME + name, {POOL: "main", **labels})


async def test_gauges_show_the_moment(lending: Lending, registry: CollectorRegistry) -> None:
    """Borrowed and idle connections, the limit, and those who wait."""
    async with lending.checkout(), lending.checkout():
        assert read(registry, "count", state="used") == 2
        assert read(registry, "count", state="idle") == 1
        async with lending.checkout():
            waiting = asyncio.create_task(lending.checkout().__aenter__())
            await asyncio.sleep(0)
            assert read(registry, "pending_requests") == 1
        await waiting
    assert read(registry, "pending_requests") == 0
    assert read(registry, "max") == read(registry, "idle_max") == 3


async def test_areas_and_times_are_the_counters_own(lending: Lending, registry: CollectorRegistry) -> None:
    """Nothing is sampled: what the pool counted is what is read."""
    lending.pool.query_takes_s = 0.25
    async with lending.checkout() as connection:
        await connection.fetch(ANY)
        lending.pass_s(0.5)
        assert read(registry, "busy_seconds_total") == 0.75
        assert read(registry, "use_time_seconds_count") == 0
    assert read(registry, "query_seconds_total") == 0.25
    assert read(registry, "use_time_seconds_sum") == 0.75
    assert read(registry, "use_time_seconds_count") == 1
    assert read(registry, "use_time_seconds_bucket", le="0.5") == 0
    assert read(registry, "use_time_seconds_bucket", le="1") == 1
    assert read(registry, "use_time_seconds_bucket", le="+Inf") == 1
    assert read(registry, "wait_time_seconds_count") == 1
    assert read(registry, "create_time_seconds_count") == 0


async def test_refusals_are_counted(lending: Lending, registry: CollectorRegistry) -> None:
    """Each kind in its own counter, all of which begin at 0."""
    names = ("timeouts_total", "rejections_total", "failures_total", "waited_total")
    assert [read(registry, name) for name in names] == [0, 0, 0, 0]
    lending.lender.usage.timeouts = 1
    lending.lender.usage.rejections = 2
    lending.lender.usage.failures = 3
    assert [read(registry, name) for name in names] == [1, 2, 3, 0]


def test_a_pool_takes_the_place_of_its_namesake(registry: CollectorRegistry) -> None:
    """Restarted pools do not double a series; other names stand beside."""
    metrics, other = PoolMetrics(CollectorRegistry()), Lending.of(7)
    for name in ("main", "main", "other"):
        metrics.watch(name, other.now)
    counts = next(family for family in metrics.collect() if family.name == NAME + "max")
    assert [(sample.labels[POOL], sample.value) for sample in counts.samples] == [("main", 7), ("other", 7)]


def test_the_text_is_one_that_prometheus_reads(registry: CollectorRegistry) -> None:
    """Every family has its type, and nothing is there twice."""
    lines = generate_latest(registry).decode().splitlines()
    assert f'{NAME}count{{{POOL}="main",state="idle"}} 3.0' in lines
    assert f"# TYPE {NAME}timeouts_total counter" in lines
    assert f"# TYPE {NAME}wait_time_seconds histogram" in lines
    assert len(lines) == len(set(lines))

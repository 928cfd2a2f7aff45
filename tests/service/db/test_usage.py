import asyncio
import math
import random
from dataclasses import replace
from fractions import Fraction

import pytest

from service.db.histogram import BOUNDS_S, Histogram, quantile
from service.db.usage import PoolSnapshot, chance_to_wait, efficiency, utilisation, wait_quantile, wait_share
from service.errors import DatabaseUnavailableError, PoolQueueFullError, PoolTimeoutError
from tests.service.db.fake_pool import ANY, Lending


async def turns() -> None:
    """Let the loop go round until everybody who can go on has."""
    for _ in range(8):
        await asyncio.sleep(0)


async def test_a_checkout_is_counted_from_asking_to_having_given_back() -> None:
    """Time inside the block and time for the release are use; queries are told apart from the rest of it."""
    lending = Lending.of(keeps=False)
    lending.pool.query_takes_s, lending.pool.release_takes_s = 0.25, 0.5
    async with lending.checkout() as connection:
        lending.pass_s(1.0)
        await connection.fetch(ANY)
    now = lending.now()
    assert (now.borrowed, now.returned, now.busy, now.waited) == (1, 1, 0, 0)
    assert (now.use_s, now.busy_s, now.query_s, now.wait_s, now.waiting_s) == (1.75, 1.75, 0.25, 0.0, 0.0)


async def test_what_is_under_way_counts_up_to_now() -> None:
    """The areas grow while somebody waits and somebody holds a connection; the sums of ended stays do not."""
    lending = Lending.of()
    async with lending.checkout():
        waiting = asyncio.create_task(lending.checkout().__aenter__())
        await turns()
        lending.pass_s(3.0)
        now = lending.now()
        assert (now.busy, now.waiting, now.busy_s, now.waiting_s) == (1, 1, 3.0, 3.0)
        assert (now.use_s, now.wait_s, now.borrowed, now.returned) == (0.0, 0.0, 1, 0)
        lending.pass_s(1.0)
        assert lending.now().busy_s == lending.now().waiting_s == 4.0
    await waiting
    now = lending.now()
    assert (now.busy, now.waiting, now.waited, now.wait_s, now.waiting_s, now.use_s) == (1, 0, 1, 4.0, 4.0, 4.0)


async def test_those_who_get_none_are_told_apart() -> None:
    """Turned away, too late, cancelled: each has its counter, and their waiting counts in the area alone."""
    lending = Lending.of(queue=1, timeout_s=5.0)
    async with lending.checkout():
        late = asyncio.create_task(lending.checkout().__aenter__())
        await turns()
        with pytest.raises(PoolQueueFullError):
            await lending.checkout().__aenter__()
        lending.pass_s(2.0)
        lending.lender.gate._expire(math.inf)
        with pytest.raises(PoolTimeoutError):
            await late
        cancelled = asyncio.create_task(lending.checkout().__aenter__())
        await turns()
        lending.pass_s(1.0)
        cancelled.cancel()
        await turns()
    now = lending.now()
    assert (now.rejections, now.timeouts, now.failures) == (1, 1, 1)
    assert (now.wait_s, now.waiting_s, now.waited, now.waiting, now.borrowed) == (0.0, 3.0, 0, 0, 1)
    assert lending.lender.gate.inside == 0


async def test_a_server_that_is_gone_is_a_failure() -> None:
    """It counts as one, gives the place at the gate up, and is told in the service's words."""
    lending = Lending.of()
    lending.pool.fails = ConnectionRefusedError("refused")
    with pytest.raises(DatabaseUnavailableError, match="no database connection is to be had: refused"):
        await lending.checkout().__aenter__()
    assert (lending.now().failures, lending.now().timeouts, lending.lender.gate.inside) == (1, 0, 0)


@pytest.mark.parametrize("seed", range(10))
async def test_little_s_law_holds_to_the_last_bit(seed: int) -> None:
    """Areas counted by stays are those that integrating step by step gives, at any moment, in any order of events."""
    chance = random.Random(seed)
    lending = Lending.of(3, queue=4)
    busy_area = waiting_area = Fraction()
    holders: list[tuple[asyncio.Event, asyncio.Task[None]]] = []

    async def hold(leave: asyncio.Event) -> None:
        async with lending.checkout():
            await leave.wait()

    for _ in range(200):
        event = chance.random()
        if event < 0.5 or not holders:
            leave = asyncio.Event()
            holders.append((leave, asyncio.create_task(hold(leave))))
        elif event < 0.9:
            holders.pop(chance.randrange(len(holders)))[0].set()
        else:
            holders.pop(chance.randrange(len(holders)))[1].cancel()
        await turns()
        seconds = chance.randrange(16) / 8
        before = lending.now()
        assert before.busy <= lending.size
        lending.pass_s(seconds)
        busy_area += before.busy * Fraction(seconds)
        waiting_area += before.waiting * Fraction(seconds)
        assert (lending.now().busy_s, lending.now().waiting_s) == (busy_area, waiting_area)
    for leave, _ in holders:
        leave.set()
    await asyncio.gather(*(task for _, task in holders), return_exceptions=True)
    now = lending.now()
    assert now.rejections > 0
    assert now.waited > 0
    assert (now.busy, now.waiting, now.borrowed) == (0, 0, now.returned)
    # L x T, the area, is the sum of all W.
    assert now.use_s == now.busy_s == busy_area


def snapshot(**values: object) -> PoolSnapshot:
    """Of a pool that has not been used, but for these values."""
    lending = Lending.of(4)
    return replace(lending.now(), at_s=0.0, **values)


def test_the_shares_are_those_between_the_two_moments() -> None:
    """What was before does not count."""
    before = replace(snapshot(busy_s=7.0, query_s=3.0, waiting_s=5.0, waited=2, use_counts=()), borrowed=4)
    after = replace(before, at_s=10.0, busy_s=37.0, query_s=27.0, waiting_s=15.0, waited=3, borrowed=8)
    assert utilisation(before, after) == 30 / (4 * 10)
    assert efficiency(before, after) == 24 / (10 + 30)
    assert wait_share(before, after) == 10 / (10 + 30)
    assert chance_to_wait(before, after) == 1 / 4


def test_a_pool_that_nobody_used_has_no_shares() -> None:
    """Nothing over nothing is told as such; without time in between there is no utilisation to tell."""
    idle = snapshot()
    later = replace(idle, at_s=1.0)
    assert utilisation(idle, later) == 0
    assert math.isnan(efficiency(idle, later))
    assert math.isnan(wait_share(idle, later))
    assert math.isnan(chance_to_wait(idle, later))
    assert math.isnan(wait_quantile(idle, later, 0.99))
    with pytest.raises(ValueError, match="time between"):
        utilisation(idle, idle)


async def test_the_wait_s_quantiles_count_those_who_did_not_wait() -> None:
    """Nine at once and one after a wait: the median is no wait, the 95th percentile is that one's."""
    lending = Lending.of()
    before = lending.now()
    for _ in range(8):
        async with lending.checkout():
            pass
    async with lending.checkout():
        waiting = asyncio.create_task(lending.checkout().__aenter__())
        await turns()
        lending.pass_s(0.125)
    await waiting
    after = lending.now()
    assert sum(after.wait_counts) == after.borrowed == 10
    assert wait_quantile(before, after, 0.5) == BOUNDS_S[0]
    assert wait_quantile(before, after, 0.95) == 0.2


@pytest.mark.parametrize(
    ("seconds", "bound"), [(0.0, 1e-5), (1e-5, 1e-5), (1.1e-5, 2e-5), (0.3, 0.5), (10.0, 10.0), (11.0, math.inf)]
)
def test_a_duration_is_in_the_bucket_that_it_is_not_above(seconds: float, bound: float) -> None:
    """A bound belongs to the bucket that it ends, as Prometheus has it."""
    histogram = Histogram()
    histogram.add(seconds)
    assert histogram.sum_s == seconds
    assert quantile(histogram.counts, 0.0) == quantile(histogram.counts, 1.0) == bound


def test_bounds_rise_by_1_2_5() -> None:
    """They are round numbers from 10 µs to 10 s."""
    assert BOUNDS_S[:4] == (1e-5, 2e-5, 5e-5, 1e-4)
    assert BOUNDS_S[-4:] == (1.0, 2.0, 5.0, 10.0)
    assert list(BOUNDS_S) == sorted(set(BOUNDS_S))

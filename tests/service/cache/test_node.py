"""One Redis that is cut off, silent or slow."""

import asyncio
from collections import Counter
from urllib.parse import urlsplit

import pytest
import redis.asyncio

from bench.faults.wire import Wire
from service.cache import RedisAnswers
from service.cache.node import BREAKER, Node
from service.errors import ConfigurationError
from service.resilience import CircuitState
from tests.service.cache.kept import Kept, settings
from tests.service.resilience.fake_clock import FakeClock
from tests.service.work import Work

LIMIT_S = 20.0
"""Tests of what must not hang fail after this long; nothing is concluded from shorter times."""
NEVER = Work.failing(AssertionError("not from the cache"))


def node_of(answers: RedisAnswers) -> Node:
    """The one node."""
    assert isinstance(answers._store, Node)
    return answers._store


async def ask(answers: RedisAnswers, times: int, work: Work) -> None:
    """Ask for the same, one after another."""
    for _ in range(times):
        assert await answers.get_or_compute("search", {}, work) == b"answer"


async def test_a_dead_redis_is_a_miss_and_is_left_alone_for_a_while(wire: Wire, clock: FakeClock) -> None:
    """Without Redis every answer is computed; once the circuit is open nobody knocks until one tries again."""
    answers = RedisAnswers(settings(wire.url), "corpus", clock=clock)
    await wire.cut()
    work = Work.ready()
    await ask(answers, BREAKER.minimum_calls, work)
    assert node_of(answers).breaker.state is CircuitState.OPEN
    assert not await answers.healthy()
    await wire.mend()
    knocks = wire.accepted
    await ask(answers, 10, work)
    assert wire.accepted == knocks
    assert work.times == BREAKER.minimum_calls + 10
    clock.now += 2 * BREAKER.recovery_timeout_s
    await ask(answers, 2, work)
    assert node_of(answers).breaker.state is CircuitState.CLOSED
    assert work.times == BREAKER.minimum_calls + 11
    assert await answers.healthy()
    await answers.close()


async def test_a_silent_redis_costs_its_deadline_until_the_circuit_opens(
    wire: Wire, clock: FakeClock, commands: Counter[int]
) -> None:
    """Each request that waits in vain waits once: who could not read does not try to write. Then none waits."""
    answers = RedisAnswers(settings(wire.url, cache_deadline_s=0.05), "corpus", clock=clock)
    wire.mode = "silent"
    work = Work.ready()
    async with asyncio.timeout(LIMIT_S):
        await ask(answers, 10, work)
        assert sum(commands.values()) == BREAKER.minimum_calls
        clock.now += 2 * BREAKER.recovery_timeout_s
        await ask(answers, 10, work)
        assert sum(commands.values()) == BREAKER.minimum_calls + BREAKER.half_open_calls
        assert node_of(answers).breaker.state is CircuitState.OPEN
        assert not await answers.healthy()
    assert work.times == 20
    await answers.close()


async def test_a_slow_redis_is_left_alone_until_it_is_quick_again(
    wire: Wire, clock: FakeClock, commands: Counter[int]
) -> None:
    """It answers, each time within the deadline, and is no use: the circuit opens, and closes on a quick answer."""
    # What is slow follows from the deadline, and three such fit into the breaker's window.
    answers = RedisAnswers(settings(wire.url, cache_deadline_s=1.0), "corpus", clock=clock)
    node_of(answers)._deadline.seconds = LIMIT_S  # in the time of this machine, which may stall
    config = node_of(answers).breaker.config
    await ask(answers, 1, Work.ready())
    await answers._flights.settle()
    clock.now += 2 * (config.window_s or 0)  # the quick ones are long ago

    async def slow() -> None:
        clock.now += 1.1 * config.slow_call_s

    wire.before = slow
    commands.clear()
    await ask(answers, config.minimum_calls, NEVER)
    assert node_of(answers).breaker.state is CircuitState.OPEN
    work = Work.ready()
    await ask(answers, 10, work)
    assert (work.times, sum(commands.values())) == (10, config.minimum_calls)
    clock.now += 2 * config.recovery_timeout_s
    await ask(answers, 1, NEVER)
    assert node_of(answers).breaker.state is CircuitState.OPEN
    wire.before = None
    clock.now += 2 * config.recovery_timeout_s
    await ask(answers, 10, NEVER)
    assert node_of(answers).breaker.state is CircuitState.CLOSED
    await answers.close()


async def test_a_few_slow_answers_are_forgiven(wire: Wire, clock: FakeClock) -> None:
    """A busy moment of this process or of Redis takes no cache away: others beside them were quick."""
    # What is slow follows from the deadline, and three such fit into the breaker's window.
    answers = RedisAnswers(settings(wire.url, cache_deadline_s=1.0), "corpus", clock=clock)
    node_of(answers)._deadline.seconds = LIMIT_S  # in the time of this machine, which may stall
    config = node_of(answers).breaker.config
    await ask(answers, 1, Work.ready())
    await answers._flights.settle()
    for number in range(20):

        async def sometimes(number: int = number) -> None:
            clock.now += 1.1 * config.slow_call_s if number % 2 else 0.0

        wire.before = sometimes
        await ask(answers, 1, NEVER)
    assert node_of(answers).breaker.state is CircuitState.CLOSED
    await answers.close()


def test_what_is_slow_follows_from_the_deadline() -> None:
    """With the setting's default 30 ms are slow for a command, and a few are not."""
    answers = RedisAnswers(settings("redis://127.0.0.1:1", cache_deadline_s=0.05), "corpus")
    assert 0.005 < node_of(answers).breaker.config.slow_call_s < 0.03


async def test_nobody_waits_until_redis_has_taken_an_answer(wire: Wire, fresh_redis: str) -> None:
    """The answer is given before Redis has it; closing waits for that, and another process finds it."""
    answers, work, may_go_on = RedisAnswers(settings(wire.url), "corpus"), Work.ready(), asyncio.Event()

    async def hold_what_comes_after_reading() -> None:
        if work.times:
            await may_go_on.wait()

    wire.before = hold_what_comes_after_reading
    async with asyncio.timeout(LIMIT_S), redis.asyncio.Redis.from_url(fresh_redis) as past_the_wire:
        await ask(answers, 1, work)
        assert await past_the_wire.dbsize() == 0
        may_go_on.set()
        await answers.close()
        assert await past_the_wire.dbsize() == 1


async def test_many_at_once_wait_at_the_same_time(wire: Wire, clock: FakeClock) -> None:
    """More requests than connections: who finds none in time goes on without, too."""
    answers = RedisAnswers(settings(wire.url, cache_deadline_s=0.05), "corpus", clock=clock)
    wire.mode = "silent"
    work = Work.ready()
    async with asyncio.timeout(LIMIT_S):
        asked = [answers.get_or_compute("search", {"q": number}, work) for number in range(100)]
        assert await asyncio.gather(*asked) == [b"answer"] * 100
    assert work.times == 100
    await answers.close()


async def test_clients_that_leave_do_not_open_the_circuit(wire: Wire, clock: FakeClock) -> None:
    """A request given up before its deadline says nothing about Redis."""
    answers = RedisAnswers(settings(wire.url), "corpus", clock=clock)
    wire.mode = "silent"
    asking = [asyncio.create_task(answers.get_or_compute("search", {"q": n}, NEVER)) for n in range(10)]
    await wire.asked.wait()
    for task in asking:
        task.cancel()
    await asyncio.wait(asking)
    assert node_of(answers).breaker.snapshot().calls == 0
    await answers.close()


async def test_a_full_redis_still_answers_what_it_has(fresh_redis: str, clock: FakeClock) -> None:
    """It refuses to keep more, which costs nothing and opens nothing."""
    answers = RedisAnswers(settings(fresh_redis), "corpus", clock=clock)
    await ask(answers, 1, Work.ready())
    async with redis.asyncio.Redis.from_url(fresh_redis) as client:
        await client.config_set("maxmemory", 1)
        try:
            work = Work.ready(b"more")
            for _ in range(10):
                assert await answers.get_or_compute("search", {"q": "more"}, work) == b"more"
                await answers._flights.settle()
            assert work.times == 10
            assert node_of(answers).breaker.state is CircuitState.CLOSED
            await ask(answers, 1, NEVER)
        finally:
            await client.config_set("maxmemory", 0)
    await answers.close()


async def test_replies_are_never_crossed_after_a_deadline(wire: Wire, clock: FakeClock) -> None:
    """A command given up half-way must not leave its reply for the next: each key answers its own."""
    answers = RedisAnswers(settings(wire.url), "corpus", clock=clock)
    for name in ("a", "b"):
        await answers.get_or_compute("search", {"q": name}, Work.ready(name.encode()))
    await answers._flights.settle()
    node = node_of(answers)
    node._deadline.seconds = 0.001
    for _ in range(20):
        node.breaker.transition_to(CircuitState.CLOSED)
        await answers.get_or_compute("search", {"q": "a"}, Work.ready(b"a"))
    node._deadline.seconds = 5.0
    node.breaker.transition_to(CircuitState.CLOSED)
    for name in ("b", "a", "b"):
        assert await answers.get_or_compute("search", {"q": name}, NEVER) == name.encode()
    await answers.close()


async def test_a_dead_redis_prevents_no_start(wire: Wire) -> None:
    """Whether it is of the right mode is looked at when it answers."""
    await wire.cut()
    for mode in ("single", "cluster"):
        answers = RedisAnswers(settings(wire.url.rpartition("/")[0], redis_mode=mode), "corpus")
        await answers.open()
        assert not await answers.healthy()
        await answers.close()


async def test_the_mode_must_be_the_server_s(kept: Kept) -> None:
    """A Redis of the other mode is told at once, in one sentence without the password."""
    url = kept.urls[0].partition("/1")[0] if kept.mode == "single" else kept.urls[0]
    other = "cluster" if kept.mode == "single" else "single"
    answers = RedisAnswers(settings(url, redis_mode=other), "corpus")
    with pytest.raises(ConfigurationError, match=r"DOCAICHE_REDIS_MODE[^\n]*\.\Z") as refused:
        await answers.open()
    assert str(urlsplit(url).password) not in str(refused.value)
    await answers.close()

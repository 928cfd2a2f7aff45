"""The breaker around Weaviate: what opens its circuit, what does not, and how hybrid search comes back."""

import asyncio
import dataclasses
import itertools
import time

import pytest
from structlog.testing import capture_logs

from bench.faults import Fault, Shards, StandIn, shard
from service.resilience import CircuitState
from service.settings import Settings
from tests.service.running import running
from tests.service.vector.asking import HARD_FAULTS, LONG_S, hybrid, in_flight, listening, state, until


@pytest.mark.parametrize(
    "fault", [HARD_FAULTS["error"], HARD_FAULTS["reset"], HARD_FAULTS["error in a 200"]], ids=lambda f: f.mode
)
async def test_errors_open_the_circuit(fault: Fault, settings: Settings, standin: StandIn) -> None:
    """Ten failures are enough; from then on Weaviate is left alone, and clients are answered all the same."""
    async with running(settings) as service:
        await standin.put(fault)
        with capture_logs() as lines:
            for _ in range(30):
                assert (await hybrid(service))["source"] == "fulltext"
        assert state(service) is CircuitState.OPEN
    assert (await standin.counts()).failed == 10
    changes = [line for line in lines if line["event"] == "circuit changed"]
    assert [(line["circuit"], line["before"], line["after"]) for line in changes] == [("weaviate", "closed", "open")]


async def test_without_the_breaker_every_request_asks(settings: Settings, standin: StandIn) -> None:
    """The negative case, and what the setting `breaker` is for: clients are answered, and Weaviate has no rest."""
    async with running(settings.model_copy(update={"breaker": False})) as service:
        assert service.resources.hybrid.breaker is None
        await standin.put(HARD_FAULTS["error"])
        for _ in range(30):
            assert (await hybrid(service))["source"] == "fulltext"
    assert (await standin.counts()).failed == 30


async def test_a_few_errors_do_not_open_it(settings: Settings, standin: StandIn) -> None:
    """A tenth of the requests fails, and each of those alone is answered from full text."""
    async with running(settings) as service:
        await standin.put(Fault(mode="error", rate=0.1, seed=1))
        sources = [(await hybrid(service))["source"] for _ in range(60)]
        assert state(service) is CircuitState.CLOSED
    counts = await standin.counts()
    assert sources.count("fulltext") == counts.failed > 0
    assert sources.count("hybrid") == counts.answered > 40


async def test_calls_that_hang_open_the_circuit(settings: Settings, standin: StandIn) -> None:
    """Each is given up after its time, and after ten of them nobody asks any more."""
    async with running(settings.model_copy(update={"weaviate_timeout_s": 0.1})) as service:
        await standin.put(HARD_FAULTS["hang"])
        for _ in range(15):
            assert (await hybrid(service))["source"] == "fulltext"
        assert state(service) is CircuitState.OPEN
    # One that was given up on its way has not come here.
    assert 0 < (await standin.counts()).seen <= 10


async def test_calls_that_still_hang_open_it_before_any_has_ended(settings: Settings, standin: StandIn) -> None:
    """Ten that are overdue are evidence enough: the eleventh does not wait for its time to pass."""
    async with running(settings) as service:
        await standin.put(HARD_FAULTS["hang"])
        hanging = [asyncio.create_task(hybrid(service)) for _ in range(10)]
        await in_flight(standin, 10)
        breaker = service.resources.hybrid.breaker
        assert breaker is not None
        # For the breaker most of their time has passed.
        breaker._clock = lambda: time.monotonic() + 0.8 * LONG_S
        assert breaker.snapshot().overdue == 10
        assert (await hybrid(service))["source"] == "fulltext"
        assert breaker.state is CircuitState.OPEN
        assert not any(task.done() for task in hanging)
        await standin.mend()
        assert {answer["source"] for answer in await asyncio.gather(*hanging)} == {"hybrid"}


async def test_calls_that_are_merely_slow_open_it(settings: Settings, standin: StandIn) -> None:
    """Weaviate answers every one of them, but each in more than half of its time: the eleventh is spared it."""
    async with running(settings) as service:
        breaker = service.resources.hybrid.breaker
        assert breaker is not None
        # Told twice in a call: for the breaker each takes 0.6 of its time.
        readings = itertools.count()
        breaker._clock = lambda: next(readings) * 0.6 * LONG_S
        breaker.config = dataclasses.replace(breaker.config, window_s=None)
        breaker.transition_to(CircuitState.CLOSED)
        sources = [(await hybrid(service))["source"] for _ in range(11)]
        assert breaker.state is CircuitState.OPEN
    assert sources == ["hybrid"] * 10 + ["fulltext"]
    assert (await standin.counts()).answered == 10


async def test_after_the_fault_hybrid_answers_again(settings: Settings, standin: StandIn) -> None:
    """An open circuit tries again after its wait, and closes."""
    async with running(settings.model_copy(update={"breaker_recovery_s": 0.05})) as service:
        await standin.put(HARD_FAULTS["reset"])

        async def opened() -> bool:
            await hybrid(service)
            return state(service) is CircuitState.OPEN

        await until(opened)
        await standin.mend()

        async def closed() -> bool:
            source = (await hybrid(service))["source"]
            return source == "hybrid" and state(service) is CircuitState.CLOSED

        await until(closed)


async def test_a_shard_that_fails_is_felt_by_its_workspaces_alone(settings: Settings, standin: StandIn) -> None:
    """One workspace has full text, another hybrid search; a third of the calls is too little to open the circuit."""
    failing = shard("team-1", 4)
    assert shard("team-2", 4) != failing
    async with running(settings) as service:
        await standin.put(Fault(mode="error", shards=Shards(of=4, failing=frozenset({failing}))))
        for _ in range(10):
            for workspace, source in (("team-2", "hybrid"), ("team-1", "fulltext"), ("team-2", "hybrid")):
                assert (await hybrid(service, workspace=workspace))["source"] == source
        assert state(service) is CircuitState.CLOSED


async def test_a_flapping_weaviate_is_used_while_it_is_up(settings: Settings, standin: StandIn) -> None:
    """Without a breaker each request takes what it meets: from full text to hybrid and back, twice."""
    async with running(settings.model_copy(update={"breaker": False})) as service:
        await standin.put(Fault(mode="reset", flap_s=0.1))
        for expected in ("hybrid", "fulltext") * 2:

            async def answers(source: str = expected) -> bool:
                return (await hybrid(service))["source"] == source

            await until(answers)


async def test_clients_that_leave_do_not_open_the_circuit(settings: Settings, standin: StandIn) -> None:
    """Thirty leave while Weaviate thinks: none counts, the places are free again, and it learns that they left."""
    async with running(settings) as service:
        for _ in range(3):
            await standin.put(HARD_FAULTS["hang"])
            asking = [asyncio.create_task(hybrid(service)) for _ in range(10)]
            await in_flight(standin, 10)
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
            await in_flight(standin, 0)
        breaker = service.resources.hybrid.breaker
        assert breaker is not None
        assert (breaker.state, breaker.snapshot().calls) == (CircuitState.CLOSED, 0)
        await standin.mend()
        answers = await asyncio.gather(*(hybrid(service) for _ in range(16)))
        assert {answer["source"] for answer in answers} == {"hybrid"}
    assert (await standin.counts()).abandoned == 30


async def test_clients_that_hang_up_do_not_open_it_either(settings: Settings, standin: StandIn) -> None:
    """Over real sockets: the server lets their requests go on to the end, and the end is what counts."""
    async with running(settings) as service, listening(service) as port:
        await standin.put(HARD_FAULTS["hang"])
        writers = []
        for _ in range(12):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /api/v1/search/hybrid?q=event&workspace=team-1 HTTP/1.1\r\nhost: x\r\n\r\n")
            writers.append(writer)
        await in_flight(standin, 12)
        for writer in writers:
            writer.transport.abort()
        await standin.mend()
        breaker = service.resources.hybrid.breaker
        assert breaker is not None

        async def all_counted() -> bool:
            return breaker.snapshot().calls == 12

        await until(all_counted)
        now = breaker.snapshot()
        assert (now.state, now.failed) == (CircuitState.CLOSED, 0)

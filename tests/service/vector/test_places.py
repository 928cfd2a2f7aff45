"""How many calls of Weaviate may be under way at once."""

import asyncio

from bench.faults import Counts, StandIn
from service.resilience import CircuitState
from service.settings import Settings
from tests.service.running import running
from tests.service.vector.asking import HARD_FAULTS, hybrid, in_flight, state, until


async def test_no_more_calls_than_places_are_under_way(settings: Settings, standin: StandIn) -> None:
    """Weaviate never sees more at a time than it may; whoever finds no place is answered from full text."""
    async with running(settings.model_copy(update={"weaviate_concurrency": 3})) as service:
        await standin.put(HARD_FAULTS["hang"])
        asking = {asyncio.create_task(hybrid(service)) for _ in range(20)}
        await in_flight(standin, 3)

        async def rest_is_answered() -> bool:
            return sum(task.done() for task in asking) == 17

        await until(rest_is_answered)
        assert {task.result()["source"] for task in asking if task.done()} == {"fulltext"}
        await standin.mend()
        sources = [answer["source"] for answer in await asyncio.gather(*asking)]
        # A full house is no sign of an illness.
        assert state(service) is CircuitState.CLOSED
        counts = await standin.counts()
    assert sources.count("hybrid") == 3
    assert counts == Counts(seen=3, answered=3, most_in_flight=3)


async def test_with_places_enough_more_are_under_way(settings: Settings, standin: StandIn) -> None:
    """The negative case: it is the setting that holds them back."""
    async with running(settings.model_copy(update={"weaviate_concurrency": 20})) as service:
        await standin.put(HARD_FAULTS["hang"])
        asking = [asyncio.create_task(hybrid(service)) for _ in range(20)]
        await in_flight(standin, 20)
        await standin.mend()
        assert {answer["source"] for answer in await asyncio.gather(*asking)} == {"hybrid"}

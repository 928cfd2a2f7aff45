"""No more requests at a time than the setting says."""

import asyncio

import pytest

from tests.service.running import ON, Databases, running
from tests.service.test_v1_errors import GOOD, envelope


@pytest.mark.usefixtures("unannounced")
async def test_who_comes_when_it_is_full_is_refused(databases: Databases) -> None:
    """With one place, and that taken, the next is a 503 in the envelope; who asks how the service is gets in."""
    settings = databases.settings({**ON, "cache": "off"}, most_requests=1)
    async with running(settings) as service:
        taken = service.resources.database
        several = await asyncio.gather(*(service.get("/search", **GOOD) for _ in range(5)))
        assert taken.usage().busy == 0
        live = await service.client.get("/health/live")
        again = await service.get("/search", **GOOD)
    assert sorted(answer.status_code for answer in several) == [200, 503, 503, 503, 503]
    refused = next(answer for answer in several if answer.status_code == 503)
    assert envelope(refused)["message"] == "Too many requests are under way; try again."
    assert refused.headers["retry-after"] == "1"
    assert (live.status_code, again.status_code) == (200, 200)


async def test_without_the_setting_all_come_in(databases: Databases) -> None:
    """The negative case."""
    async with running(databases.settings({**ON, "cache": "off"})) as service:
        several = await asyncio.gather(*(service.get("/search", **GOOD) for _ in range(5)))
    assert {answer.status_code for answer in several} == {200}

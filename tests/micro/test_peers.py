"""What the comparisons compare is the same: the peers answer what the service answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from bench.micro import comparison, error_path, failing
from bench.micro.failing import REQUESTS, SUCCESS
from bench.micro.peers import bare, orm
from tests.service.running import ON, Databases, running

SEARCHES: tuple[dict[str, Any], ...] = (
    {"q": "event loop", "workspace": "team-1", "technology": "asyncio"},
    {"q": "return", "workspace": "team-1", "technology": "python", "limit": 5, "offset": 3},
    {"q": "zyzzyva", "workspace": "team-1", "technology": "python"},
)


@asynccontextmanager
async def peer(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of one of the peers."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://peer") as client,
    ):
        yield client


async def test_the_bare_handler_answers_the_same_bytes(databases: Databases) -> None:
    """To the last one, so that neither has less to encode."""
    settings = databases.settings({**ON, "cache": "off"})
    async with running(settings) as service, peer(bare.create(settings.database_url.get_secret_value())) as client:
        for asked in SEARCHES:
            ours = await service.get("/search", **asked)
            assert (await client.get("/api/v1/search", params=asked)).content == ours.content
    assert len(ours.json()["hits"]) == 0


async def test_the_orm_answers_the_same_facts(databases: Databases) -> None:
    """The same documents in the same order with the same total; it tells no cursor."""
    settings = databases.settings({**ON, "cache": "off"})
    async with running(settings) as service, peer(orm.create(settings.database_url.get_secret_value())) as client:
        for asked in SEARCHES:
            ours = (await service.get("/search", **asked)).json()
            theirs = (await client.get("/api/v1/search", params=asked)).json()
            assert [hit["id"] for hit in theirs["hits"]] == [hit["id"] for hit in ours["hits"]]
            assert [hit["snippet"] for hit in theirs["hits"]] == [hit["snippet"] for hit in ours["hits"]]
            assert theirs["total"] == ours["total"]


@pytest.mark.parametrize("name", REQUESTS)
async def test_every_kind_of_error_comes_about(name: str) -> None:
    """With its status, in the envelope; the success is a page."""
    status, body = await failing.answered(failing.application(REQUESTS[name]), REQUESTS[name])
    assert status == REQUESTS[name].status
    assert ("hits" in body) if name == SUCCESS else set(body) == {"error"}


async def test_a_slow_error_would_be_seen() -> None:
    """A kind that takes a millisecond more is told as that; everyone has a turn in every round but the first."""
    seen: list[str] = []

    async def turn(name: str) -> float:
        seen.append(name)
        await asyncio.sleep(0)
        return 0.001 if name == SUCCESS else 0.002

    values = await comparison.rounds({name: lambda name=name: turn(name) for name in (SUCCESS, "slow")}, 8)
    assert (len(seen), {name: len(several) for name, several in values.items()}) == (18, {SUCCESS: 8, "slow": 8})
    assert comparison.ratio(values["slow"], values[SUCCESS]).estimate == pytest.approx(2)
    assert error_path.difference(values["slow"], values[SUCCESS]).estimate == pytest.approx(0.001)
    assert "+1000.0 µs" in error_path.report(values)

from itertools import pairwise, product
from typing import Any

import asyncpg
import pytest

from service.settings import KNOBS
from tests.service import facts
from tests.service.running import OFF, ON, Databases, running

VARIED = [name for name, knob in KNOBS.items() if not knob.needs]
COMBINATIONS = [
    {**ON, **dict(zip(VARIED, states, strict=True))} for states in product(("off", "on"), repeat=len(VARIED))
]


@pytest.fixture(scope="module")
def remembered() -> list[Any]:
    """The answers of the first combination, for the others to be held against."""
    return []


@pytest.mark.parametrize(
    "knobs", COMBINATIONS, ids=lambda knobs: "".join("01"[state == "on"] for state in knobs.values())
)
async def test_every_combination_of_knobs_answers_the_same(
    knobs: dict[str, str], databases: Databases, fresh_redis: str, remembered: list[Any]
) -> None:
    """Knobs change how fast an answer comes, never what it says or in which order."""
    async with running(databases.settings(knobs, redis_url=fresh_redis)) as service:
        answers = await facts.everything(service)
        assert service.resources.settings.knobs() == knobs
    if not remembered:
        remembered.append(answers)
    assert answers == remembered[0]


async def test_answers_from_the_cache_are_the_same(databases: Databases, fresh_redis: str) -> None:
    """The second time, both APIs answer from Redis what they answered the first time."""
    for knobs in (ON, {**ON, "api": "off"}):
        async with running(databases.settings(knobs, redis_url=fresh_redis)) as service:
            assert await facts.everything(service) == await facts.everything(service)


async def test_parity_notices_one_different_document(databases: Databases, own_copy: str) -> None:
    """The comparison is not blind: one more document on one side makes it fail."""
    connection = await asyncpg.connect(own_copy)
    await connection.execute(
        "INSERT INTO documents (workspace_id, technology, title, content, source)"
        " VALUES ('team-1', 'asyncio', 'event loop', 'event loop', '')"
    )
    await connection.close()
    async with (
        running(databases.settings(OFF)) as before,
        running(databases.settings({**ON, "cache": "off"}, database_url=own_copy)) as after,
    ):
        assert await facts.everything(before) != await facts.everything(after)


async def test_hits_come_best_first_ties_newest_first(databases: Databases) -> None:
    """The order is total: rank, then date, then id, all descending; the documents hold ties of each."""
    async with running(databases.settings(ON)) as service:
        hits = (await facts.search(service, {"q": "return", "workspace": "team-1", "limit": 100}))["hits"]
    keys = [(hit["rank"], hit["created_at"], hit["id"]) for hit in hits]
    assert keys == sorted(keys, reverse=True)
    assert any(one[:1] == other[:1] and one[1] != other[1] for one, other in pairwise(keys))
    assert any(one[:2] == other[:2] for one, other in pairwise(keys))


async def test_pages_join_to_the_whole(databases: Databases) -> None:
    """Walking by limit and offset meets every hit once, and each page tells the same total."""
    asked = {"q": "return", "workspace": "team-1", "technology": "python"}
    async with running(databases.settings(ON)) as service:
        whole = await facts.search(service, {**asked, "limit": 100})
        pages = [await facts.search(service, {**asked, "limit": 9, "offset": start}) for start in range(0, 100, 9)]
    assert [hit["id"] for page in pages for hit in page["hits"]][:100] == [hit["id"] for hit in whole["hits"]]
    assert {page["total"] for page in pages} == {whole["total"]}
    assert whole["total"] > 20


async def test_filters_hold(databases: Databases) -> None:
    """Hits are of the workspace and the technology that were asked for, and their number is the table's."""
    async with running(databases.settings(ON)) as service:
        found = await facts.search(
            service, {"q": "return", "workspace": "team-2", "technology": "python", "limit": 100}
        )
    assert {(hit["workspace"], hit["technology"]) for hit in found["hits"]} == {("team-2", "python")}
    connection = await asyncpg.connect(databases.by_tunings[()])
    counted = await connection.fetchval(
        "SELECT count(*) FROM documents WHERE workspace_id = 'team-2' AND technology = 'python'"
        " AND to_tsvector('english', title || ' ' || content) @@ websearch_to_tsquery('english', 'return')"
    )
    await connection.close()
    assert found["total"] == counted


async def test_snippets_are_the_beginning_of_the_text(databases: Databases) -> None:
    """A hit shows the first 240 characters of its document, and nothing of the rest leaves the database."""
    async with running(databases.settings(ON)) as service:
        found = await facts.search(service, {"q": "return", "workspace": "team-1", "limit": 100})
    connection = await asyncpg.connect(databases.by_tunings[()])
    texts = dict(await connection.fetch("SELECT id, left(content, 240) FROM documents"))
    await connection.close()
    assert all(hit["snippet"] == texts[hit["id"]] for hit in found["hits"])
    assert any(len(hit["snippet"]) == 240 for hit in found["hits"])


@pytest.mark.parametrize(
    ("knobs", "absent"), [(ON, "/api/search"), (OFF, "/api/v1/search/hybrid")], ids=["v1", "legacy"]
)
async def test_one_api_is_served_at_a_time(knobs: dict[str, str], absent: str, databases: Databases) -> None:
    """The knob `api` chooses; the other is not there, but for the paths of v1 that the old handlers answer."""
    async with running(databases.settings(knobs)) as service:
        response = await service.client.get(absent, params={"q": "a", "workspace": "team-1"})
    assert response.status_code == 404

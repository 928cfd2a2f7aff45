"""Pages by cursor: nothing twice, nothing lost, whatever comes and goes in between."""

import math
from datetime import UTC, datetime, timedelta, timezone

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidValueError
from service.search.cursor import LAST_ID, LONGEST, Place, decoded
from tests.service.running import ON, Databases, Service, running
from tests.service.test_access import ADMIN, KEY
from tests.service.test_v1_errors import envelope

ASKED = {"q": "return", "workspace": "team-1", "technology": "python"}
COMPUTED = {**ON, "cache": "off", "fulltext": "off"}
STORED = {**ON, "cache": "off"}

NOW = datetime(2026, 11, 1, tzinfo=UTC)

places = st.builds(
    Place,
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))])),
    st.integers(1, LAST_ID),
    st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32),
)


@given(places)
def test_a_place_survives_the_way_through_the_client(place: Place) -> None:
    """Whatever the page's last hit was, its cursor is read as the same, and is short."""
    text = place.encoded()
    assert decoded(text, ranked=place.rank is not None) == place
    assert len(text) <= LONGEST


@given(st.text(max_size=80) | places.map(Place.encoded).flatmap(lambda text: st.just(text[:-1] + "A")))
def test_any_other_text_is_refused(text: str) -> None:
    """Made up or damaged: one error, or the rare damage that is another place; never anything else."""
    try:
        place = decoded(text, ranked=True)
    except InvalidValueError:
        return
    assert place.encoded() == text


@pytest.mark.parametrize("place", [
    Place(NOW, 0, 0.5), Place(NOW, True, 0.5), Place(NOW.replace(tzinfo=None), 1, 0.5), Place(NOW, LAST_ID + 1, 0.5),
    Place(NOW, 1, math.inf), Place(NOW, 1),
])  # fmt: skip
def test_a_well_written_cursor_to_nowhere_is_refused(place: Place) -> None:
    """No document has such an id, date or rank, and a list's cursor is none of a search."""
    with pytest.raises(InvalidValueError):
        decoded(place.encoded(), ranked=True)


async def walk(service: Service, limit: int) -> list[list[int]]:
    """The ids of all pages, following `next`."""
    pages, cursor = [], None
    while True:
        page = (await service.get("/search", **ASKED, limit=limit, cursor=cursor)).json()
        pages.append([hit["id"] for hit in page["hits"]])
        if (cursor := page["next"]) is None:
            return pages


@pytest.mark.parametrize("knobs", [STORED, COMPUTED], ids=["stored", "computed"])
async def test_pages_by_cursor_join_to_the_whole(knobs: dict[str, str], databases: Databases) -> None:
    """Every hit once, in the order of the whole; the last page knows that it is the last, also when it is full."""
    async with running(databases.settings(knobs)) as service:
        ids = [identity for page in await walk(service, 100) for identity in page]
        total = (await service.get("/search", **ASKED)).json()["total"]
        assert len(ids) == len(set(ids)) == total > 20
        for limit in (7, total // 2, total):
            pages = await walk(service, min(limit, 100))
            assert [identity for page in pages for identity in page] == ids
            assert len(pages) == math.ceil(total / min(limit, 100))
        best = (await service.get("/search", **ASKED, limit=20)).json()
        assert [hit["id"] for hit in best["hits"]] == ids[:20]


async def test_what_comes_in_between_shifts_nothing(databases: Databases, own_copy: str) -> None:
    """A better document that comes between two pages is not met, and no hit is met twice; by offset one would be."""
    async with running(databases.settings(STORED, database_url=own_copy)) as service:
        first = (await service.get("/search", **ASKED, limit=5)).json()
        connection = await asyncpg.connect(own_copy)
        await connection.execute(
            "INSERT INTO documents (workspace_id, technology, title, content, source)"
            " VALUES ('team-1', 'python', 'return return return', 'return', '')"
        )
        await connection.close()
        by_cursor = (await service.get("/search", **ASKED, limit=5, cursor=first["next"])).json()
        by_offset = (await service.get("/search", **ASKED, limit=5, offset=5)).json()
    seen = {hit["id"] for hit in first["hits"]}
    assert not seen & {hit["id"] for hit in by_cursor["hits"]}
    assert seen & {hit["id"] for hit in by_offset["hits"]}


@pytest.mark.parametrize("wrong", ["abc", "W10", "!", "x" * 300])
async def test_a_wrong_cursor_is_a_validation_error(wrong: str, databases: Databases) -> None:
    """A 400 that names the cursor."""
    async with running(databases.settings(STORED)) as service:
        answer = await service.get("/search", **ASKED, cursor=wrong)
    assert answer.status_code == 400
    assert "cursor" in envelope(answer)["message"]


async def test_a_cursor_and_an_offset_are_one_too_many(databases: Databases) -> None:
    """Which of both would be meant?"""
    async with running(databases.settings(STORED)) as service:
        cursor = (await service.get("/search", **ASKED, limit=5)).json()["next"]
        answer = await service.get("/search", **ASKED, cursor=cursor, offset=5)
    assert answer.status_code == 400
    assert "exclude each other" in envelope(answer)["message"]


@pytest.mark.parametrize("knobs", [STORED, COMPUTED], ids=["stored", "computed"])
@pytest.mark.parametrize("query", [None, "event"])
async def test_admins_walk_through_all_documents(
    query: str | None, knobs: dict[str, str], databases: Databases
) -> None:
    """Newest first, of all workspaces, every one once; with a query those that match."""
    async with running(databases.settings(knobs, admin_key=KEY)) as service:
        documents, cursor = [], None
        while True:
            answer = await service.get("/admin/search-content", headers=ADMIN, q=query, limit=40, cursor=cursor)
            page = answer.json()
            documents += page["documents"]
            if (cursor := page["next"]) is None:
                break
    connection = await asyncpg.connect(databases.by_tunings[()])
    expected = await connection.fetch(
        "SELECT id FROM documents WHERE $1::text IS NULL OR"
        " to_tsvector('english', title || ' ' || content) @@ websearch_to_tsquery('english', $1)"
        " ORDER BY created_at DESC, id DESC",
        query,
    )
    await connection.close()
    assert [document["id"] for document in documents] == [row["id"] for row in expected]
    assert len({document["workspace"] for document in documents}) == 3

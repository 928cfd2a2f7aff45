"""The old API: two overlapping sets of handlers that do the same, and fail each in its own way."""

from typing import Any

import asyncpg
import pytest

from service.api.legacy.administration import PAGE_SIZE
from tests.service import facts
from tests.service.running import OFF, ON, Databases, running
from tests.service.test_access import ADMIN, KEY, add_key

V1 = {**ON, "cache": "off"}


async def fetch(url: str, statement: str) -> list[Any]:
    """Ask the database itself."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(statement)
    await connection.close()
    return list(rows)


async def test_both_sets_of_handlers_answer_the_same(databases: Databases) -> None:
    """A document, statistics and a search, read by one path and by the other."""
    async with running(databases.settings(OFF)) as service:
        assert (await service.get("/content/1")).json() == (await service.get("/documents/1")).json()
        one = (await service.get("/search", q="return", workspace="team-1", limit=20, offset=20)).json()
        other = (await service.get("/documents/search", query="return", workspace="team-1", page=2)).json()
        assert one == other
        assert one["results"]
        stats = [(await service.get(path, workspace="team-1")).json() for path in ("/stats", "/documents/stats")]
        assert stats[0] == stats[1]


async def test_documents_are_the_same_in_old_and_new(databases: Databases) -> None:
    """Content by id, and the list for admins, say the same whichever API is asked."""
    before, after = databases.settings(OFF, admin_key=KEY), databases.settings(V1, admin_key=KEY)
    async with running(before) as old, running(after) as new:
        for identity in (1, 50, 999_999):
            assert await facts.content(old, identity) == await facts.content(new, identity)
        for query in (None, "event"):
            page = (await old.get("/admin/search-content", headers=ADMIN, q=query)).json()["items"]
            same = (await new.get("/admin/search-content", headers=ADMIN, q=query, limit=PAGE_SIZE)).json()
            assert [item["id"] for item in page] == [item["id"] for item in same["documents"]] != []
            second = (await old.get("/admin/search-content", headers=ADMIN, q=query, page=2)).json()["items"]
            rest = await new.get("/admin/search-content", headers=ADMIN, q=query, limit=50, cursor=same["next"])
            assert [item["id"] for item in second] == [item["id"] for item in rest.json()["documents"]]


async def test_what_is_written_through_the_old_api_is_read_through_the_new(databases: Databases, own_copy: str) -> None:
    """Both work on the same tables: whoever rolls back loses nothing."""
    before = databases.settings({**OFF, "indexes": "on", "fulltext": "on"}, database_url=own_copy, admin_key=KEY)
    async with running(before) as old, running(databases.settings(V1, database_url=own_copy, admin_key=KEY)) as new:
        said = await old.post("/feedback", {"document_id": 1, "rating": 5})
        again = await old.post("/documents/1/feedback", {"rating": 4})
        done = await old.post("/signals", {"document_id": 1, "kind": "click"})
        assert (said.json()["success"], again.json()["ok"], done.json()["success"]) == (True, True, True)
        setting = {"key": "search.default_limit", "value": "20"}
        assert (await old.client.post("/api/config", json=setting, headers=ADMIN)).json() == {"status": "ok"}
        assert (await new.get("/config", headers=ADMIN)).json()["entries"][0]["value"] == "20"
        assert (await old.get("/config", headers=ADMIN)).json() == {"search.default_limit": "20"}
        assert (await old.client.delete("/api/documents/1", headers=ADMIN)).json() == {"removed": 1}
        assert (await new.get("/content/1")).status_code == 404
        assert (await old.client.delete("/api/content/2", headers=ADMIN)).json() == {"deleted": True}
        assert (await new.get("/content/2")).status_code == 404
    assert await fetch(own_copy, "SELECT FROM feedback") == []
    assert [row["actor"] for row in await fetch(own_copy, "SELECT actor FROM audit")] == ["operator"] * 3


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}])
async def test_the_old_api_has_its_admins_too(headers: dict[str, str], databases: Databases) -> None:
    """Whatever changes something asks for the key, in both sets of handlers."""
    async with running(databases.settings(OFF, admin_key=KEY)) as service:
        client = service.client
        answers = [
            await client.delete("/api/content/1", headers=headers),
            await client.delete("/api/documents/1", headers=headers),
            await client.get("/api/config", headers=headers),
            await client.post("/api/config", json={"key": "search.x", "value": "1"}, headers=headers),
            await client.get("/api/admin/search-content", headers=headers),
        ]
        assert [answer.status_code for answer in answers] == [403] * 5
        assert (await service.get("/content/1")).status_code == 200


async def test_security_is_not_written_over_http(databases: Databases, own_copy: str) -> None:
    """Not by an admin either, as in `v1`; the refusal has the handler's own shape, and nothing is written."""
    before = databases.settings({**OFF, "indexes": "on", "fulltext": "on"}, database_url=own_copy, admin_key=KEY)
    async with running(before) as service:
        wished = {"key": "security.level", "value": "none"}
        answer = await service.client.post("/api/config", json=wished, headers=ADMIN)
        assert (answer.status_code, answer.json()) == (403, {"message": "security.* is not written over HTTP"})
        assert (await service.get("/config", headers=ADMIN)).json() == {}
    assert await fetch(own_copy, "SELECT FROM audit") == []


async def test_the_audit_names_the_key_that_was_shown(databases: Databases, own_copy: str) -> None:
    """Who did it, by whichever set of handlers."""
    before = databases.settings({**OFF, "indexes": "on", "fulltext": "on"}, database_url=own_copy)
    async with running(before) as service:
        headers = {"X-API-Key": await add_key(service, "ingest", "admin")}
        await service.client.delete("/api/documents/1", headers=headers)
        await service.client.delete("/api/content/2", headers=headers)
        await service.client.post("/api/config", json={"key": "search.x", "value": "1"}, headers=headers)
    did = await fetch(own_copy, "SELECT actor FROM audit WHERE action <> 'add key'")
    assert [row["actor"] for row in did] == ["ingest"] * 3


async def test_the_old_api_s_errors_have_many_shapes(databases: Databases) -> None:
    """What the one envelope is the answer to: the same mistake, told in another form by every handler."""
    async with running(databases.settings(OFF)) as service:
        answers = [
            await service.get("/content/999999"),
            await service.get("/documents/999999"),
            await service.post("/feedback", {"document_id": 999_999, "rating": 5}),
            await service.post("/documents/999999/feedback", {"rating": 5}),
            await service.get("/search", q=" ", workspace="team-1"),
            await service.get("/documents/search", query=" ", workspace="team-1"),
            await service.post("/search", {"q": " ", "workspace": "team-1"}),
        ]
    assert [answer.status_code for answer in answers] == [404, 404, 422, 400, 400, 400, 422]
    assert len({tuple(sorted(answer.json())) for answer in answers}) >= 3

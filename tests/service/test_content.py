"""Documents by id, feedback and signals."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.service.running import ON, Databases, running
from tests.service.test_access import ADMIN, KEY
from tests.service.test_v1_errors import envelope

KNOBS = {**ON, "cache": "off"}
FEEDBACK = {"document_id": 1, "rating": 4, "comment": 'It said "yes"; I said <no>.'}
LIMIT_S = 60.0
SIGNAL = {"document_id": 1, "kind": "dwell", "query": "event loop", "duration_s": 12.5}


async def fetch(url: str, statement: str) -> list[Any]:
    """Ask the database itself."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(statement)
    await connection.close()
    return list(rows)


async def test_a_document_is_read_whole(databases: Databases) -> None:
    """Every column as the table has it, the text uncut."""
    async with running(databases.settings(KNOBS)) as service:
        answer = await service.get("/content/1")
    (row,) = await fetch(databases.by_tunings[()], "SELECT * FROM documents WHERE id = 1")
    read = answer.json()
    assert answer.status_code == 200
    assert (read["id"], read["workspace"], read["content"]) == (1, row["workspace_id"], row["content"])
    assert (read["title"], read["technology"], read["source"]) == (row["title"], row["technology"], row["source"])


@pytest.mark.parametrize(("path", "status"), [("/content/999999", 404), ("/content/0", 400), ("/content/x", 400),
                                              (f"/content/{2**63}", 400)])  # fmt: skip
async def test_what_is_not_there_is_not_found(path: str, status: int, databases: Databases) -> None:
    """An id that nobody has is a 404, what can be no id a 400."""
    async with running(databases.settings(KNOBS)) as service:
        answer = await service.get(path)
    assert answer.status_code == status
    envelope(answer)


async def test_deleting_needs_an_admin_and_takes_what_was_said_with_it(databases: Databases, own_copy: str) -> None:
    """A document goes with its feedback and signals, and the audit says who did it in which request."""
    async with running(databases.settings(KNOBS, database_url=own_copy, admin_key=KEY)) as service:
        await service.post("/feedback", FEEDBACK)
        await service.post("/signals", SIGNAL)
        url = service.prefix + "/content/1"
        assert (await service.client.delete(url)).status_code == 403
        assert (await service.get("/content/1")).status_code == 200
        gone = await service.client.delete(url, headers={**ADMIN, "X-Request-ID": "gone-1"})
        assert (gone.status_code, gone.content) == (204, b"")
        assert (await service.get("/content/1")).status_code == 404
        assert (await service.client.delete(url, headers=ADMIN)).status_code == 404
    assert await fetch(own_copy, "SELECT FROM feedback") == await fetch(own_copy, "SELECT FROM signals") == []
    (entry,) = await fetch(own_copy, "SELECT * FROM audit")
    assert (entry["actor"], entry["action"], entry["target"]) == ("operator", "delete document", "1")
    assert entry["request_id"] == "gone-1"


async def test_feedback_and_signals_are_kept(databases: Databases, own_copy: str) -> None:
    """A 201 with the id, and the row as it was sent."""
    async with running(databases.settings(KNOBS, database_url=own_copy)) as service:
        said, done = await service.post("/feedback", FEEDBACK), await service.post("/signals", SIGNAL)
    assert (said.status_code, done.status_code) == (201, 201)
    (feedback,) = await fetch(own_copy, "SELECT * FROM feedback")
    (signal,) = await fetch(own_copy, "SELECT * FROM signals")
    assert feedback["id"] == said.json()["id"]
    assert {key: feedback[key] for key in FEEDBACK} == FEEDBACK
    assert {key: signal[key] for key in SIGNAL} == SIGNAL


@pytest.mark.parametrize(("path", "body"), [("/feedback", FEEDBACK), ("/signals", SIGNAL)])
async def test_nothing_is_said_of_a_document_that_is_not_there(
    path: str, body: dict[str, Any], databases: Databases
) -> None:
    """It is a 404, not an error of the database."""
    async with running(databases.settings(KNOBS)) as service:
        answer = await service.post(path, {**body, "document_id": 999_999})
    assert (answer.status_code, envelope(answer)["message"]) == (404, "there is no document 999999")


@pytest.mark.parametrize(("path", "body"), [
    ("/feedback", {**FEEDBACK, "rating": 0}), ("/feedback", {**FEEDBACK, "rating": 6}),
    ("/feedback", {**FEEDBACK, "rating": "5"}), ("/feedback", {**FEEDBACK, "comment": "x" * 1001}),
    ("/feedback", {**FEEDBACK, "comment": "a\0b"}), ("/feedback", {**FEEDBACK, "mood": "good"}),
    ("/feedback", {"document_id": 1}), ("/signals", {**SIGNAL, "kind": "stare"}),
    ("/signals", {**SIGNAL, "duration_s": -1}), ("/signals", {**SIGNAL, "duration_s": 1e9}),
    ("/signals", {**SIGNAL, "query": None}), ("/signals", {**SIGNAL, "document_id": True}),
], ids=str)  # fmt: skip
async def test_wrong_feedback_and_signals_are_refused(path: str, body: dict[str, Any], databases: Databases) -> None:
    """Everything is bounded and of its type; the unchanged bodies are accepted above."""
    async with running(databases.settings(KNOBS)) as service:
        answer = await service.post(path, body)
    assert (answer.status_code, envelope(answer)["code"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("api", ["on", "off"], ids=["v1", "legacy"])
async def test_deleting_does_not_wait_for_a_long_import(api: str, databases: Databases, own_copy: str) -> None:
    """While somebody changes documents and does not commit, deletes are 503s that hold no connection for long.

    As many as there are connections, so that nothing else is answered meanwhile; later the same delete succeeds.
    """
    settings = databases.settings(
        {**KNOBS, "api": api}, database_url=own_copy, admin_key=KEY, pool_size=2, command_timeout_s=2 * LIMIT_S
    )
    importer = await asyncpg.connect(own_copy)
    async with running(settings) as service, asyncio.timeout(LIMIT_S):

        async def delete(identity: int) -> int:
            answer = await service.client.delete(f"{service.prefix}/content/{identity}", headers=ADMIN)
            return answer.status_code

        async with importer.transaction():
            await importer.execute("UPDATE documents SET title = title || '!' WHERE id = 1")
            assert await asyncio.gather(delete(2), delete(3)) == [503, 503]
            assert (await service.get("/content/2")).status_code == 200
        assert await delete(2) in (200, 204)
    await importer.close()

"""How PostgreSQL runs every query of sql/queries at 100,000 documents: by an index, within so many pages.

Plans and pages are held, not times: they are the same on a busy machine. Each query is planned twice, for its arguments
and for any (`plan_cache_mode`), because a prepared statement may get either.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import asyncpg
import pytest

from service import queries
from tests.sql.conftest import Large

pytestmark = [pytest.mark.servers, pytest.mark.slow]

Plan = Mapping[str, Any]
State = Literal["plain", "indexed", "tuned"]
FOR_ARGUMENTS, FOR_ANY = "force_custom_plan", "force_generic_plan"


@dataclass(frozen=True, slots=True)
class Held:
    """What one query is held to: about twice of what it read when this was written."""

    arguments: Mapping[str, object]
    pages: int
    """Most pages of 8 KiB that it may ask shared buffers for."""
    pages_for_any: int | None = None
    """The same when planned for any arguments, where that reads more."""
    state: State = "tuned"
    """Of the database. Queries that compute the text vector run where the knob `fulltext` is off."""


NOTHING: Mapping[str, object] = {}
REQUEST = {"request_id": "r", "actor": "admin"}
PAGE = {"limit": 20, "offset": 0}
MOMENT = {"created_at": "2025-06-01", "id": 50_000, "limit": 20}
WORKSPACE = {"workspace": "team-001"}
"""The largest of 200."""
TECHNOLOGY = {**WORKSPACE, "technology": "python"}
"""The largest technology."""
IN_WORKSPACE = {**WORKSPACE, **PAGE, "query": "exception"}
"""A word that one in six documents has."""
IN_TECHNOLOGY = {**TECHNOLOGY, **PAGE, "query": "exception"}
AFTER_IN_WORKSPACE = {**WORKSPACE, **MOMENT, "query": "exception", "rank": 0.9}
AFTER_IN_TECHNOLOGY = {**TECHNOLOGY, **MOMENT, "query": "exception", "rank": 0.9}
KEY = {"name": "key-9", "role": "reader", "request_id": "r"}
WRITTEN = {"key": "a.key7", "value": "w", "version": None}

QUERIES: Mapping[str, Held] = {
    # From access.sql:
    "key_by_hash": Held({"key_hash": "\\x" + "00" * 32}, 50),
    "keys_all": Held(NOTHING, 150),
    "key_add": Held({**KEY, "name": "new", "key_hash": "\\x" + "00" * 32}, 150),
    "key_revoke": Held(KEY, 100),
    # From admin.sql:
    "newest_documents": Held(MOMENT, 100),
    # Planned for any word, the planner takes it for a rare one and sorts its matches; they are 15,000.
    "newest_matching_tuned": Held({**MOMENT, "query": "exception"}, 1_000, pages_for_any=20_000),
    "newest_matching_baseline": Held({**MOMENT, "query": "exception"}, 1_000, pages_for_any=20_000, state="indexed"),
    # The legacy way: a page reads all before it, here 400 rows.
    "numbered_documents": Held({"limit": 20, "offset": 400}, 1_000),
    "numbered_matching": Held(
        {"query": "exception", "limit": 20, "offset": 0}, 1_000, pages_for_any=20_000, state="indexed"
    ),
    # From collections.sql:
    # Every document is counted, from the narrowest index that holds the workspace: 100,000 entries of about 50 bytes.
    "collections": Held(NOTHING, 1_300),
    # From configuration.sql:
    "configuration_all": Held(NOTHING, 20),
    "configuration_put": Held({**WRITTEN, **REQUEST}, 50),
    "audit_page": Held({"before_id": 9_000, "limit": 20}, 50),
    # From content.sql:
    "content_read": Held({"id": 50_000}, 20),
    "content_delete": Held({"id": 50_000, **REQUEST}, 100),
    "feedback_add": Held({"document_id": 50_000, "rating": 3, "comment": ""}, 150),
    "signal_add": Held({"document_id": 50_000, "kind": "dwell", "query": "", "duration_s": 1.5}, 150),
    # From continue.sql:
    "continue_in_technology_tuned": Held(AFTER_IN_TECHNOLOGY, 1_000),
    "continue_in_technology_v1_computed": Held(AFTER_IN_TECHNOLOGY, 1_000, state="indexed"),
    "continue_in_workspace_tuned": Held(AFTER_IN_WORKSPACE, 3_000),
    "continue_in_workspace_v1_computed": Held(AFTER_IN_WORKSPACE, 3_000, state="indexed"),
    # From documents_by_id.sql:
    "documents_by_id": Held({**TECHNOLOGY, "ids": "{5,77,4000,99000}", "scores": "{4,3,2,1}"}, 50),
    # From identity.sql:
    "answers": Held(NOTHING, 0),
    "database_name": Held(NOTHING, 0),
    "columns_of_documents": Held(NOTHING, 50),
    "complete_columns_of_documents": Held(NOTHING, 50),
    "valid_indexes": Held(NOTHING, 100),
    "database_settings": Held(NOTHING, 50),
    "answers_version": Held(NOTHING, 50),
    # From search.sql and search_by_knob.sql:
    "search_in_technology_baseline_page": Held(IN_TECHNOLOGY, 1_000, state="indexed"),
    "search_in_technology_baseline_total": Held(IN_TECHNOLOGY, 1_000, state="indexed"),
    "search_in_technology_tuned": Held(IN_TECHNOLOGY, 1_000),
    "search_in_technology_v1_computed": Held(IN_TECHNOLOGY, 1_000, state="indexed"),
    "search_in_technology_legacy_stored_page": Held(IN_TECHNOLOGY, 1_000),
    "search_in_technology_legacy_stored_total": Held(IN_TECHNOLOGY, 1_000),
    "past_in_technology_tuned": Held(IN_TECHNOLOGY, 1_000),
    "past_in_technology_v1_computed": Held(IN_TECHNOLOGY, 1_000, state="indexed"),
    "search_in_workspace_baseline_page": Held(IN_WORKSPACE, 3_000, state="indexed"),
    "search_in_workspace_baseline_total": Held(IN_WORKSPACE, 3_000, state="indexed"),
    "search_in_workspace_tuned": Held(IN_WORKSPACE, 3_000),
    "search_in_workspace_v1_computed": Held(IN_WORKSPACE, 3_000, state="indexed"),
    "search_in_workspace_legacy_stored_page": Held(IN_WORKSPACE, 3_000),
    "search_in_workspace_legacy_stored_total": Held(IN_WORKSPACE, 3_000),
    "past_in_workspace_tuned": Held(IN_WORKSPACE, 3_000),
    "past_in_workspace_v1_computed": Held(IN_WORKSPACE, 3_000, state="indexed"),
    # From stats.sql:
    "stats_tuned": Held(WORKSPACE, 60),
    # length(content) is computed: every document of the workspace is read.
    "stats_baseline": Held(WORKSPACE, 6_000, state="indexed"),
}
"""Every query of sql/queries. None of them may read the whole table documents in the state that it is held in.

On the plain database, where all knobs are off, that is just what the queries of the baseline do, because there is no
index but the primary key; `test_the_baseline_reads_the_whole_table` says which.
"""
SCANNING = (
    "newest_documents",
    "newest_matching_baseline",
    "numbered_documents",
    "numbered_matching",
    "collections",
    "search_in_technology_baseline_page",
    "search_in_technology_baseline_total",
    "search_in_workspace_baseline_page",
    "search_in_workspace_baseline_total",
    "stats_baseline",
)
"""What reads the whole table as long as the knob `indexes` is off."""


def nodes(plan: Plan) -> Iterator[Plan]:
    """A plan's nodes, the topmost first."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def complaints(plan: Plan, most_pages: int) -> list[str]:
    """What is wrong with a plan that was run."""
    scanned = any(node["Node Type"] == "Seq Scan" and node["Relation Name"] == "documents" for node in nodes(plan))
    pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return ["reads all documents"] * scanned + [f"{pages} pages, not {most_pages}"] * (pages > most_pages)


@asynccontextmanager
async def taken_back(url: str) -> AsyncIterator["asyncpg.Connection"]:
    """A connection in a transaction that leaves nothing behind."""
    connection = await asyncpg.connect(url)
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield connection
    finally:
        await transaction.rollback()
        await connection.close()


async def run(connection: "asyncpg.Connection", name: str, mode: str) -> Plan:
    """Run a query as a prepared statement with its arguments from the table; answer how that went."""
    query = queries.load()[name]
    await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
    await connection.execute(f"PREPARE held AS {query.sql}")
    arguments = ", ".join(map(literal, query.arguments(QUERIES[name].arguments)))
    words = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE held" + (f"({arguments})" if arguments else "")
    (explained,) = json.loads(await connection.fetchval(words))
    await connection.execute("DEALLOCATE held")
    plan: Plan = explained["Plan"]
    return plan


def literal(value: object) -> str:
    """A value of the table above in SQL."""
    return "NULL" if value is None else f"'{value}'"


def test_every_query_is_in_the_table() -> None:
    """A query that nobody holds to anything is a failure, and so is a row whose query is gone."""
    assert QUERIES.keys() == queries.load().keys()


@pytest.mark.parametrize("mode", [FOR_ARGUMENTS, FOR_ANY])
@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_finds_its_rows_by_an_index(name: str, mode: str, large: Large) -> None:
    """No query reads all documents, and none reads more pages than the table grants."""
    held = QUERIES[name]
    most = held.pages if mode == FOR_ARGUMENTS else held.pages_for_any or held.pages
    async with taken_back(large.urls[held.state]) as connection:
        assert complaints(await run(connection, name, mode), most) == []


@pytest.mark.parametrize("name", ["collections", "stats_tuned"])
async def test_what_only_counts_reads_no_document(name: str, large: Large) -> None:
    """Collections and statistics are answered from an index alone; rows are not looked up."""
    async with taken_back(large.tuned) as connection:
        plan = await run(connection, name, FOR_ARGUMENTS)
    (node,) = [node for node in nodes(plan) if str(node.get("Index Name")).startswith("documents_")]
    assert node["Node Type"] == "Index Only Scan"
    # Those of one page: another test deleted a document there, and took that back.
    assert node["Heap Fetches"] < 100


@pytest.mark.parametrize("name", SCANNING)
async def test_the_baseline_reads_the_whole_table(name: str, large: Large) -> None:
    """Without the indexes the check complains of every query that they are there for."""
    async with taken_back(large.plain) as connection:
        plan = await run(connection, name, FOR_ARGUMENTS)
    assert complaints(plan, QUERIES[name].pages)[0] == "reads all documents"


@pytest.mark.parametrize(
    ("dropped", "name", "complaint"),
    [
        ("documents_created_at", "newest_documents", "reads all documents"),
        ("documents_search", "search_in_workspace_tuned", "pages, not"),
        ("documents_statistics", "stats_tuned", "pages, not"),
        ("audit_pkey", "audit_page", "pages, not"),
    ],
)
async def test_an_index_that_is_gone_is_noticed(dropped: str, name: str, complaint: str, large: Large) -> None:
    """The same check fails on the same database without the index."""
    async with taken_back(large.tuned) as connection:
        drop = "ALTER TABLE audit DROP CONSTRAINT audit_pkey" if dropped == "audit_pkey" else f"DROP INDEX {dropped}"
        await connection.execute(drop)
        found = complaints(await run(connection, name, FOR_ARGUMENTS), QUERIES[name].pages)
    assert complaint in " ".join(found)

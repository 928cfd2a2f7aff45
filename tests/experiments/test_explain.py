"""EXPLAIN plans: real ones from PostgreSQL, and their facts."""

import json
from pathlib import Path

import asyncpg
import pytest

from bench.corpus import Operation, documents, harvest, record
from bench.experiments import explain, statements
from bench.model import Role
from bench.provision import Servers
from tests.experiments.conftest import COUNT, STATES

PLAN = {
    "Plan": {
        "Node Type": "Limit", "Actual Rows": 2, "Actual Loops": 1, "Shared Hit Blocks": 7, "Shared Read Blocks": 3,
        "Plans": [
            {"Node Type": "Index Scan", "Index Name": "by_id", "Actual Rows": 2, "Actual Loops": 3},
            {"Node Type": "Seq Scan", "Relation Name": "documents", "Actual Rows": 10, "Actual Loops": 1},
        ],
    },
    "Execution Time": 12.5,
}  # fmt: skip


def test_the_facts_of_a_plan() -> None:
    """Buffers of the whole plan, rows of its leaves times their loops, nodes with what they read, seconds."""
    assert explain.summary(PLAN) == {
        "nodes": ["Limit", "Index Scan on by_id", "Seq Scan on documents"],
        "buffers": 10,
        "rows": 16,
        "execution_s": 0.0125,
    }


def test_plans_are_saved_under_query_and_arm(tmp_path: Path) -> None:
    """The name in the record leads to the very plan."""
    folder = tmp_path / "plans"
    folder.mkdir()
    saved = explain.save({"stats": {Role.BASELINE: PLAN}}, folder)
    assert saved == {"stats": {"baseline": "plans/stats.baseline.json"}}
    assert json.loads((tmp_path / saved["stats"]["baseline"]).read_text()) == PLAN


async def explained(servers: Servers, role: Role) -> dict[str, list[dict[str, object]]]:
    """Facts of the plans of the first requests of each query, on an arm's database."""
    found: dict[str, list[dict[str, object]]] = {}
    connection = await asyncpg.connect(servers.postgres.dsn(STATES[role].name))
    for operation in requests():
        called = statements.call(operation, statements.TUNED if role is Role.CANDIDATE else statements.BASELINE)
        if called is None or len(found.get(called.name, ())) >= 5:
            continue
        statement = called.statements[0]
        plan = await explain.explain(connection, statement.sql, statement.arguments)
        found.setdefault(called.name, []).append(explain.summary(plan))
    await connection.close()
    return found


def requests() -> list[Operation]:
    """Recorded requests of these databases."""
    return record(documents(harvest(), COUNT, 7), 300, 7)


@pytest.mark.servers
async def test_the_tuned_database_never_reads_all_documents(servers: Servers) -> None:
    """Search and statistics of a workspace use an index on the tuned database, and scan the table on the plain one."""
    plain = await explained(servers, Role.BASELINE)
    tuned = await explained(servers, Role.CANDIDATE)
    for query in ("search_in_technology", "search_in_workspace", "stats"):
        assert all("Seq Scan on documents" in facts["nodes"] for facts in plain[query]), query
        assert not any("Seq Scan on documents" in facts["nodes"] for facts in tuned[query]), query
        for slow, fast in zip(plain[query], tuned[query], strict=True):
            assert fast["buffers"] < slow["buffers"]  # type: ignore[operator]

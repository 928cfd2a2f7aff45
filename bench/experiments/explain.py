"""EXPLAIN (ANALYZE, BUFFERS) of a query on both arms: saved whole, compared in a few facts.

Buffers and rows do not depend on the machine's mood: they say *why* a query is faster.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.model import Role

if TYPE_CHECKING:
    import asyncpg

EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "


async def explain(connection: "asyncpg.Connection", sql: str, arguments: Sequence[Any]) -> dict[str, Any]:
    """Run the query once under EXPLAIN and answer its plan as PostgreSQL tells it.

    The query really runs; it is run once before, so that both arms are explained with warm buffers.
    """
    await connection.fetch(sql, *arguments)
    answer = await connection.fetchval(EXPLAIN + sql, *arguments)
    plan: dict[str, Any] = json.loads(answer)[0]
    return plan


def save(plans: Mapping[str, Mapping[Role, dict[str, Any]]], folder: Path) -> dict[str, dict[str, str]]:
    """Write each plan to `<query>.<role>.json` and answer the names relative to the run folder."""
    saved: dict[str, dict[str, str]] = {}
    for query, by_role in plans.items():
        for role, plan in by_role.items():
            path = folder / f"{query}.{role}.json"
            path.write_text(json.dumps(plan, indent=1))
            saved.setdefault(query, {})[str(role)] = f"{folder.name}/{path.name}"
    return saved


def summary(plan: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a plan that people compare: node types, buffers touched, rows read, execution time."""
    nodes = list(_nodes(plan["Plan"]))
    top = plan["Plan"]
    return {
        "nodes": [_title(node) for node in nodes],
        "buffers": int(top.get("Shared Hit Blocks", 0)) + int(top.get("Shared Read Blocks", 0)),
        "rows": sum(round(node["Actual Rows"] * node["Actual Loops"]) for node in nodes if not node.get("Plans")),
        "execution_s": float(plan["Execution Time"]) / 1000,
    }


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _title(node: Mapping[str, Any]) -> str:
    name = node.get("Index Name") or node.get("Relation Name")
    return f"{node['Node Type']} on {name}" if name else str(node["Node Type"])

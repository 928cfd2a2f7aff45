"""The statements that the service runs for an operation, read from `sql/queries` as the service reads them.

A query is named `<operation>_<variant>` or `<operation>_<variant>_<step>`; one request runs every statement of
its operation and variant in the order of the file. Which variant an arm runs follows from its knobs `api` and
`fulltext`: an arm without the stored vector must not be asked for it. A query without a variant is the same for all.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import aiosql

from bench.load.queries import Call, Statement

if TYPE_CHECKING:
    from bench.corpus import Operation

FOLDER = Path(__file__).resolve().parents[2] / "sql" / "queries"
BASELINE, TUNED = "baseline", "tuned"
VARIANTS: Mapping[tuple[str, str], str] = {
    ("off", "off"): BASELINE,
    ("off", "on"): "legacy_stored",
    ("on", "off"): "v1_computed",
    ("on", "on"): TUNED,
}
"""By the knobs `api` and `fulltext`."""
SAME: Mapping[str, str] = {"legacy_stored": TUNED, "v1_computed": BASELINE}
"""What runs where only `fulltext` makes a difference to an operation."""


def variant(knobs: Mapping[str, str]) -> str:
    """The variant that a service with these knobs runs."""
    return VARIANTS[knobs["api"], knobs["fulltext"]]


def call(operation: "Operation", variant: str) -> Call | None:
    """What a service of this variant asks its database for the operation; None when it asks nothing."""
    if operation.op == "health":
        return None
    name = _query_name(operation)
    values = {
        "query": operation.q,
        "workspace": operation.workspace,
        "technology": operation.technology,
        "limit": operation.limit,
        "offset": operation.offset,
    }
    known = _templates()
    steps = known.get((name, variant)) or known[name, SAME[variant]]
    return Call(name, tuple(Statement(sql, tuple(values[p] for p in parameters)) for sql, parameters in steps))


def _query_name(operation: "Operation") -> str:
    if operation.op == "search":
        return "search_in_workspace" if operation.technology is None else "search_in_technology"
    return operation.op


@cache
def _templates() -> Mapping[tuple[str, str], tuple[tuple[str, tuple[str, ...]], ...]]:
    """SQL and parameter names of every step, by operation and variant."""
    found: dict[tuple[str, str], tuple[tuple[str, tuple[str, ...]], ...]] = {}
    for file in sorted(FOLDER.glob("*.sql")):
        parsed = aiosql.from_path(file, "asyncpg")
        for name in _in_file_order(parsed.available_queries, file):
            template = getattr(parsed, name).sql, tuple(parsed.driver_adapter.var_sorted[name])
            for key in _keys(name):
                found[key] = (*found.get(key, ()), template)
    return found


def _keys(name: str) -> list[tuple[str, str]]:
    """The operation and the variants that a query serves: one without a variant in its name serves them all."""
    for variant in VARIANTS.values():
        operation, marker, step = name.partition(f"_{variant}")
        if marker and (not step or step.startswith("_")):
            return [(operation, variant)]
    return [(name, variant) for variant in VARIANTS.values()]


def _in_file_order(names: list[str], file: Path) -> list[str]:
    text = file.read_text()
    plain = [name for name in names if f"-- name: {name}(" in text]
    return sorted(plain, key=lambda name: text.index(f"-- name: {name}("))

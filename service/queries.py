"""The SQL of the service, by name. SQL lives in `sql/queries` and nowhere else."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import aiosql

FOLDER = Path(__file__).resolve().parents[1] / "sql" / "queries"


@dataclass(frozen=True, slots=True)
class Query:
    """One statement with numbered parameters."""

    name: str
    sql: str
    parameters: tuple[str, ...]
    """Names of $1, $2, ...: the order in which the file first mentions them."""

    def arguments(self, values: dict[str, object]) -> list[object]:
        """The values in the order of the parameters."""
        return [values[name] for name in self.parameters]


@cache
def load(noun: str) -> dict[str, Query]:
    """All queries of `sql/queries/<noun>.sql`."""
    # aiosql's asyncpg adapter numbers the parameters; running them stays with `service.db`, which times them.
    parsed = aiosql.from_path(FOLDER / f"{noun}.sql", "asyncpg")
    order = parsed.driver_adapter.var_sorted
    names = [name for name in parsed.available_queries if not name.endswith("_cursor")]
    return {name: Query(name, getattr(parsed, name).sql, tuple(order[name])) for name in names}

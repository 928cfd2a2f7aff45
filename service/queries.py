"""The SQL of the service, by name. SQL lives in `sql/queries` and nowhere else.

aiosql parses the files and numbers the parameters, once; running the statements stays with `service.db`, which
times them. A statement here never changes its session, which is what lets a connection go back to the pool
without a reset.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import aiosql

FOLDER = Path(__file__).resolve().parents[1] / "sql" / "queries"
CHANGES_SESSION = re.compile(
    r"\A\s*(set(?!\s+local\b)|reset|discard|listen|unlisten|load|declare|prepare|deallocate)\b"
    r"|\b(create|into)\s+(local\s+|global\s+)?temp(orary)?\b"
    r"|\bset_config\b(?!\s*\([^()]*,\s*true\s*\))|\bpg_(try_)?advisory_lock(_shared)?\b",
    re.IGNORECASE,
)
"""Everything by which a statement leaves something in its session. Locks and settings that end with the transaction do
not."""


@dataclass(frozen=True, slots=True)
class Query:
    """One statement with numbered parameters."""

    name: str
    sql: str
    parameters: tuple[str, ...]
    """Names of $1, $2, ...: the order in which the file first mentions them."""

    def __post_init__(self) -> None:
        """Raise ValueError when the statement would change its session."""
        if found := CHANGES_SESSION.search(self.sql):
            raise ValueError(f"the query {self.name} would change its session by `{found[0]}`")

    def arguments(self, values: Mapping[str, object]) -> list[object]:
        """The values in the order of the parameters."""
        return [values[name] for name in self.parameters]


@cache
def load(folder: Path = FOLDER) -> Mapping[str, Query]:
    """All queries of `sql/queries`, or of another folder, by name."""
    parsed = aiosql.from_path(folder, "asyncpg")
    order = parsed.driver_adapter.var_sorted
    names = [name for name in parsed.available_queries if not name.endswith("_cursor")]
    return {name: Query(name, getattr(parsed, name).sql, tuple(order[name])) for name in names}

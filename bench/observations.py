"""The table of observations: one row a request or call, its columns, and its file format.

Written by the load generator in its own process and by the in-process drivers, read by everyone else.
A slot is one Parquet file per writing process, written when the slot ends: what was measured before a
crash stays readable. Times are seconds since the start of the slot.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = {
    "name": "request or query name, such as `POST /search`",
    "intended_s": "when the request was due; latency counts from here",
    "start_s": "when it was really sent",
    "end_s": "when its last byte had arrived",
    "status": "HTTP status; 0 when no answer came; 200 for a database call that returned",
    "error": "empty, or what went wrong",
    "bytes": "length of the response body",
    "pool_s": "waiting for a database connection (Server-Timing `pool`); NaN when not told",
    "db_s": "queries (Server-Timing `db`)",
    "cache_s": "Redis (Server-Timing `cache`)",
    "app_s": "everything else in the service (Server-Timing `app`)",
}


def schema() -> "pa.Schema":
    """The Arrow schema of an observations file; `COLUMNS` says what each column holds."""
    import pyarrow as pa

    types = {"name": pa.dictionary(pa.int32(), pa.string()), "error": pa.string(), "status": pa.int16(), "bytes": pa.int64()}
    return pa.schema([(column, types.get(column, pa.float64())) for column in COLUMNS])


def write(path: Path, columns: dict[str, list[object]]) -> None:
    """Write the observations of one slot; `columns` maps every name in `COLUMNS` to its values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: pa.array(columns[name], type=field.type) for name, field in zip(COLUMNS, schema(), strict=True)},
                     schema=schema())
    pq.write_table(table, path, compression="zstd")


def read(path: Path) -> "pa.Table":
    """Read the observations of one slot."""
    import pyarrow.parquet as pq

    return pq.read_table(path)

"""The table of observations: one row a request or call, its columns, and its file format.

Written by the load generator in its own process and by the in-process drivers, read by everyone else.
A slot is one Parquet file per writing process, written when the slot ends: what was measured before a
crash stays readable. Times are seconds since the start of the slot.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.errors import StoreError

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
    "vector_s": "Weaviate (Server-Timing `vector`)",
    "encode_s": "turning what was found into bytes (Server-Timing `encode`)",
    "app_s": "everything else in the service (Server-Timing `app`)",
    "queue_s": "from sending until the service began with it: the way there and the queue before it; NaN when not told",
}


class Observation(NamedTuple):
    """One row of the table; `COLUMNS` says what each field holds."""

    name: str
    intended_s: float
    start_s: float
    end_s: float
    status: int
    error: str = ""
    bytes: int = 0
    pool_s: float = math.nan
    db_s: float = math.nan
    cache_s: float = math.nan
    vector_s: float = math.nan
    encode_s: float = math.nan
    app_s: float = math.nan
    queue_s: float = math.nan


def columns(rows: Iterable[Observation]) -> dict[str, Sequence[Any]]:
    """Turn rows into the columns that `write` takes."""
    values = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    return dict(zip(COLUMNS, values, strict=True))


def schema() -> "pa.Schema":
    """The Arrow schema of an observations file; `COLUMNS` says what each column holds."""
    import pyarrow as pa

    types = {
        "name": pa.dictionary(pa.int32(), pa.string()),
        "error": pa.string(),
        "status": pa.int16(),
        "bytes": pa.int64(),
    }
    return pa.schema([(column, types.get(column, pa.float64())) for column in COLUMNS])


def write(path: Path, columns: Mapping[str, Sequence[Any]]) -> None:
    """Write the observations of one slot; `columns` maps every name in `COLUMNS` to its values.

    The file appears whole or not at all. Raises StoreError when it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {name: pa.array(columns[name], type=field.type) for name, field in zip(COLUMNS, schema(), strict=True)},
        schema=schema(),
    )
    partial = path.with_name(f".{path.name}.partial")
    try:
        pq.write_table(table, partial, compression="zstd")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(f"The samples cannot be written to {path}: {error.strerror or error}.") from error


def read(path: Path, columns: Sequence[str] | None = None) -> "pa.Table":
    """Read the observations of one slot; of a long run only the `columns` that are needed.

    Raises StoreError when the file is missing, or is not an observations file of this schema.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            table = file.read(None if columns is None else list(columns))
    except FileNotFoundError as error:
        raise StoreError(f"The samples {path} are missing; the run folder is not complete.") from error
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreError(f"The samples {path} cannot be read ({error}); the file is damaged.") from error
    if names != list(COLUMNS):
        raise StoreError(f"The samples {path} have the columns {names}, not those of this version.")
    return table

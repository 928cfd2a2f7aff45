"""The table of observations survives the way through its file."""

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import observations
from bench.errors import StoreError
from bench.observations import COLUMNS, Observation

moments = st.floats(0, 1e4)
parts = moments | st.just(math.nan)
rows = st.builds(
    Observation,
    name=st.text(max_size=20),
    intended_s=moments,
    start_s=moments,
    end_s=moments,
    status=st.integers(0, 599),
    error=st.text(max_size=20),
    bytes=st.integers(0, 2**40),
    pool_s=parts,
    db_s=parts,
    cache_s=parts,
    vector_s=parts,
    encode_s=parts,
    app_s=parts,
    queue_s=parts,
)


@settings(deadline=None)  # the first import of pyarrow takes a second
@given(st.lists(rows, max_size=5))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, written: list[Observation]) -> None:
    """Every value comes back exactly, NaN as NaN, also from an empty slot."""
    path = tmp_path_factory.mktemp("samples") / "slot.parquet"
    observations.write(path, observations.columns(written))
    read = [Observation(**row) for row in observations.read(path).to_pylist()]
    assert [repr(row) for row in read] == [repr(row) for row in written]


def test_a_row_has_the_columns_of_the_file() -> None:
    """The row type, the described columns and the Arrow schema name the same fields in the same order."""
    assert list(Observation._fields) == list(COLUMNS) == observations.schema().names


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    """A folder in the place of the file is a StoreError that names it, and no half file stays."""
    path = tmp_path / "slot.parquet"
    path.mkdir()
    with pytest.raises(StoreError, match="cannot be written to .*slot.parquet"):
        observations.write(path, observations.columns([]))
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """Samples for a run folder that is gone are a StoreError."""
    with pytest.raises(StoreError, match="cannot be written"):
        observations.write(tmp_path / "gone" / "slot.parquet", observations.columns([]))


def test_missing_samples_are_told(tmp_path: Path) -> None:
    """A file that is not there is a StoreError that says so."""
    with pytest.raises(StoreError, match="are missing"):
        observations.read(tmp_path / "slot.parquet")


def test_damaged_samples_are_told(tmp_path: Path) -> None:
    """A file cut short is a StoreError, never half a sample."""
    path = tmp_path / "slot.parquet"
    observations.write(path, observations.columns([Observation("GET /", 0.0, 0.0, 0.1, 200)]))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StoreError, match="damaged"):
        observations.read(path)


def test_samples_of_other_columns_are_refused(tmp_path: Path) -> None:
    """A Parquet file of something else is a StoreError that tells its columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"x": [1]}), tmp_path / "slot.parquet")
    with pytest.raises(StoreError, match=r"have the columns \['x'\]"):
        observations.read(tmp_path / "slot.parquet")

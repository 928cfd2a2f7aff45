"""What a user may hand to the gate: a run, the answer of a comparison, a file of pytest-benchmark."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import StoreError
from bench.model import BenchmarkFile, RunRecord
from bench.store import benchmarks
from bench.store.record import FILE, load

COMPARISON = "comparison"


@dataclass(frozen=True, slots=True)
class StoredComparison:
    """A comparison's own JSON with the run it was written for, where there is one."""

    path: Path
    found: dict[str, Any]
    run: RunRecord | None


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder's record."""

    path: Path
    record: RunRecord


Subject = Run | StoredComparison | BenchmarkFile


def read_subject(path: Path) -> Subject:
    """Read whatever it is.

    Raises StoreError when it is none of the three, or a damaged one.
    """
    if path.suffix != ".json":
        path /= FILE
    try:
        stored = json.loads(path.read_bytes())
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read ({error.strerror}); give a run folder such as reports/latest, or a JSON file of "
            "pytest-benchmark."
        ) from error
    except ValueError as error:
        raise StoreError(f"{path} is not JSON, so neither a run nor a file of pytest-benchmark.") from error
    if isinstance(stored, dict):
        if benchmarks.looks_like_one(stored):
            return benchmarks.parse(stored, path)
        if "schema_version" in stored:
            record = load(path)
            compared = stored.get(COMPARISON)
            return Run(path, record) if compared is None else StoredComparison(path, compared, record)
        if {"verdict", "ratio", "ci"} <= stored.keys():
            return StoredComparison(path, stored, None)
    raise StoreError(f"{path} is neither a run, nor the answer of a comparison, nor a file of pytest-benchmark.")

"""Files of pytest-benchmark, as `--benchmark-json` and `--benchmark-save` write them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from bench.errors import StoreError
from bench.model import Benchmark, BenchmarkFile
from bench.model.machine import named


class _Stats(BaseModel):
    data: tuple[float, ...] = ()


class _Benchmark(BaseModel):
    fullname: str
    name: str
    group: str | None = None
    stats: _Stats


class _File(BaseModel):
    machine_info: dict[str, Any]
    commit_info: dict[str, Any] = {}
    benchmarks: tuple[_Benchmark, ...]


def looks_like_one(stored: Mapping[str, Any]) -> bool:
    """Whether a JSON object claims to be pytest-benchmark's."""
    return "benchmarks" in stored and "machine_info" in stored


def parse(stored: Mapping[str, Any], path: Path) -> BenchmarkFile:
    """Read a file of pytest-benchmark.

    Raises StoreError where it is damaged.
    """
    try:
        found = _File.model_validate(stored)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StoreError(f"{path} is no whole file of pytest-benchmark: `{where}`: {first['msg'].lower()}.") from error
    return BenchmarkFile(
        name=path.name,
        machine=_machine(found.machine_info),
        commit=found.commit_info.get("id"),
        benchmarks=tuple(
            Benchmark(one.fullname, one.name, one.group or "", tuple(value for value in one.stats.data if value > 0))
            for one in found.benchmarks
        ),
    )


def _machine(info: Mapping[str, Any]) -> str:
    """What does not change from hour to hour: the clock's present speed does."""
    cpu = info.get("cpu") or {}
    return named(
        str(info.get("node") or "machine"),
        (info.get("machine"), cpu.get("brand_raw"), cpu.get("count"), info.get("system")),
    )

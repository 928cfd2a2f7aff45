"""Runs, comparisons and benchmark files of a chosen outcome."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import store
from bench.model import (
    Benchmark,
    BenchmarkFile,
    CriterionResult,
    Direction,
    Effect,
    RunRecord,
    Session,
    Verdict,
)
from bench.spec import Spec
from tests.store.records import smallest_run

SPEC = {"name": "phase2", "experiments": {"response_time": {}}, "criteria": {"response_time": {}}}


def criterion(name: str = "response_time", verdict: Verdict = Verdict.PASS, **changes: Any) -> CriterionResult:
    """A line of a scorecard."""
    return replace(
        CriterionResult(name, f"{name} is good", "seed", 0.5, (0.4, 0.6), 0.95, "fraction", 0.2, Direction.ABOVE, 8,
                        0.03, verdict, ""),
        **changes,
    )  # fmt: skip


def run(*criteria: CriterionResult, valid: bool = True, **changes: Any) -> RunRecord:
    """A run with this scorecard."""
    session = Session(valid, () if valid else ("response_time: the neighbours were loud.",))
    return replace(smallest_run(), criteria=criteria, session=session, **changes)


def effect(centre: float, *, comparison: str = "candidate/baseline", metric: str = "p50", seed: int = 1) -> Effect:
    """An effect of twelve pairs that scatter by 1 % about the centre."""
    pairs = tuple(centre * math.exp(value) for value in np.random.default_rng(seed).normal(0, 0.01, 12))
    return Effect(metric, "all", comparison, centre, (centre * 0.99, centre * 1.01), 0.95, 12, 0.02, centre, 1.0,
                  pairs=pairs)  # fmt: skip


def measured(ratio: float, *, control: float = 1.002, seed: int = 1, **changes: Any) -> RunRecord:
    """A run whose response_time has this effect and this A/A control."""
    base = run(criterion())
    effects = (effect(ratio, seed=seed), effect(control, comparison="control/baseline", seed=seed + 1))
    experiment = replace(base.experiments["response_time"], effects=effects)
    return replace(base, experiments={"response_time": experiment}, **changes)


def benchmark_file(
    name: str = "new.json", *, factor: float = 1.0, rounds: int = 100, seed: int = 1, names: Sequence[str] = ("a",)
) -> BenchmarkFile:
    """A session of benchmarks that take about `factor` milliseconds."""
    rng = np.random.default_rng(seed)
    return BenchmarkFile(
        name,
        "host-1",
        None,
        tuple(
            Benchmark(f"test_it.py::test_{one}", f"test_{one}", f"group of {one}",
                      tuple(factor * 1e-3 * np.exp(rng.normal(0, 0.02, rounds))))
            for one in names
        ),
    )  # fmt: skip


def as_stored(file: BenchmarkFile, *, node: str = "host", data: bool = True) -> dict[str, Any]:
    """The file as pytest-benchmark writes it."""
    return {
        "machine_info": {"node": node, "machine": "x86_64", "system": "Linux", "cpu": {"brand_raw": "c", "count": 2}},
        "commit_info": {"id": "abc"},
        "benchmarks": [
            {"fullname": one.fullname, "name": one.name, "group": one.group,
             "stats": {"median": 1.0, **({"data": list(one.rounds)} if data else {})}}
            for one in file.benchmarks
        ],
        "version": "5.3.1",
    }  # fmt: skip


@pytest.fixture
def keep(tmp_path: Path) -> Callable[..., Path]:
    """Write a run into a folder of its own below `tmp_path`, with its spec and, if given, a comparison."""

    def kept(
        record: RunRecord, name: str = "run", *, gate: dict[str, Any] | None = None, comparison: Any = None
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "spec.json").write_text(Spec.model_validate({**SPEC, "gate": gate or {}}).model_dump_json())
        store.write(record, folder)
        if comparison is not None:
            whole = json.loads((folder / "run.json").read_text())
            (folder / "run.json").write_text(json.dumps({**whole, "comparison": comparison}))
        return folder

    return kept

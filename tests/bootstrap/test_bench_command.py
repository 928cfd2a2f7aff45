"""`perflab bench`: pytest-benchmark on the micro benchmarks, with its options and its JSON."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.cli.bench import bench_command
from bench.lab import options

QUICK = ("-k", "test_validation", "--benchmark-disable-gc")


def ran(*words: str) -> int:
    """The command's exit code."""
    done = CliRunner().invoke(bench_command, words, standalone_mode=False)
    assert done.exception is None, done.exception
    code: int = done.return_value
    return code


def test_the_figures_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without being asked for: one file of pytest-benchmark's own form, in the folder of the runs."""
    monkeypatch.setattr(options, "DEFAULT_REPORTS", tmp_path)
    assert ran(*QUICK) == 0
    (kept,) = tmp_path.glob("bench-*.json")
    groups = {one["group"] for one in json.loads(kept.read_text())["benchmarks"]}
    assert groups == {"validation of a search: µs per 100"}


def test_options_are_pytest_benchmark_s(tmp_path: Path) -> None:
    """The file goes where the option says; a comparison that fails is exit code 1."""
    first = tmp_path / "first.json"
    assert ran(*QUICK, f"--benchmark-json={first}") == 0
    stored = json.loads(first.read_text())
    for one in stored["benchmarks"]:
        one["stats"]["median"] /= 1000
    first.write_text(json.dumps(stored))
    compared = (
        f"--benchmark-compare={first}",
        "--benchmark-compare-fail=median:10%",
        "--benchmark-json=" + str(tmp_path / "2"),
    )
    assert ran(*QUICK, *compared) == 1


def test_nothing_measured_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No benchmark of that name is exit code 4, an unknown option 2; neither leaves a file."""
    monkeypatch.setattr(options, "DEFAULT_REPORTS", tmp_path)
    assert ran("-k", "no_such_benchmark") == 4
    assert ran("--no-such-option") == 2
    assert list(tmp_path.iterdir()) == []

"""What a file of pytest-benchmark holds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark with every round, in the order in which they were timed."""

    fullname: str
    name: str
    group: str
    """Empty where it has none."""
    rounds: tuple[float, ...]
    """Seconds per iteration; empty where the file keeps statistics alone."""


@dataclass(frozen=True, slots=True)
class BenchmarkFile:
    """One session of pytest-benchmark: one process, one moment of the machine."""

    name: str
    """The file's."""
    machine: str
    commit: str | None
    benchmarks: tuple[Benchmark, ...]

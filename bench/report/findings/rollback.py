"""Which procedures were done and undone, and whether the service answered meanwhile."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.model import ExperimentRecord


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """One for each procedure, in the order in which they were performed."""
    for name, facts in experiment.facts.get("procedures", {}).items():
        yield f"{name}: {_came_about(facts)}; of {facts['requests']} requests meanwhile {_failed(facts)}."


def _came_about(facts: Mapping[str, Any]) -> str:
    if facts["done"] and facts["undone"]:
        return "done and undone"
    said = "done, but not undone" if facts["done"] else "not done"
    return f"{said} ({facts['reason'].rstrip('.')})" if facts.get("reason") else said


def _failed(facts: Mapping[str, Any]) -> str:
    if not facts["failed"]:
        return "none failed"
    kinds = ", ".join(f"{kind} {count}" for kind, count in facts["failures"].items())
    return f"{facts['failed']} failed ({kinds})"

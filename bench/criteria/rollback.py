"""Does every rollback procedure of the seed work, done and undone, with the service answering?

A procedure holds when both of its directions were seen to have come about and no request failed from its beginning
to its end. The value is the share of the procedures that hold: an exact count, so its interval is the value itself.
"""

from typing import Any

from bench.criteria import evidence
from bench.criteria.reading import Evidence, Reading, Unmeasured

EXPERIMENT = "rollback"
EXPERIMENTS = (EXPERIMENT,)
PROCEDURES = ("api", "migrations", "pool", "indexes")
"""The seed's "Rollback Procedures": the consolidated API, then migrations, pool configuration and indexes."""
FEWEST_REQUESTS = 20
"""With fewer in a procedure nobody can say that the service answered."""


def read(experiments: Evidence) -> Reading | Unmeasured:
    """The share of the procedures that hold."""
    record = evidence.measured(experiments, EXPERIMENT)
    if isinstance(record, Unmeasured):
        return record
    performed = record.facts.get("procedures", {})
    missing = [name for name in PROCEDURES if name not in performed]
    if missing:
        return Unmeasured(f"Not performed: {', '.join(missing)}; run the experiment {EXPERIMENT} to its end.")
    quiet = [name for name in PROCEDURES if performed[name]["requests"] < FEWEST_REQUESTS]
    if quiet:
        return Unmeasured(f"Fewer than {FEWEST_REQUESTS} requests came during: {', '.join(quiet)}.")
    share = sum(_holds(performed[name]) for name in PROCEDURES) / len(PROCEDURES)
    return Reading(share, share, share, confidence=1.0, n=len(PROCEDURES), evidence=evidence.figures(record))


def _holds(facts: dict[str, Any]) -> bool:
    return bool(facts["done"] and facts["undone"] and facts["failed"] == 0)

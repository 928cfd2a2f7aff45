"""Is each operation implemented once? Pairs of paths that answer the same to the same request are counted."""

from bench.criteria import evidence
from bench.criteria.reading import Evidence, Reading, Unmeasured
from bench.model import Role

EXPERIMENT = "contract"
EXPERIMENTS = (EXPERIMENT,)


def read(experiments: Evidence) -> Reading | Unmeasured:
    """How many such pairs the candidate has."""
    record = evidence.measured(experiments, EXPERIMENT)
    if isinstance(record, Unmeasured):
        return record
    found = record.facts.get("duplicates", {}).get(Role.CANDIDATE, {})
    if not found.get("routes"):
        return Unmeasured("No routes were compared; run the experiment contract to its end.")
    pairs = float(len(found["pairs"]))
    return Reading(pairs, pairs, pairs, confidence=1.0, n=found["routes"], evidence=evidence.figures(record))

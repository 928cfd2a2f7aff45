"""Does every error of every route have the one shape? An exact count over everything that was provoked."""

from bench.criteria import evidence
from bench.criteria.reading import Evidence, Reading, Unmeasured
from bench.model import Role

EXPERIMENT = "contract"
EXPERIMENTS = (EXPERIMENT,)


def read(experiments: Evidence) -> Reading | Unmeasured:
    """The share of the provoked errors that have it."""
    record = evidence.measured(experiments, EXPERIMENT)
    if isinstance(record, Unmeasured):
        return record
    found = record.facts.get("errors", {}).get(Role.CANDIDATE, {})
    if not found.get("asked"):
        return Unmeasured("No error was provoked; run the experiment contract to its end.")
    share = 1 - len(found["bad"]) / found["asked"]
    return Reading(share, share, share, confidence=1.0, n=found["asked"], evidence=evidence.figures(record))

"""Does the consolidated API answer what the old one answers, on the recorded requests? An exact count.

What the consolidation changed on purpose is set aside before; the experiment's facts list it.
"""

from bench.criteria import evidence
from bench.criteria.reading import Evidence, Reading, Unmeasured

EXPERIMENT = "contract"
EXPERIMENTS = (EXPERIMENT,)


def read(experiments: Evidence) -> Reading | Unmeasured:
    """The share of the requests that both answer alike."""
    record = evidence.measured(experiments, EXPERIMENT)
    if isinstance(record, Unmeasured):
        return record
    parity = record.facts.get("parity", {})
    if not parity.get("asked"):
        return Unmeasured("No request was compared; run the experiment contract to its end.")
    share = 1 - parity["different"] / parity["asked"]
    return Reading(share, share, share, confidence=1.0, n=parity["asked"], evidence=evidence.figures(record))

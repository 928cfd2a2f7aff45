"""How many critical vulnerabilities does the image have?

An exact count of the scanner's findings. Without an image or a vulnerability database nothing was looked at, which is
no count of zero.
"""

from bench.criteria import evidence
from bench.criteria.reading import Evidence, Reading, Unmeasured

EXPERIMENT = "scan"
EXPERIMENTS = (EXPERIMENT,)
IMAGE = "image"
LEVEL = "CRITICAL"


def read(experiments: Evidence) -> Reading | Unmeasured:
    """Critical findings of the image scan."""
    record = evidence.measured(experiments, EXPERIMENT)
    if isinstance(record, Unmeasured):
        return record
    scan = record.facts.get("scans", {}).get(IMAGE)
    if scan is None:
        return Unmeasured(f"The image was not scanned; run the experiment {EXPERIMENT} to its end.")
    if not scan["measured"]:
        return Unmeasured(scan["reason"])
    count = float(scan["counted"][LEVEL])
    return Reading(count, count, count, confidence=1.0, n=1, evidence=tuple(f"scan/{name}" for name in scan["files"]))

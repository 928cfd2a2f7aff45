"""Does the infrastructure's code hold, and does it deploy?

The share of its checks that passed, an exact count. One that failed is a fact whatever else was not run; where none
failed and one could not be run, nothing says that it deploys.
"""

from bench.criteria import evidence
from bench.criteria.reading import Evidence, Reading, Unmeasured

EXPERIMENT = "infrastructure"
EXPERIMENTS = (EXPERIMENT,)


def read(experiments: Evidence) -> Reading | Unmeasured:
    """The share of the checks that passed."""
    record = evidence.measured(experiments, EXPERIMENT)
    if isinstance(record, Unmeasured):
        return record
    checks = record.facts.get("checks", [])
    if not checks:
        return Unmeasured(f"Nothing was checked; run the experiment {EXPERIMENT} to its end.")
    waiting = [check for check in checks if check["status"] == "not_run"]
    failed = [check for check in checks if check["status"] == "failed"]
    if waiting and not failed:
        names = ", ".join(check["check"] for check in waiting)
        return Unmeasured(f"{len(checks) - len(waiting)} of {len(checks)} checks passed, not run: {names}: "
                          f"{waiting[0]['reason']}")  # fmt: skip
    share = (len(checks) - len(failed) - len(waiting)) / len(checks)
    return Reading(share, share, share, confidence=1.0, n=len(checks), evidence=evidence.figures(record))

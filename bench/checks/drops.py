"""Did every arrival become a request?"""

from bench.checks.arms import unwell, well
from bench.checks.loaded import by_arm
from bench.model import ExperimentRecord, Finding

NAME = "drops"
MOST = 0
"""Arrivals that were never sent: those are the slowest moments, and leaving them out flatters the slower arm."""


def check(experiment: ExperimentRecord) -> Finding:
    """No arrival was dropped for want of a free user."""
    for arm, slots in by_arm(experiment).items():
        dropped = sum(slot.dropped for slot in slots)
        if dropped > MOST:
            return unwell(
                NAME,
                f"{dropped} arrivals at the {arm} were never sent because all users were waiting, and {MOST} may be; "
                "lower the offered load or give the generator more users.",
            )
    return well(NAME)

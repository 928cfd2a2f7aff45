"""Did the cgroup's quota stop the lab's processes?"""

from bench.checks import loaded
from bench.checks.arms import unwell, well
from bench.model import ExperimentRecord, Finding

NAME = "throttling"
MOST = 0.01
"""Share of the slots' time. A throttled process stands still for up to 100 ms at once, so one percent of the time
already makes the p99."""


def check(experiment: ExperimentRecord) -> Finding:
    """The share of time for which the quota held the session back stays within MOST."""
    told = [slot for slot in loaded.of(experiment) if slot.throttled_s is not None]
    total_s = sum(slot.duration_s for slot in told)
    throttled_s = sum(slot.throttled_s or 0.0 for slot in told)
    if throttled_s <= MOST * total_s:
        return well(NAME)
    return unwell(
        NAME,
        f"The processor quota held the lab back for {throttled_s / total_s:.1%} of the time, more than {MOST:.0%}; "
        "raise the container's CPU limit or lower the offered load.",
    )

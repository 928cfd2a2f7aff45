"""How much of the latency is the load generator's own?"""

from statistics import median

from bench.checks.arms import unwell, well
from bench.checks.loaded import by_arm
from bench.model import ExperimentRecord, Finding

NAME = "lag"
MOST = 0.10
"""Share of the median latency that may be the generator's own delay. It adds the same to both arms: at a tenth, a
real ratio of 0.80 is told as 0.82 at worst, less than most intervals are wide."""


def check(experiment: ExperimentRecord) -> Finding:
    """For each arm the typical median lag stays within MOST of the typical median latency."""
    for arm, slots in by_arm(experiment).items():
        timed = [slot for slot in slots if slot.offered_rate is not None and slot.p50_s is not None]
        if not timed:
            continue
        lag_s = median(slot.lag_p50_s for slot in timed)
        latency_s = median(slot.p50_s or 0.0 for slot in timed)
        if lag_s > MOST * latency_s:
            worst_s = max(slot.lag_p99_s for slot in timed)
            return unwell(
                NAME,
                f"The load generator sent requests to the {arm} {lag_s * 1e3:.2f} ms late "
                f"(p99 up to {worst_s * 1e3:.1f} ms), {lag_s / latency_s:.0%} of its p50 of {latency_s * 1e3:.2f} ms "
                f"and more than {MOST:.0%}; lower the offered load.",
            )
    return well(NAME)

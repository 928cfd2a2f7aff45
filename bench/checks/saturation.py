"""Could the load generator keep up?"""

from statistics import fmean

from bench.checks.arms import unwell, well
from bench.checks.loaded import by_arm
from bench.model import ExperimentRecord, Finding

NAME = "saturation"
MOST_CORES = 0.9
"""The generator runs in one process on one core; from nine tenths of it on, its own queue is in every latency
(Locust warns at the same figure)."""


def check(experiment: ExperimentRecord) -> Finding:
    """The generator keeps at most MOST_CORES busy while it loads an arm."""
    for arm, slots in by_arm(experiment).items():
        told = [slot.generator_cores for slot in slots if slot.generator_cores is not None]
        if told and (busy := fmean(told)) > MOST_CORES:
            return unwell(
                NAME,
                f"The load generator kept {busy:.2f} cores busy while it loaded the {arm}, more than {MOST_CORES:g}; "
                "lower the offered load.",
            )
    return well(NAME)

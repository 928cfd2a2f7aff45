"""Was anything else busy on the machine?"""

from statistics import fmean

from bench.checks import loaded
from bench.checks.arms import unwell, well
from bench.model import ExperimentRecord, Finding

NAME = "neighbours"
MOST_CORES = 0.5
"""Cores kept busy by others, on average over all slots: a browser and an editor stay below, a build does not. On two
cores half of one is a quarter of what service, servers and generator share."""


def check(experiment: ExperimentRecord) -> Finding:
    """Other processes keep at most MOST_CORES busy on average."""
    told = [slot.neighbour_cores for slot in loaded.of(experiment) if slot.neighbour_cores is not None]
    if not told or (mean := fmean(told)) <= MOST_CORES:
        return well(NAME)
    return unwell(
        NAME,
        f"Other processes kept {mean:.2f} cores busy, more than {MOST_CORES:g}; stop them or measure when they rest.",
    )

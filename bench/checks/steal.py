"""Did the hypervisor take processor time away?"""

from statistics import fmean

from bench.checks import loaded
from bench.checks.arms import unwell, well
from bench.model import ExperimentRecord, Finding

NAME = "steal"
MOST = 0.05
"""Share of all processor time. Interleaving spreads a little over all arms alike; from about a twentieth on, the
tail of a slot is the neighbours', not the service's (on two cores it is a tenth of the one core a request runs on)."""


def check(experiment: ExperimentRecord) -> Finding:
    """The mean share of stolen time over all slots stays within MOST."""
    told = [slot.steal for slot in loaded.of(experiment) if slot.steal is not None]
    if not told or (mean := fmean(told)) <= MOST:
        return well(NAME)
    return unwell(
        NAME,
        f"The hypervisor took {mean:.1%} of the processor time, more than {MOST:.0%}; "
        "measure at a quieter time or on a machine with processors of its own.",
    )

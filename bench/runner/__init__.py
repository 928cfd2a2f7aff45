"""Walk a plan: the only place that waits.

measure   slot after slot, verified, summarised, handed over as it ends; stops at a look when decided
summary   one slot's observations to one SlotRecord
capacity  how much an arm holds, to choose the offered rate
progress  what is told to whoever watches
"""

from bench.runner.capacity import Capacity, probe
from bench.runner.measure import Judge, Measurement, Records, measure
from bench.runner.progress import Progress, Silent
from bench.runner.summary import latencies, summarise
from bench.runner.watched import Watched

__all__ = [
    "Capacity",
    "Judge",
    "Measurement",
    "Progress",
    "Records",
    "Silent",
    "Watched",
    "latencies",
    "measure",
    "probe",
    "summarise",
]

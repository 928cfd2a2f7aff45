"""How long before a request is due its greenlet must be woken.

Between the kernel's timer and the first line of a greenlet lie the waking of the process, the loop and a
switch: 0.1 to 0.3 ms where requests are rare and all caches cold, a third of that where they are frequent
(docs/benchmarks.md, "The generator's clock"). That much the generator wakes early, and spins what is left. The
lead is learned, since any fixed one would be too short for rare requests or, for frequent ones, spin away the
core that the service under test needs. For the same reason it is bounded: on a busy machine everything is late,
and a lead that grew with that would make it busier.
"""

import time

import gevent

FIRST_S = 200e-6
MOST_S = 500e-6
MOST_CORES = 0.05
"""What spinning may take of a core, at any rate."""
STEP_S = 10e-6
IN_TIME = 0.75
"""Share of requests that are to be woken in time. The others are late by what the lead lacks, and no more."""


class Foresight:
    """A lead that `IN_TIME` of all arrivals find sufficient: their quantile by stochastic approximation.

    Robbins and Monro 1951: a step of q up for each that was late, of 1 - q down for each that was not.
    """

    def __init__(self, rate: float) -> None:
        """`rate`: planned arrivals per second."""
        self.most_s = min(MOST_S, MOST_CORES / rate)
        self.lead_s = min(FIRST_S, self.most_s)

    def await_due(self, due: float) -> None:
        """Come back at `due` of perf_counter, or at once when it is past; learn from which of both it was."""
        late = time.perf_counter() > due
        step = IN_TIME if late else IN_TIME - 1
        self.lead_s = min(max(self.lead_s + step * STEP_S, 0.0), self.most_s)
        while time.perf_counter() < due:
            gevent.sleep(0)

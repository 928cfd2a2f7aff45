"""The calls under way, by when they began: how many have been running for longer than a call should.

They are counted in cohorts of a tenth of that time, so that a call costs two additions however many there are;
a call is therefore noticed up to a tenth late.
"""

from collections import deque

from service.resilience.windows import Window

COHORTS = 10
"""So many cohorts begin within the time after which a call is slow."""


class Cohort:
    """Calls that began within the same stretch of time, in the same stay of the breaker in a state.

    The window stands for that stay: it is where their outcomes go, even when it is no longer looked at.
    """

    __slots__ = ("closes", "running", "window")

    def __init__(self, window: Window, closes: float) -> None:
        self.window = window
        self.closes = closes
        """From this time on a call belongs to another cohort."""
        self.running = 0


class InFlight:
    """The cohorts of one stay in a state."""

    __slots__ = ("_cohorts", "_limit_s", "_overdue", "_window")

    def __init__(self, window: Window, limit_s: float) -> None:
        self._window = window
        self._limit_s = limit_s
        self._cohorts: deque[Cohort] = deque()
        self._overdue: list[Cohort] = []

    def cohort(self, now: float) -> Cohort:
        """The cohort of a call that begins now; it has yet to be counted there."""
        if not self._cohorts or now >= self._cohorts[-1].closes:
            self._age(now)
            self._cohorts.append(Cohort(self._window, now + self._limit_s / COHORTS))
        return self._cohorts[-1]

    def overdue(self, now: float) -> int:
        """How many calls are running that began longer ago than the limit."""
        self._age(now)
        return sum(cohort.running for cohort in self._overdue)

    def _age(self, now: float) -> None:
        while self._cohorts and now - self._cohorts[0].closes >= self._limit_s:
            self._overdue.append(self._cohorts.popleft())
        if self._overdue:
            self._overdue = [cohort for cohort in self._overdue if cohort.running]

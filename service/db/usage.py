"""What the pool is used for, counted exactly: how many wait and hold a connection at each moment, and for how long.

The area below a count over time (connection-seconds, request-seconds) is the sum of what each stay added to it, which
is Little's law read from right to left. So nothing is integrated when somebody comes or goes: ended stays have left
their seconds, and those under way are closed when somebody asks. Nothing is sampled and no clock tick is missed.
Source: Little, A Proof for the Queuing Formula L = lambda W, Operations Research 9 (1961).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from service.db.histogram import Histogram, quantile

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class PoolSnapshot:
    """Everything about the pool up to one moment; seconds are floats, and stays under way count up to that moment."""

    at_s: float
    """The moment, by the pool's clock."""
    size: int
    """Most connections that the pool may have."""
    open: int
    """Connections that it has."""
    busy: int
    """Connections that are borrowed."""
    waiting: int
    """Requests that wait for one."""
    borrowed: int
    """Checkouts that began."""
    returned: int
    """Checkouts that ended."""
    waited: int
    """Checkouts that began after a wait: no place was free, or no connection was at hand."""
    wait_s: float
    """Time from asking for a connection to having it, of those who waited and got one; for the others it is none."""
    waiting_s: float
    """Area below `waiting`: `wait_s` and also the time of those who got none or still wait. Request-seconds."""
    use_s: float
    """Time from the end of the wait to having given the connection back, reset included, of checkouts that ended."""
    busy_s: float
    """Area below `busy`: `use_s` and also the time of checkouts under way. Connection-seconds."""
    query_s: float
    """Time in queries of `Connection.fetch`; what is done with a `session` is not seen here."""
    created: int
    """Connections that were made."""
    create_s: float
    """Time that making them took."""
    timeouts: int
    """Requests that waited in vain as long as they may."""
    rejections: int
    """Requests that were turned away at once because the queue was full."""
    failures: int
    """Requests that got no connection for another reason: the server is gone, or they were cancelled."""
    wait_counts: tuple[int, ...]
    """Waits of all checkouts by the buckets of `service.db.histogram`; no wait is in the first."""
    use_counts: tuple[int, ...]
    """`use_s` by the same buckets."""
    create_counts: tuple[int, ...]
    """`create_s` by the same buckets."""


class Usage:
    """The pool's counters, kept by `Checkout`; for one event loop.

    `clock` gives seconds and never goes back.
    """

    # Public and plain: a checkout is counted in less time than calling a method for each number would take.
    __slots__ = (
        "borrowers",
        "clock",
        "create",
        "failures",
        "given_up_s",
        "query_s",
        "rejections",
        "timeouts",
        "use",
        "wait",
        "waiters",
    )

    def __init__(self, clock: Clock = perf_counter) -> None:
        self.clock = clock
        self.borrowers: dict[object, float] = {}
        """Who holds a connection, and since when."""
        self.waiters: dict[object, float] = {}
        """Who waits for one, and since when."""
        self.wait = Histogram()
        """Of those who waited and got one, alone."""
        self.use = Histogram()
        self.create = Histogram()
        self.given_up_s = 0.0
        """Time of those who waited and got none."""
        self.query_s = 0.0
        self.timeouts = 0
        self.rejections = 0
        self.failures = 0

    def snapshot(self, *, size: int, open: int) -> PoolSnapshot:  # noqa: A002 - the field's name
        """Everything up to now, for a pool of `size` of which so many are open."""
        now = self.clock()
        # Stays under way are listed, not kept as a sum of their beginnings: that would gather rounding errors for ever.
        pending_s = math.fsum(now - since for since in self.waiters.values())
        unreturned_s = math.fsum(now - since for since in self.borrowers.values())
        returned = sum(self.use.counts)
        borrowed = returned + len(self.borrowers)
        waited = sum(self.wait.counts)
        return PoolSnapshot(
            at_s=now,
            size=size,
            open=open,
            busy=len(self.borrowers),
            waiting=len(self.waiters),
            borrowed=borrowed,
            returned=returned,
            waited=waited,
            wait_s=self.wait.sum_s,
            waiting_s=self.wait.sum_s + self.given_up_s + pending_s,
            use_s=self.use.sum_s,
            busy_s=self.use.sum_s + unreturned_s,
            query_s=self.query_s,
            created=sum(self.create.counts),
            create_s=self.create.sum_s,
            timeouts=self.timeouts,
            rejections=self.rejections,
            failures=self.failures,
            wait_counts=(self.wait.counts[0] + borrowed - waited, *self.wait.counts[1:]),
            use_counts=tuple(self.use.counts),
            create_counts=tuple(self.create.counts),
        )


def utilisation(before: PoolSnapshot, after: PoolSnapshot) -> float:
    """Borrowed connection-seconds / (size x seconds) between two moments; 1 when all were borrowed all the time.

    Never more than 1 for the tuned pool: a place is passed on when its checkout has been counted as ended. The basic
    pool can come out a little above: asyncpg hands a connection on before the release returns to whoever released
    it, so that for some rounds of the event loop two checkouts hold the same one.

    Raises ValueError when no time passed.
    """
    passed_s = after.at_s - before.at_s
    if passed_s <= 0:
        raise ValueError("utilisation needs two snapshots with time between them")
    return (after.busy_s - before.busy_s) / (after.size * passed_s)


def efficiency(before: PoolSnapshot, after: PoolSnapshot) -> float:
    """Query time / (wait + whole checkout cycle): what part of a request's time with the pool was spent on its query.

    Not a number when nobody asked for a connection.
    """
    return _share(after.query_s - before.query_s, _cycle_s(before, after))


def wait_share(before: PoolSnapshot, after: PoolSnapshot) -> float:
    """Wait / (wait + whole checkout cycle). Not a number when nobody asked for a connection."""
    return _share(after.waiting_s - before.waiting_s, _cycle_s(before, after))


def chance_to_wait(before: PoolSnapshot, after: PoolSnapshot) -> float:
    """The part of the checkouts that began only after a wait. Not a number when none began."""
    return _share(after.waited - before.waited, after.borrowed - before.borrowed)


def wait_quantile(before: PoolSnapshot, after: PoolSnapshot, share: float) -> float:
    """A quantile of the wait in seconds, rounded up to a bucket's bound. Not a number when nobody got a connection."""
    return quantile([new - old for old, new in zip(before.wait_counts, after.wait_counts, strict=True)], share)


def _cycle_s(before: PoolSnapshot, after: PoolSnapshot) -> float:
    """Areas, not sums of ended stays: a stay that crosses a moment counts with what lies between the two."""
    return (after.waiting_s - before.waiting_s) + (after.busy_s - before.busy_s)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan

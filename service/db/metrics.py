"""The pool as Prometheus sees it: read from the counters when it asks, so that a checkout pays nothing for it.

The names are OpenTelemetry's for `db.client.connection.*` (semantic conventions for database metrics, status
development), in Prometheus's form: dots are underscores, units and `_total` are suffixes.

    count {state}      db_client_connection_count             used or idle
    max                db_client_connection_max
    idle.max           db_client_connection_idle_max          all may lie idle: as many as max
    pending_requests   db_client_connection_pending_requests
    timeouts           db_client_connection_timeouts_total
    create_time        db_client_connection_create_time_seconds
    wait_time          db_client_connection_wait_time_seconds
    use_time           db_client_connection_use_time_seconds

OpenTelemetry has no name for these, which are ours:

    db_client_connection_busy_seconds_total      area below the borrowed connections; its rate over max is utilisation
    db_client_connection_pending_seconds_total   area below the waiting requests; its rate is their average number
    db_client_connection_query_seconds_total     time in queries; its rate over that of the two above is efficiency
    db_client_connection_waited_total            checkouts that began after a wait
    db_client_connection_rejections_total        requests turned away because too many wait
    db_client_connection_failures_total          requests that got no connection because the server or they are gone
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from service.db.histogram import BOUNDS_S
from service.db.usage import PoolSnapshot

NAME = "db_client_connection_"
POOL = "db_client_connection_pool_name"
"""OpenTelemetry's attribute that tells pools apart."""
EDGES = (*(f"{bound:g}" for bound in BOUNDS_S), "+Inf")


class PoolMetrics(Collector):
    """Pools by name, each given by what reads it: `Database.usage`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._pools: dict[str, Callable[[], PoolSnapshot]] = {}
        registry.register(self)

    def watch(self, name: str, usage: Callable[[], PoolSnapshot]) -> None:
        """Report this pool too, in place of an earlier one of its name."""
        self._pools[name] = usage

    def describe(self) -> Iterable[Metric]:
        """The families, empty."""
        return _families({})

    def collect(self) -> Iterator[Metric]:
        """The pools as they are now."""
        # Each is read once, so that its figures belong to one moment.
        yield from _families({name: usage() for name, usage in self._pools.items()})


def _families(pools: dict[str, PoolSnapshot]) -> Iterator[Metric]:
    count = GaugeMetricFamily(NAME + "count", "Connections by state.", labels=[POOL, "state"])
    for name, now in pools.items():
        count.add_metric([name, "used"], now.busy)
        # A connection that is lost while it is borrowed counts as used until it is given back.
        count.add_metric([name, "idle"], max(now.open - now.busy, 0))
    yield count
    for field, text, value in _GAUGES:
        gauge = GaugeMetricFamily(NAME + field, text, labels=[POOL])
        for name, now in pools.items():
            gauge.add_metric([name], value(now))
        yield gauge
    for field, text, value in _COUNTERS:
        counter = CounterMetricFamily(NAME + field, text, labels=[POOL])
        for name, now in pools.items():
            counter.add_metric([name], value(now))
        yield counter
    for field, text, counted in _HISTOGRAMS:
        histogram = HistogramMetricFamily(NAME + field, text, labels=[POOL])
        for name, now in pools.items():
            counts, sum_s = counted(now)
            histogram.add_metric([name], list(zip(EDGES, map(float, accumulate(counts)), strict=True)), sum_s)
        yield histogram


_GAUGES: Sequence[tuple[str, str, Callable[[PoolSnapshot], float]]] = (
    ("max", "Most connections that the pool may have.", lambda now: now.size),
    ("idle_max", "Most connections that may lie idle.", lambda now: now.size),
    ("pending_requests", "Requests that wait for a connection.", lambda now: now.waiting),
)
_COUNTERS: Sequence[tuple[str, str, Callable[[PoolSnapshot], float]]] = (
    ("timeouts", "Requests that waited in vain as long as they may.", lambda now: now.timeouts),
    ("busy_seconds", "Connection-seconds borrowed.", lambda now: now.busy_s),
    ("pending_seconds", "Request-seconds waited.", lambda now: now.waiting_s),
    ("query_seconds", "Seconds in queries.", lambda now: now.query_s),
    ("waited", "Checkouts that began after a wait.", lambda now: now.waited),
    ("rejections", "Requests turned away because too many wait.", lambda now: now.rejections),
    ("failures", "Requests that got no connection for another reason.", lambda now: now.failures),
)
_HISTOGRAMS: Sequence[tuple[str, str, Callable[[PoolSnapshot], tuple[Sequence[int], float]]]] = (
    ("create_time_seconds", "Time to make a connection.", lambda now: (now.create_counts, now.create_s)),
    ("wait_time_seconds", "Time to obtain a connection.", lambda now: (now.wait_counts, now.wait_s)),
    ("use_time_seconds", "Time from borrowing to having given back.", lambda now: (now.use_counts, now.use_s)),
)

"""Circuit breakers as Prometheus sees them.

Transitions and rejections are counted as they happen. The rest is read from the breakers when Prometheus asks, so
that a call through a closed circuit pays nothing for it. The names follow resilience4j's.
"""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from service.resilience.breaker import CircuitBreaker
from service.resilience.circuit import Circuit
from service.resilience.state import CircuitState


class BreakerMetrics(Collector):
    """A listener for any number of breakers, which are `watch`ed to be read as well; names must differ."""

    def __init__(self, registry: CollectorRegistry) -> None:
        # Callables: a cluster's nodes, and their breakers with them, come and go.
        self._sources: list[Callable[[], Iterable[Circuit]]] = []
        self._transitions = Counter(
            "circuitbreaker_transitions", "Transitions into a state.", ["name", "state"], registry=registry
        )
        self._rejected = Counter(
            "circuitbreaker_not_permitted_calls", "Calls that were not let through.", ["name"], registry=registry
        )
        registry.register(self)

    def watch(self, breakers: Callable[[], Iterable[Circuit]]) -> None:
        """Report these breakers, too: those that there are whenever Prometheus asks."""
        self._sources.append(breakers)
        for breaker in breakers():
            # So that the first rejection is an increase and not a new series.
            self._rejected.labels(breaker.name)

    def on_transition(self, breaker: CircuitBreaker, before: CircuitState, after: CircuitState) -> None:  # noqa: ARG002
        """Count it."""
        self._transitions.labels(breaker.name, after.value).inc()

    def on_rejected(self, breaker: CircuitBreaker) -> None:
        """Count it."""
        self._rejected.labels(breaker.name).inc()

    def describe(self) -> Iterable[Metric]:
        """The families, empty."""
        return _families().values()

    def collect(self) -> Iterator[Metric]:
        """The breakers as they are now."""
        families = _families()
        for breaker in (breaker for source in self._sources for breaker in source()):
            name, now = breaker.name, breaker.snapshot()
            for state in CircuitState:
                families["state"].add_metric([name, state.value], float(state is now.state))
            for kind, calls in (("all", now.calls), ("failed", now.failed), ("slow", now.slow)):
                families["buffered"].add_metric([name, kind], calls)
            families["overdue"].add_metric([name], now.overdue)
            families["failure_rate"].add_metric([name], now.failure_rate)
            families["slow_call_rate"].add_metric([name], now.slow_call_rate)
        yield from families.values()


def _families() -> dict[str, GaugeMetricFamily]:
    return {
        "state": GaugeMetricFamily("circuitbreaker_state", "1 for the present state.", labels=["name", "state"]),
        "buffered": GaugeMetricFamily(
            "circuitbreaker_buffered_calls",
            "Calls in the window; failed and slow may overlap.",
            labels=["name", "kind"],
        ),
        "overdue": GaugeMetricFamily("circuitbreaker_overdue_calls", "Running, and slow already.", labels=["name"]),
        "failure_rate": GaugeMetricFamily(
            "circuitbreaker_failure_rate", "The failed among the calls in the window.", labels=["name"]
        ),
        "slow_call_rate": GaugeMetricFamily(
            "circuitbreaker_slow_call_rate", "The slow and overdue among all that are known.", labels=["name"]
        ),
    }

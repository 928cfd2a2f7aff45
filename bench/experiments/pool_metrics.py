"""The pool's counters as the service tells them at /metrics, by OpenTelemetry's names."""

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

PREFIX = "db_client_connection_"
SUMS = {
    "busy_s": "busy_seconds_total",
    "pending_s": "pending_seconds_total",
    "query_s": "query_seconds_total",
    "use_s": "use_time_seconds_sum",
    "wait_s": "wait_time_seconds_sum",
    "returned": "use_time_seconds_count",
    "borrowed": "wait_time_seconds_count",
    "waited": "waited_total",
    "timeouts": "timeouts_total",
    "rejections": "rejections_total",
}
"""Our names for them: areas and sums in seconds, and counts."""
WAITS = f"{PREFIX}wait_time_seconds_bucket"


@dataclass(frozen=True, slots=True)
class PoolReading:
    """The counters at one moment."""

    values: Mapping[str, float]
    waits: Mapping[str, float]
    """Cumulative counts of waits by upper bound in seconds."""

    def since(self, before: "PoolReading") -> dict[str, object]:
        """What was counted in between, as facts."""
        return {
            **{name: value - before.values[name] for name, value in self.values.items()},
            "waits": {bound: count - before.waits.get(bound, 0.0) for bound, count in self.waits.items()},
        }


def read(text: str) -> PoolReading:
    """From the page of /metrics.

    Raises KeyError when it does not tell of a pool.
    """
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = {sample.name: sample.value for sample in samples}
    waits = {sample.labels["le"]: sample.value for sample in samples if sample.name == WAITS}
    return PoolReading({name: found[PREFIX + told] for name, told in SUMS.items()}, waits)

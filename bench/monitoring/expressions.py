"""Every expression that is watched: the one place where metrics are named.

The service's own names stand in service/api/metrics.py, service/db/metrics.py and service/resilience/prometheus.py;
`pg_` are postgres_exporter's, `redis_` redis_exporter's.
"""

from dataclasses import dataclass

REQUESTS = "http_server_request_duration_seconds"
POOL = "db_client_connection"
SPAN = "[5m]"
ERRORS = f'sum(rate({REQUESTS}_count{{http_response_status_code=~"5.."}}{SPAN})) / sum(rate({REQUESTS}_count{SPAN}))'
UTILISATION = f"rate({POOL}_busy_seconds_total{SPAN}) / {POOL}_max"
WAITING = f"rate({POOL}_pending_seconds_total{SPAN})"
"""How many requests wait, on average: what waits at the moment of a scrape says little."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph: a title, Grafana's unit, and the expressions drawn in it."""

    title: str
    unit: str
    expressions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition that someone must look at when it has held for `minutes`."""

    name: str
    expression: str
    minutes: int
    severity: str
    text: str


def _quantile(share: float) -> str:
    return f"histogram_quantile({share:g}, sum by (le) (rate({REQUESTS}_bucket{SPAN})))"


REDIS = '=~"redis.*"'


def _open(name: str) -> str:
    """Circuits whose name matches and which were open within the last minute.

    An open one tries again every few seconds, so it is never found open for long.
    """
    return f'max_over_time(circuitbreaker_state{{state="open",name{name}}}[1m]) == 1'


ROWS: dict[str, tuple[Panel, ...]] = {
    "Service": (
        Panel("Requests by status", "reqps", (f"sum by (http_response_status_code) (rate({REQUESTS}_count{SPAN}))",)),
        Panel("Latency p50, p95, p99", "s", tuple(map(_quantile, (0.5, 0.95, 0.99)))),
        Panel("Share of errors", "percentunit", (ERRORS,)),
        Panel("Under way", "short", ("http_server_active_requests",)),
    ),
    "Pool": (
        Panel("Utilisation", "percentunit", (UTILISATION,)),
        Panel("Connections and who waits", "short", (f"{POOL}_count", f"{POOL}_max", f"{POOL}_pending_requests")),
        Panel(
            "Turned away and in vain",
            "ops",
            (f"rate({POOL}_rejections_total{SPAN})", f"rate({POOL}_timeouts_total{SPAN})"),
        ),
    ),
    "Circuit breakers": (
        Panel("State", "short", ("circuitbreaker_state == 1",)),
        Panel(
            "Failures and slow calls", "percentunit", ("circuitbreaker_failure_rate", "circuitbreaker_slow_call_rate")
        ),
        Panel("Not let through", "ops", (f"rate(circuitbreaker_not_permitted_calls_total{SPAN})",)),
    ),
    "PostgreSQL": (
        Panel("Connections", "short", ("pg_stat_activity_count",)),
        Panel(
            "Rows", "ops", (f"rate(pg_stat_database_tup_fetched{SPAN})", f"rate(pg_stat_database_tup_returned{SPAN})")
        ),
    ),
    "Redis": (
        Panel("Memory", "bytes", ("redis_memory_used_bytes",)),
        Panel(
            "Hits and misses",
            "ops",
            (f"rate(redis_keyspace_hits_total{SPAN})", f"rate(redis_keyspace_misses_total{SPAN})"),
        ),
    ),
}
"""The dashboard, from top to bottom."""

ALERTS = (
    Alert("ServiceDown", 'up{job="service"} == 0', 1, "critical", "The service does not answer Prometheus."),
    Alert("ErrorRate", f"{ERRORS} > 0.05", 5, "critical", "More than one request in twenty ends with a 5xx."),
    Alert(
        "PoolSaturated",
        f"{UTILISATION} > 0.9 and {WAITING} > 1",
        5,
        "warning",
        "Connections are busy for more than 90 % of the time and requests wait; see ./perflab sweep pool.",
    ),
    Alert("BreakerOpen", _open('!~"redis.*"'), 2, "warning", "A circuit opens again and again, or stays open."),
    Alert(
        "CacheDown",
        f"{_open(REDIS)} or redis_up == 0",
        2,
        "warning",
        "Redis does not answer; requests are answered by PostgreSQL.",
    ),
)
"""Every rule has a case in monitoring/alerts.test.yml."""

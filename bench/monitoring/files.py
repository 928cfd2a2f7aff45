"""The files below monitoring/, written by `python -m bench.monitoring`; a test compares them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.monitoring.expressions import ALERTS, ROWS, Alert

FOLDER = Path(__file__).resolve().parents[2] / "monitoring"
NOTE = "# Written by `python -m bench.monitoring`; change bench/monitoring/expressions.py and run that.\n"
SOURCE = {"type": "prometheus", "uid": "perflab"}
WIDTH, HEIGHT = 24, 8
SCRAPED = {"service": "service:8000", "postgres": "postgres-exporter:9187", "redis": "redis-exporter:9121"}
"""Host and port of each job, as a compose network names them."""


def files() -> Mapping[str, str]:
    """Every file's text by its path below FOLDER."""
    return {
        "prometheus.yml": _prometheus(),
        "alerts.yml": NOTE + "groups:\n  - name: perflab\n    rules:\n" + "".join(map(_rule, ALERTS)),
        "grafana/provisioning/datasources/prometheus.yml": _datasource(),
        "grafana/provisioning/dashboards/perflab.yml": _provider(),
        "grafana/dashboards/perflab.json": json.dumps(_dashboard(), indent=2) + "\n",
    }


def _prometheus() -> str:
    jobs = "".join(
        f"  - job_name: {name}\n    static_configs:\n      - targets: [{json.dumps(target)}]\n"
        for name, target in SCRAPED.items()
    )
    return (
        f"{NOTE}global:\n  scrape_interval: 15s\n  evaluation_interval: 15s\n"
        f"rule_files: [alerts.yml]\nscrape_configs:\n{jobs}"
    )


def _rule(alert: Alert) -> str:
    # JSON's strings are YAML's.
    return (
        f"      - alert: {alert.name}\n        expr: {json.dumps(alert.expression)}\n        for: {alert.minutes}m\n"
        f"        labels: {{severity: {alert.severity}}}\n"
        f"        annotations: {{summary: {json.dumps(alert.text)}}}\n"
    )


def _datasource() -> str:
    return (
        f"{NOTE}apiVersion: 1\ndatasources:\n  - name: Prometheus\n    type: prometheus\n    uid: perflab\n"
        "    url: http://prometheus:9090\n    isDefault: true\n"
    )


def _provider() -> str:
    return (
        f"{NOTE}apiVersion: 1\nproviders:\n  - name: perflab\n    type: file\n"
        "    options: {path: /var/lib/grafana/dashboards}\n"
    )


def _dashboard() -> dict[str, Any]:
    # Runs of the lab are annotations of Grafana itself, with the tag `perflab`.
    runs = {
        "name": "Runs of perflab",
        "enable": True,
        "iconColor": "blue",
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "target": {"type": "tags", "tags": ["perflab"], "limit": 100, "matchAny": False},
    }
    return {
        "uid": "perflab",
        "title": "perflab reference service",
        "schemaVersion": 39,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "annotations": {"list": [runs]},
        "panels": [{"id": number, **panel} for number, panel in enumerate(_panels(), start=1)],
    }


def _panels() -> Iterator[dict[str, Any]]:
    y = 0
    for row, panels in ROWS.items():
        yield {"type": "row", "title": row, "collapsed": False, "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}}
        width = WIDTH // len(panels)
        for place, panel in enumerate(panels):
            yield {
                "type": "timeseries",
                "title": panel.title,
                "datasource": SOURCE,
                "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
                "gridPos": {"x": place * width, "y": y + 1, "w": width, "h": HEIGHT},
                "targets": [
                    {"refId": chr(ord("A") + index), "expr": expression, "datasource": SOURCE}
                    for index, expression in enumerate(panel.expressions)
                ],
            }
        y += HEIGHT + 1

"""What watches a running service: Prometheus's rules and Grafana's dashboard, all from one list of expressions."""

from bench.monitoring.files import FOLDER, files

__all__ = ["FOLDER", "files"]

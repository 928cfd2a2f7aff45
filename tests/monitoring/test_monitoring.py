"""What watches the service speaks of metrics that the service has."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bench.monitoring import FOLDER, files
from bench.monitoring.expressions import ALERTS, ROWS
from tests.service.conftest import *  # noqa: F403 - its fixtures
from tests.service.running import ON, Databases, running

NAME = re.compile(r"\b((?:http_server|db_client|circuitbreaker)_[a-z0-9_]+)\b")
LABELS = re.compile(r"\{[^}]*\}|by \([^)]*\)")
SUFFIXES = ("_bucket", "_count", "_sum", "_total", "")


def named() -> Iterator[str]:
    """Every metric of the service that a panel or an alert reads."""
    panels = (text for row in ROWS.values() for panel in row for text in panel.expressions)
    for text in (*panels, *(alert.expression for alert in ALERTS)):
        yield from NAME.findall(LABELS.sub("", text))


def unknown(names: set[str], page: str) -> set[str]:
    """Those that the page does not have."""
    there = {family.name for family in text_string_to_metric_families(page)}
    return {name for name in names if not any(name.removesuffix(suffix) in there for suffix in SUFFIXES)}


@pytest.mark.servers
async def test_every_metric_is_on_the_page_of_a_real_service(databases: Databases) -> None:
    """A name that the service does not have would draw an empty graph, or an alert that never fires."""
    async with running(databases.settings({**ON, "cache": "off"})) as service:
        page = (await service.client.get("/metrics")).text
    names = set(named())
    assert len(names) > 10
    assert unknown(names, page) == set()
    assert unknown({"db_client_connection_renamed"}, page) == {"db_client_connection_renamed"}


@pytest.mark.parametrize("name", sorted(files()))
def test_the_files_are_what_is_generated(name: str) -> None:
    """Nobody edits them by hand, nobody forgets to write them again."""
    assert (FOLDER / name).read_text() == files()[name], "run python -m bench.monitoring"


def test_the_files_can_be_read() -> None:
    """YAML and JSON, every alert with a rule, every panel with its own number."""
    rules = yaml.safe_load(files()["alerts.yml"])["groups"][0]["rules"]
    assert [rule["expr"] for rule in rules] == [alert.expression for alert in ALERTS]
    assert yaml.safe_load(files()["prometheus.yml"])["rule_files"] == ["alerts.yml"]
    panels = json.loads(files()["grafana/dashboards/perflab.json"])["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian's package prometheus) is not installed")
def test_the_alerts_fire_and_keep_still() -> None:
    """All five in trouble, none in health; promtool's own test."""
    subprocess.run(["promtool", "test", "rules", "alerts.test.yml"], cwd=FOLDER, check=True)

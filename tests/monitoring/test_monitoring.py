"""What watches the service speaks of metrics that the service has."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bench.monitoring import FOLDER, files
from bench.monitoring.expressions import ALERTS, ROWS, Alert
from tests.service.conftest import *  # noqa: F403 - its fixtures
from tests.service.running import ON, Databases, running

NAME = re.compile(r"\b((?:http_server|db_client|circuitbreaker)_[a-z0-9_]+)\b(\{[^}]*\})?")
SELECTED = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
IN_TEXT = re.compile(r'"[^"]*"')
EXPRESSIONS = (
    *(text for row in ROWS.values() for panel in row for text in panel.expressions),
    *(alert.expression for alert in ALERTS),
)


def named(text: str) -> Iterator[tuple[str, str]]:
    """Every metric of the service that an expression reads, each with every label that is asked of it; "" is none."""
    found = [(name, SELECTED.findall(IN_TEXT.sub("", labels))) for name, labels in NAME.findall(GROUPED.sub("", text))]
    grouped = [label.strip() for labels in GROUPED.findall(text) for label in labels.split(",")]
    for name, labels in found:
        yield from ((name, label) for label in ("", *labels, *grouped))


def told(page: str) -> set[tuple[str, str]]:
    """Every sample's name, as Prometheus stores it, with every label that it has; "" beside them."""
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return {(sample.name, label) for sample in samples for label in ("", *sample.labels)}


@pytest.mark.servers
@pytest.mark.parametrize("cache", ["off", "on"])
async def test_every_metric_is_on_the_page_of_a_real_service(databases: Databases, cache: str) -> None:
    """A name or a label that the service does not have would draw an empty graph, or an alert that never fires."""
    settings = databases.settings({**ON, "cache": cache}, weaviate_url="http://127.0.0.1:1")
    async with running(settings) as service:
        await service.get("/search", q="pool")
        page = (await service.client.get("/metrics")).text
    asked = {pair for text in EXPRESSIONS for pair in named(text)}
    assert len(asked) > 15
    assert asked - told(page) == set()
    assert ('circuitbreaker_state{name="redis' in page) is (cache == "on")


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("db_client_connection_renamed", "db_client_connection_renamed"),
        ("rate(db_client_connection_busy_seconds[5m])", "db_client_connection_busy_seconds"),
        ('circuitbreaker_state{status="open"}', "status"),
        ("sum by (code) (circuitbreaker_state)", "code"),
    ],
)
def test_what_is_not_on_the_page_is_found(text: str, missing: str) -> None:
    """Another name, one without the suffix that is stored, another label, a group of nothing."""
    page = (
        "# TYPE db_client_connection_busy_seconds counter\n"
        'db_client_connection_busy_seconds_total{pool="p"} 1.0\n'
        '# TYPE circuitbreaker_state gauge\ncircuitbreaker_state{name="n",state="open"} 0.0\n'
    )
    assert missing in {word for pair in set(named(text)) - told(page) for word in pair}


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


@pytest.fixture
def promtool() -> str:
    """Where it is; skipped where it is not, unless it is required."""
    found = shutil.which("promtool")
    if found is None:
        reason = "promtool (Debian's package prometheus) is not on PATH"
        if os.environ.get("PERFLAB_REQUIRE_PROMTOOL") == "1":
            pytest.fail(f"PERFLAB_REQUIRE_PROMTOOL=1, but {reason}.")
        pytest.skip(f"{reason}.")
    return found


def tried(promtool: str, folder: Path) -> bool:
    """Whether the alerts of a folder do what its tests say."""
    return subprocess.run([promtool, "test", "rules", "alerts.test.yml"], cwd=folder, check=False).returncode == 0


def test_the_alerts_fire_and_keep_still(promtool: str) -> None:
    """Each in its own trouble, none in health; and Prometheus takes the configuration."""
    assert tried(promtool, FOLDER)
    subprocess.run([promtool, "check", "config", "prometheus.yml"], cwd=FOLDER, check=True)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
@pytest.mark.parametrize("instead", ["vector(1) < 0", "vector(1)"])
def test_an_alert_that_is_wrong_is_found(alert: Alert, instead: str, promtool: str, tmp_path: Path) -> None:
    """One that never fires, and one that always does, of each."""
    (tmp_path / "alerts.test.yml").write_text((FOLDER / "alerts.test.yml").read_text())
    text = files()["alerts.yml"]
    assert json.dumps(alert.expression) in text
    (tmp_path / "alerts.yml").write_text(text.replace(json.dumps(alert.expression), json.dumps(instead)))
    assert not tried(promtool, tmp_path)

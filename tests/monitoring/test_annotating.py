"""A run's annotation, as Grafana's own interface takes it: posted where asked, and its loss costs no run."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench import store
from bench.errors import StoreError
from bench.lab.remembering import remember
from bench.model import RunRecord
from bench.monitoring import annotating
from bench.monitoring.files import files

EXAMPLE = Path(__file__).parents[2] / "reports" / "example"


@dataclass
class Grafana:
    """What was posted, and the status that answers it."""

    url: str = ""
    status: int = 200
    posted: list[tuple[str, str, dict]] = field(default_factory=list)


@pytest.fixture
def grafana(monkeypatch: pytest.MonkeyPatch) -> Iterator[Grafana]:
    """One on loopback, named by the environment."""
    grafana = Grafana()

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep it."""
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            grafana.posted.append((self.path, self.headers["Authorization"], body))
            self.send_response(grafana.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep still."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever).start()
        grafana.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv(annotating.ADDRESS, f"{grafana.url}/")
        monkeypatch.setenv(annotating.TOKEN, "secret")
        yield grafana
        server.shutdown()


@pytest.fixture(scope="module")
def record() -> RunRecord:
    """A run of 90 s."""
    return replace(store.load(EXAMPLE), run_id="one", started="2026-01-01T00:00:00+00:00", duration_s=90.0, exit_code=3)


def test_a_run_stands_in_the_dashboard(grafana: Grafana, record: RunRecord) -> None:
    """From its begin to its end, with the tag that the dashboard asks for."""
    annotating.annotate(record)
    ((path, authorization, body),) = grafana.posted
    assert (path, authorization) == ("/api/annotations", "Bearer secret")
    assert (body["time"], body["timeEnd"]) == (1767225600000, 1767225690000)
    assert body["text"] == "run one, exit code 3"
    (asked,) = json.loads(files()["grafana/dashboards/perflab.json"])["annotations"]["list"]
    assert set(asked["target"]["tags"]) <= set(body["tags"])


def test_nobody_is_asked_unless_named(grafana: Grafana, record: RunRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is opt-in."""
    monkeypatch.delenv(annotating.ADDRESS)
    annotating.annotate(record)
    assert grafana.posted == []


def test_a_grafana_that_does_not_take_it_is_said(
    grafana: Grafana, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It refuses, the token is missing, nobody answers, or it is no address; never with the token in the sentence."""
    grafana.status = 401
    with pytest.raises(StoreError, match="answered 401"):
        annotating.annotate(record)
    for url in ("http://127.0.0.1:1", "no address", "http://[::"):
        monkeypatch.setenv(annotating.ADDRESS, url)
        with pytest.raises(StoreError, match="does not answer") as refused:
            annotating.annotate(record)
        assert "secret" not in str(refused.value)
    monkeypatch.delenv(annotating.TOKEN)
    with pytest.raises(StoreError, match="PERFLAB_GRAFANA_TOKEN is not"):
        annotating.annotate(record)


def test_a_run_is_remembered_whatever_grafana_says(grafana: Grafana, record: RunRecord, tmp_path: Path) -> None:
    """The history has its line before anybody is asked."""
    grafana.status = 500
    (tmp_path / "one").mkdir()
    for name in ("run.json", "spec.json"):
        if (EXAMPLE / name).exists():
            (tmp_path / "one" / name).write_bytes((EXAMPLE / name).read_bytes())
    with pytest.raises(StoreError, match="not in Grafana"):
        remember(record, tmp_path / "one")
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 1
    assert len(grafana.posted) == 1

"""The health check tells a service that is ready from one that is not, and from none."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bench.lifetime import free_port
from service import probe
from service.settings import Settings


class Answers(BaseHTTPRequestHandler):
    """Answers the one path with what its server was told."""

    def do_GET(self) -> None:
        """Say the status."""
        self.send_response(self.server.status if self.path == "/health/ready" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """A server that says what it is told to."""
    with HTTPServer(("127.0.0.1", 0), Answers) as listening:
        listening.status = 200
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (500, 1), (404, 1)])
def test_only_200_is_ready(status: int, code: int, server: HTTPServer, monkeypatch, capsys) -> None:
    """Everything else is exit code 1 with one line that says which; 0.0.0.0 is asked here."""
    server.status = status
    monkeypatch.setenv("DOCAICHE_HOST", "0.0.0.0")  # noqa: S104 - asked, not served
    monkeypatch.setenv("DOCAICHE_PORT", str(server.server_port))
    if code == 0:
        probe.main()
    else:
        with pytest.raises(SystemExit) as ended:
            probe.main()
        assert ended.value.code == code
    assert (str(status) in capsys.readouterr().out) == (code == 1)


@pytest.mark.parametrize("port", [None, "", "many"])
def test_nobody_there_is_not_ready(port: str | None) -> None:
    """A port without a listener, and one that is none."""
    reason = probe.obstacle("127.0.0.1", str(free_port()) if port is None else port)
    assert reason is not None
    assert "does not answer" in reason


def test_its_defaults_are_the_service_s() -> None:
    """It reads no settings, which takes long; so it repeats two of them."""
    fields = Settings.model_fields
    assert (fields["host"].default, str(fields["port"].default)) == (probe.HOST, probe.PORT)

"""A deployment of its own: other names and ports than anybody's, a service that answered, and nothing left."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.errors import ToolError
from bench.infrastructure import FOLDER, applying
from bench.infrastructure.outcome import Outcome
from tests.infrastructure.conftest import Put

GIVEN = 'cp terraform.tfvars.json "$(dirname "$ASKED")/given.json"'
NOTHING_LEFT = "exit 0"
RUN = "import pathlib; from bench.infrastructure import applying; applying.applied(pathlib.Path"
LEFT = '[ "$1 $2" = "volume ls" ] && echo postgres-data; exit 0'


@pytest.fixture
def deployable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, with what passwords come from, and an image of the service."""
    (folder / "make-secrets").symlink_to(FOLDER / "make-secrets")
    monkeypatch.setenv(applying.IMAGE, "docaiche:test")
    monkeypatch.setattr(applying, "ANSWER_S", 0.0)
    return folder


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Ready, and nothing else."""
        self.send_response(200 if self.path == applying.READY else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep still."""


@pytest.fixture
def service() -> Iterator[str]:
    """One that is ready."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def terraform(url: str, *, apply: str = GIVEN, destroy: str = "") -> str:
    """A stand-in that deploys a service which answers at `url`."""
    return f"""case "$1" in apply) {apply} ;; output) echo '"{url}"' ;; destroy) {destroy or ":"} ;; esac"""


def words(asked: list[str]) -> list[str]:
    """What Terraform was asked, without options."""
    return [line.split()[1] for line in asked if line.startswith("terraform")]


def test_a_deployment_has_a_name_and_ports_of_its_own(
    put: Put, deployable: Path, service: str, asked: Callable[[], list[str]], tmp_path: Path
) -> None:
    """Whoever has deployed development on this machine keeps it; two checks do not meet either."""
    put("docker", NOTHING_LEFT)
    put("terraform", terraform(service))
    seen = []
    for _ in range(2):
        assert applying.applied(deployable) == Outcome.of("apply", ())
        seen.append(json.loads((tmp_path / "given.json").read_text()))
        subprocess.run(["rm", "-r", deployable / "secrets"], check=True)
    assert words(asked()) == ["apply", "output", "destroy"] * 2
    assert seen[0]["name"] != seen[1]["name"]
    assert set(seen[0]["ports"]) == {"service", "postgres", "redis", "prometheus", "grafana"}
    assert len(set(seen[0]["ports"].values())) == 5
    assert f"docker ps --all --quiet --filter label=perflab.deployment={seen[0]['name']}" in asked()


def test_its_variables_are_those_of_the_environment(put: Put, deployable: Path, service: str, tmp_path: Path) -> None:
    """A name that the environment does not have would leave its own, which is somebody's deployment."""
    put("docker", NOTHING_LEFT)
    put("terraform", terraform(service))
    applying.applied(deployable)
    declared = (FOLDER / "environments" / applying.ENVIRONMENT / "variables.tf").read_text()
    for name in json.loads((tmp_path / "given.json").read_text()):
        assert f'variable "{name}"' in declared
    main = (FOLDER / "environments" / applying.ENVIRONMENT / "main.tf").read_text()
    assert "= var.name" in main
    assert "= var.ports" in main


def test_what_destroying_left_is_named_and_removed(
    put: Put, deployable: Path, service: str, asked: Callable[[], list[str]]
) -> None:
    """It is no success, even if Terraform said so."""
    put("docker", LEFT)
    put("terraform", terraform(service))
    assert applying.applied(deployable).found == ("destroy left volume postgres-data",)
    assert "docker volume rm --force postgres-data" in asked()


def test_a_service_that_does_not_answer_is_a_finding(
    put: Put, deployable: Path, service: str, asked: Callable[[], list[str]]
) -> None:
    """Healthy containers are not enough; it is taken down as well."""
    put("docker", NOTHING_LEFT)
    put("terraform", terraform(f"{service}/elsewhere"))
    assert "the service answered 404" in applying.applied(deployable).found[0]
    put("terraform", terraform("http://127.0.0.1:1"))
    subprocess.run(["rm", "-r", deployable / "secrets"], check=True)
    assert "the service did not answer" in applying.applied(deployable).found[0]
    assert words(asked()) == ["apply", "output", "destroy"] * 2


def test_what_does_not_deploy_is_taken_down(put: Put, deployable: Path, asked: Callable[[], list[str]]) -> None:
    """What was made before the failure goes, and both complaints are told."""
    put("docker", NOTHING_LEFT)
    put("terraform", terraform("", apply="echo 'Error: port is taken'; exit 1", destroy="echo 'Error: busy'; exit 1"))
    assert applying.applied(deployable).found == ("Error: port is taken", "Error: busy")
    assert words(asked()) == ["apply", "destroy"]


@pytest.mark.parametrize("command", ["apply", "output", "destroy"])
def test_a_crash_takes_everything_down(
    command: str, put: Put, deployable: Path, service: str, asked: Callable[[], list[str]]
) -> None:
    """Of whichever command; what the engine has is looked at even if destroying is what crashed."""
    put("docker", NOTHING_LEFT)
    put("terraform", f'[ "$1" = {command} ] && exit 11\n{terraform(service)}')
    with pytest.raises(ToolError, match=f"terraform {command} ended with code 11"):
        applying.applied(deployable)
    assert words(asked())[-1] == "destroy"
    assert any(line.startswith("docker network ls") for line in asked())


def test_without_docker_nothing_is_deployed(
    put: Put, deployable: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is missing, or it refuses: a reason, and Terraform is never asked."""
    put("docker", "echo 'permission denied' >&2; exit 1")
    refused = applying.applied(deployable)
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = applying.applied(deployable)
    assert (refused.status, missing.status) == ("not_run", "not_run")
    assert "permission denied" in refused.reason
    assert "docker does not start" in missing.reason


@pytest.mark.parametrize("script", ["#!/bin/sh\necho 'disk is full' >&2; exit 1\n", "#!/no/such/shell\n"])
def test_passwords_that_cannot_be_made_are_said(script: str, put: Put, deployable: Path) -> None:
    """One sentence, before anything is deployed."""
    put("docker", NOTHING_LEFT)
    (deployable / "make-secrets").unlink()
    (deployable / "make-secrets").write_text(script)
    (deployable / "make-secrets").chmod(0o755)
    with pytest.raises(ToolError, match="make-secrets made no passwords .*; nothing was deployed"):
        applying.applied(deployable)


def test_an_interrupt_takes_down_before_it_leaves(put: Put, deployable: Path, asked: Callable[[], list[str]]) -> None:
    """Terraform is told, ends, and destroys; only then does the interrupt go on."""
    put("docker", NOTHING_LEFT)
    put(
        "terraform",
        'case "$1" in apply) echo begun >>"$ASKED"; kill -INT "$PPID"; sleep 0.5; echo heeded >>"$ASKED" ;; esac',
    )
    assert_taken_down(f"{RUN}({str(deployable)!r}))", asked)


def test_an_interrupt_while_terraform_starts_is_not_lost(
    put: Put, deployable: Path, asked: Callable[[], list[str]]
) -> None:
    """It comes before there is anything that could be told: nothing runs on behind the destruction."""
    put("docker", NOTHING_LEFT)
    put("terraform", 'case "$1" in apply) echo begun >>"$ASKED"; sleep 0.5; echo heeded >>"$ASKED" ;; esac')
    interrupted = (
        "import os, signal, subprocess\n"
        "class Started(subprocess.Popen):\n"
        "    def __init__(self, words, **more):\n"
        "        super().__init__(words, **more)\n"
        "        if words[:2] == ('terraform', 'apply'):\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "subprocess.Popen = Started\n"
    )
    assert_taken_down(f"{interrupted}{RUN}({str(deployable)!r}))", asked)


def assert_taken_down(code: str, asked: Callable[[], list[str]]) -> None:
    """The program is interrupted, and what it began has ended before it is destroyed."""
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER.parent, env=os.environ, capture_output=True, text=True, check=False
    )
    assert ended.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in ended.stderr
    noted = [line for line in asked() if not line.startswith("docker")]
    assert noted[1:3] == ["begun", "heeded"]
    assert noted[3].startswith("terraform destroy")

""".ci/run decides whether the docker tests run: never silently not."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may start a container engine")


@dataclass
class Machine:
    """A copy of .ci, a ./perflab that prints its environment, and programs that stand before the real ones."""

    path: Path

    def program(self, name: str, script: str) -> None:
        """A program of this name that .ci/run finds first."""
        path = self.path / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def bare(self) -> str:
        """A PATH with the machine's own programs and what every Debian has."""
        for tool in ("bash", "dirname", "mktemp", "mkdir", "rm", "id", "tail", "sh"):
            (self.path / "bin" / tool).symlink_to(shutil.which(tool))
        return str(self.path / "bin")

    def run(self, **environment: str) -> subprocess.CompletedProcess:
        """Run .ci/run where no engine answers, unless the environment says otherwise."""
        required = (f"PERFLAB_REQUIRE_{tool}" for tool in ("DOCKER", "BROWSER", "PROMTOOL", "TERRAFORM"))
        unset = (*required, "PERFLAB_POSTGRES_IMAGE", "PERFLAB_REDIS_IMAGE")
        inherited = {name: value for name, value in os.environ.items() if name not in unset}
        here = {"PATH": f"{self.path / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(self.path)}
        nowhere = {"DOCKER_HOST": f"unix://{self.path}/no.sock"}
        command = ["bash", self.path / ".ci/run"]
        everything = {**inherited, **here, **nowhere, **environment}
        return subprocess.run(
            command, env=everything, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine whose engine does not answer."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "bin").mkdir()
    script = tmp_path / "perflab"
    script.write_text(
        '#!/bin/sh\necho "required: ${PERFLAB_REQUIRE_DOCKER-no} $PERFLAB_POSTGRES_IMAGE"\n'
        'echo "browser: ${PERFLAB_REQUIRE_BROWSER-no}"\necho "promtool: ${PERFLAB_REQUIRE_PROMTOOL-no}"\nexit 7\n'
    )
    script.chmod(0o755)
    made = Machine(tmp_path)
    made.program("chromium", "exit 0")
    made.program("promtool", "exit 0")
    return made


def test_a_kernel_without_namespaces_skips_them_aloud(machine):
    """Where the kernel refuses containers, one line says so, the tests run and their exit code is passed on."""
    machine.program("unshare", "exit 1")
    run = machine.run()
    assert "docker tests are skipped" in run.stdout
    assert "required: no" in run.stdout
    assert ("browser: 1" in run.stdout) == (os.geteuid() == 0 and shutil.which("apt-get") is not None)
    assert run.returncode == 7


def test_an_engine_that_should_start_and_does_not_is_a_failure(machine):
    """Where the kernel allows containers, a broken engine ends the run instead of skipping tests."""
    machine.program("unshare", "exit 0")
    machine.program("dockerd", "echo 'no space left on device' >&2; exit 1")
    run = machine.run()
    assert run.returncode == 2
    assert "no space left on device" in run.stderr
    assert "dockerd did not start" in run.stderr
    assert "required:" not in run.stdout


def test_packages_that_cannot_be_installed_are_a_failure(machine):
    """Without a network the engine cannot be installed: that is said, and nothing is skipped."""
    machine.program("unshare", "exit 0")
    machine.program("apt-get", "echo 'Temporary failure resolving' >&2; exit 100")
    run = machine.run(PATH=machine.bare())
    assert run.returncode == 2
    assert "Temporary failure resolving" in run.stderr
    assert "could not install docker.io" in run.stderr


def test_a_browser_that_cannot_be_installed_is_a_failure(machine):
    """The tests that look at pages are not skipped where they can be had."""
    machine.program("unshare", "exit 1")
    machine.program("apt-get", "echo 'Temporary failure resolving' >&2; exit 100")
    (machine.path / "bin" / "chromium").unlink()
    run = machine.run(PATH=machine.bare())
    assert run.returncode == 2
    assert "could not install chromium" in run.stderr


def test_alerts_that_cannot_be_tested_are_a_failure(machine):
    """Where promtool cannot be fetched the run ends and says so."""
    machine.program("unshare", "exit 1")
    machine.program("apt-get", "echo 'Temporary failure resolving' >&2; exit 100")
    (machine.path / "bin" / "promtool").unlink()
    run = machine.run(PATH=machine.bare())
    assert run.returncode == 2
    assert "could not fetch prometheus" in run.stderr


def test_an_ordinary_user_gets_promtool_too(machine):
    """Indexes of its own, a download and no installation: nobody has to be root for the alerts to be tested."""
    path = machine.bare()
    for tool in ("chmod", "touch"):
        (machine.path / "bin" / tool).symlink_to(shutil.which(tool))
    for name in ("id", "promtool"):
        (machine.path / "bin" / name).unlink()
    machine.program("id", "echo 1000")
    machine.program("docker", "exit 0")
    machine.program("apt-get", 'case "$*" in *Dir::State::Lists=*download*) touch prometheus_1.deb ;; esac')
    machine.program("dpkg-deb", "mkdir -p usr/bin; echo '#!/bin/sh' >usr/bin/promtool; chmod +x usr/bin/promtool")
    run = machine.run(PATH=path)
    assert "promtool: 1" in run.stdout, run.stderr
    assert run.returncode == 7


def test_images_that_the_user_names_are_taken(machine):
    """With an engine that answers and all images named, nothing is built and docker tests may not skip."""
    machine.program("docker", "exit 0")
    run = machine.run(PERFLAB_POSTGRES_IMAGE="mine:1", PERFLAB_REDIS_IMAGE="mine:2", PERFLAB_BASE_IMAGE="mine:3")
    assert "required: 1 mine:1" in run.stdout
    assert run.returncode == 7
    assert not list(machine.path.glob("perflab-ci.*"))

"""What makes a Redis Cluster of a deployment's servers, on real ones."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from bench.infrastructure import FOLDER
from bench.provision import Images
from tests.image.stack import docker, until
from tests.provision.conftest import engine

__all__ = ["engine"]

pytestmark = pytest.mark.docker

SCRIPT = (FOLDER / "modules" / "database" / "make-cluster.sh").read_text()
CLUSTER = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
PASSWORD = secrets.token_hex(8)


@dataclass
class Servers:
    """Redis servers on a network of their own."""

    network: str
    configuration: Path
    image: str = field(default_factory=lambda: Images.from_environment().redis)

    def start(self, name: str) -> None:
        """One that may become part of a cluster."""
        words = ("--detach", "--name", f"{self.network}-{name}", "--network-alias", name)
        self.run(*words, program="redis-server", words=("/run/secrets/redis.conf", *CLUSTER))

    def answers(self, name: str) -> bool:
        """Whether one can be asked."""
        said = docker("exec", f"{self.network}-{name}", "redis-cli", "-a", PASSWORD, "ping", check=False)
        return "PONG" in str(said)

    def make(self, *names: str) -> str:
        """Run the script; raises AssertionError with what it said when it fails."""
        return self.run("--rm", "--env", f"NODES={' '.join(names)}", program="sh", words=("-euc", SCRIPT))

    def run(self, *options: str, program: str, words: tuple[str, ...]) -> str:
        """A container with the password's file."""
        mount = f"{self.configuration}:/run/secrets/redis.conf:ro"
        common = ("--network", self.network, "--volume", mount, "--entrypoint", program)
        return docker("run", *options, *common, self.image, *words)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Three, of which nobody has heard of another."""
    configuration = tmp_path / "redis.conf"
    configuration.write_text(f'requirepass {PASSWORD}\nmasterauth {PASSWORD}\nsave ""\nprotected-mode no\n')
    tmp_path.chmod(0o755)
    configuration.chmod(0o644)
    network = f"perflab-cluster-{secrets.token_hex(4)}"
    names = ("redis", "redis-1", "redis-2")
    docker("network", "create", network)
    try:
        made = Servers(network, configuration)
        for name in names:
            made.start(name)
        for name in names:
            until(partial(made.answers, name), f"{name} does not answer")
        yield made
    finally:
        for name in names:
            docker("rm", "--force", "--volumes", f"{network}-{name}", check=False)
        docker("network", "rm", network)


def test_three_servers_become_one_cluster_once(servers: Servers) -> None:
    """All slots are served; run again, the script finds that they are one."""
    assert "16384 slots covered" in servers.make("redis", "redis-1", "redis-2")
    assert servers.make("redis", "redis-1", "redis-2") == ""


def test_a_server_that_is_not_there_is_a_failure(servers: Servers) -> None:
    """No cluster of fewer comes about."""
    with pytest.raises(AssertionError):
        servers.make("redis", "redis-1", "absent")

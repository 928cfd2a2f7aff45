"""Containers of PostgreSQL, Redis and the service on a network of their own, by the engine's command line."""

import asyncio
import json
import secrets
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

from bench.lifetime import Custody
from bench.provision import Images
from tests.service.documents import COLUMNS, WORKSPACES, rows

LIMIT_S = 90.0
RIGHTS = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
"""As few as the service says it needs: no tmpfs beside them either."""
HEALTH = ("--health-interval=1s", "--health-retries=2", "--health-start-period=1s")
"""The image's own check, asked more often than its defaults."""
TUNINGS = ("fulltext", "indexes", "settings")
PREPARED = "prepared"
ADMIN_KEY = secrets.token_hex(32)


def docker(*words: str, check: bool = True) -> str:
    """What the engine's command line answers."""
    done = subprocess.run(("docker", *words), capture_output=True, text=True, check=False, timeout=LIMIT_S)
    if check and done.returncode != 0:
        raise AssertionError(f"docker {' '.join(words)}: {done.stderr}")
    return done.stdout.strip()


def until(holds: Callable[[], Any], what: str) -> Any:
    """Ask until the answer is true, and give it. Raises AssertionError after LIMIT_S."""
    deadline = time.monotonic() + LIMIT_S
    while not (answer := holds()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return answer


@dataclass(frozen=True, slots=True)
class Container:
    """One container."""

    name: str
    port: int = 8000
    """The one that is published on loopback."""

    @property
    def address(self) -> str:
        """Where the host finds it."""
        return docker("port", self.name, f"{self.port}/tcp").splitlines()[0]

    @property
    def state(self) -> str:
        """Such as running, exited."""
        return docker("inspect", "--format", "{{.State.Status}}", self.name)

    @property
    def log(self) -> str:
        """What it wrote to either stream."""
        told = subprocess.run(("docker", "logs", self.name), capture_output=True, text=True, check=True)
        return told.stdout + told.stderr

    @property
    def health(self) -> str:
        """What the engine found by its HEALTHCHECK."""
        return docker("inspect", "--format", "{{.State.Health.Status}}", self.name)

    def client(self, **more: Any) -> httpx.Client:
        """A client of the service in it."""
        return httpx.Client(base_url=f"http://{self.address}", trust_env=False, timeout=LIMIT_S, **more)

    def run(self, code: str) -> Any:
        """What Python code prints as JSON inside."""
        return json.loads(docker("exec", self.name, "python", "-c", code))

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        return int(docker("wait", self.name))


@dataclass
class Stack:
    """PostgreSQL and Redis in containers, a database that is prepared, and services of it."""

    image: str
    images: Images
    labels: Sequence[str]
    network: str = field(default_factory=lambda: f"perflab-test-{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: secrets.token_hex(16))

    @classmethod
    def start(cls, image: str, custody: Custody) -> "Stack":
        """Start both servers, wait for PostgreSQL and prepare a database with documents, as the docs say."""
        labels = [f"--label={name}={value}" for name, value in custody.container_labels().items()]
        stack = cls(image, Images.from_environment(), labels)
        docker("network", "create", stack.network)
        stack._server("postgres", stack.images.postgres, f"--env=POSTGRES_PASSWORD={stack.password}")
        stack._server("redis", stack.images.redis)
        return stack

    def remove(self) -> None:
        """End everything."""
        names = docker("ps", "--all", "--quiet", "--filter", f"network={self.network}").split()
        docker("rm", "--force", "--volumes", *names, check=False)
        docker("network", "rm", self.network, check=False)

    def dsn(self, database: str) -> str:
        """URL of a database as a container of the network sees it."""
        return f"postgresql://postgres:{self.password}@postgres/{database}"

    async def connect(self, database: str) -> asyncpg.Connection:
        """A connection from here, as soon as PostgreSQL answers."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            # The published port changes with every start.
            address = Container(self.named("postgres"), 5432).address
            try:
                return await asyncpg.connect(f"postgresql://postgres:{self.password}@{address}/{database}")
            except (OSError, asyncpg.PostgresError):
                assert time.monotonic() < deadline
                await asyncio.sleep(0.1)

    async def prepare(self) -> None:
        """Make the schema and its tunings with the image itself, and load some hundred documents."""
        connection = await self.connect("postgres")
        await connection.execute(f"CREATE DATABASE {PREPARED}")
        await connection.close()
        self.command("service.migrate", "up")
        for tuning in TUNINGS:
            self.command("service.online", tuning)
        connection = await self.connect(PREPARED)
        spaces = [(name, name.title()) for name in WORKSPACES]
        await connection.copy_records_to_table("workspaces", columns=("id", "name"), records=spaces)
        await connection.copy_records_to_table("documents", columns=COLUMNS, records=rows())
        await connection.execute("SELECT setval(pg_get_serial_sequence('documents', 'id'), max(id)) FROM documents")
        await connection.close()

    async def database(self, name: str) -> str:
        """A copy of the prepared database."""
        connection = await self.connect("postgres")
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {PREPARED}")
        await connection.close()
        return name

    def command(self, *words: str) -> str:
        """Run one of the service's commands in its image, with as few rights as the service."""
        setting = f"--env=DOCAICHE_DATABASE_URL={self.dsn(PREPARED)}"
        options = ("--rm", f"--network={self.network}", *self.labels, *RIGHTS, setting)
        return docker("run", *options, self.image, *words)

    def service(self, name: str, database: str) -> Container:
        """Start the service on a database and wait until the engine calls it healthy."""
        environment = {
            "DOCAICHE_DATABASE_URL": self.dsn(database),
            "DOCAICHE_REDIS_URL": f"redis://{self.named('redis')}:6379/0",
            "DOCAICHE_ADMIN_KEY": ADMIN_KEY,
            # A busy machine must not turn a working Redis into one that is too slow.
            "DOCAICHE_CACHE_DEADLINE_S": "5",
        }
        settings = [f"--env={variable}={value}" for variable, value in environment.items()]
        started = Container(self._run(name, self.image, *RIGHTS, *HEALTH, "--publish=127.0.0.1::8000", *settings))
        until(lambda: started.state != "running" or started.health == "healthy", f"{name} is not healthy")
        assert started.state == "running", started.log
        return started

    def named(self, name: str) -> str:
        """A container's name, which no other run has."""
        return f"{self.network}-{name}"

    def _server(self, name: str, image: str, *options: str) -> None:
        self._run(name, image, "--publish=127.0.0.1::5432", f"--network-alias={name}", *options)

    def _run(self, name: str, image: str, *options: str) -> str:
        fixed = ("--detach", f"--name={self.named(name)}", f"--network={self.network}", *self.labels)
        docker("run", *fixed, *options, image)
        return self.named(name)


__all__ = ["ADMIN_KEY", "Container", "Stack", "docker", "until"]

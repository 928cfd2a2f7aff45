"""Servers in containers, made by testcontainers.

Ports are published on 127.0.0.1 only, passwords are random, and every container carries custody's label
from its creation, so that it ends with the lab whether or not testcontainers' own reaper runs. Which
engine is used, and whether the reaper runs, is the user's choice by testcontainers' usual variables.
"""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import docker
import requests
from docker.errors import DockerException, ImageNotFound, NotFound
from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.redis import RedisContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient, get_docker_host
from testcontainers.core.exceptions import ContainerStartException
from testcontainers.core.waiting_utils import WaitStrategy

from bench.errors import ProvisionError
from bench.lifetime import Custody
from bench.provision import databases
from bench.provision.answering import patiently, postgres_version, redis_version
from bench.provision.local import LAST_LINES
from bench.provision.servers import Images, Kind, Redis, Servers
from bench.provision.settings import arguments

LOCAL_ENGINE = "unix:///var/run/docker.sock"
READY_S = 60.0
ENGINE_S = 10
"""An engine, or the registry it asks, that is silent for so long does not answer."""
SHARED_MEMORY = "512m"
"""Of /dev/shm, where parallel queries meet; the engine's default of 64 MB makes them fail."""
REDIS_CONFIGURATION = "/perflab.conf"


def obstacle(images: Images) -> str | None:
    """Say why these images cannot run here; None when they can."""
    engine = get_docker_host() or LOCAL_ENGINE
    if not _listens(engine):
        return f"no container engine answers at {engine}"
    try:
        client = DockerClient(timeout=ENGINE_S).client
        client.ping()
    except (DockerException, requests.RequestException):
        return f"no container engine answers at {engine}"
    try:
        for image in (images.postgres, images.redis):
            if not _available(client, image):
                return f"the container engine neither has nor finds the image {image}"
    finally:
        client.close()
    return None


@asynccontextmanager
async def containers(
    custody: Custody, settings: Mapping[str, str], images: Images, reason: str
) -> AsyncIterator[Servers]:
    """Start the containers; they are removed with the context.

    Raises ProvisionError when one does not start.
    """
    if (reason_not := await asyncio.to_thread(obstacle, images)) is not None:
        raise ProvisionError(f"Servers in containers cannot start: {reason_not}; use --services embedded.")
    async with AsyncExitStack() as stack:
        labels = custody.container_labels()

        async def launch(settings: Mapping[str, str], _snapshot: Path | None) -> ContainerPostgres:
            server = ContainerPostgres(images.postgres, settings, labels)
            stack.push_async_callback(asyncio.to_thread, _remove, server.container)
            await server.start()
            return server

        _, redis = await redis_server(images.redis, labels, stack, secrets.token_urlsafe(24))
        yield Servers(Kind.DOCKER, reason, await launch(settings, None), redis, launch)


class _Unawaited(PostgresContainer):
    """testcontainers asks for readiness once a second from inside the container; the lab asks from outside."""

    def _connect(self) -> None:
        return


class ContainerPostgres:
    """A `Postgres` in a container."""

    def __init__(self, image: str, settings: Mapping[str, str], labels: Mapping[str, str]) -> None:
        self._password = secrets.token_urlsafe(24)
        self.container = _Unawaited(image, username="postgres", password=self._password, dbname="postgres", driver=None)
        self.container.with_command(["postgres", *arguments(settings)])
        _keep_local(self.container, 5432, labels, shm_size=SHARED_MEMORY)
        self._address = ""
        self.restored = False
        self.version = ""

    async def start(self) -> None:
        """Start the container and wait until the server answers. Raises ProvisionError."""
        await asked(self.container.start, f"the image {self.container.image}")
        await self._answers()

    @property
    def pids(self) -> tuple[int, ...]:
        """The server's process, where the engine runs on this machine."""
        return _pids(self.container)

    def dsn(self, database: str | None = None) -> str:
        """URL of a database, password included; without a name, of `postgres`."""
        return f"postgresql://postgres:{self._password}@{self._address}/{database or 'postgres'}"

    async def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database and answer its URL. Raises ProvisionError when the server refuses."""
        await databases.create(self.dsn(), name, template=template)
        return self.dsn(name)

    async def drop_database(self, name: str) -> None:
        """Drop a database. Raises ProvisionError when the server refuses."""
        await databases.drop(self.dsn(), name)

    async def restart(self) -> None:
        """Stop cleanly and start again; the engine may publish another port. Raises ProvisionError."""
        wrapped = self.container.get_wrapped_container()
        await asked(wrapped.restart, "the PostgreSQL container")
        await asked(wrapped.reload, "the PostgreSQL container")
        await self._answers()

    async def snapshot(self, folder: Path) -> bool:  # noqa: ARG002 - the protocol
        """Nothing: a container's data stays in it."""
        return False

    async def _answers(self) -> None:
        self._address = await asyncio.to_thread(_address, self.container, 5432)
        self.version = await patiently(
            lambda: postgres_version(self.dsn()),
            lambda: check_running(self.container),
            what="PostgreSQL in its container",
            limit_s=READY_S,
        )


async def redis_server(
    image: str, labels: Mapping[str, str], stack: AsyncExitStack, password: str, settings: str = ""
) -> tuple[RedisContainer, Redis]:
    """Start one server; it is removed with the stack.

    `settings` are lines of its configuration besides the usual ones. Raises ProvisionError when it does not start.
    """
    container = RedisContainer(image)
    container.waiting_for(_Instantly())
    # A file, since the password must not stand in a command line that everybody may read.
    configuration = f'requirepass {password}\nsave ""\nappendonly no\n{settings}'
    container.with_copy_into_container(configuration.encode(), REDIS_CONFIGURATION, 0o644)
    container.with_command(["redis-server", "--include", REDIS_CONFIGURATION])
    _keep_local(container, 6379, labels)
    stack.push_async_callback(asyncio.to_thread, _remove, container)
    await asked(container.start, f"the image {image}")
    url = f"redis://:{password}@{await asyncio.to_thread(_address, container, 6379)}"
    version = await patiently(
        lambda: redis_version(url),
        lambda: check_running(container),
        what="Redis in its container",
        limit_s=READY_S,
    )
    return container, Redis(url, version, disposable=True, pids=_pids(container))


class _Instantly(WaitStrategy):
    """testcontainers asks for readiness once a second; the lab asks more often, and asks itself."""

    def wait_until_ready(self, container: object) -> None:
        """Return at once."""


def _keep_local(container: DockerContainer, port: int, labels: Mapping[str, str], **more: str) -> None:
    # No public way of testcontainers names the address to publish on; docker-py takes it as a tuple.
    published: dict[str, Any] = {f"{port}/tcp": ("127.0.0.1",)}
    container.ports = published
    container.with_kwargs(labels=dict(labels), **more)


def _address(container: DockerContainer, port: int) -> str:
    host = container.get_container_host_ip()
    # `localhost` may be tried as ::1 first, where nothing is published.
    return f"{'127.0.0.1' if host == 'localhost' else host}:{container.get_exposed_port(port)}"


def _listens(engine: str) -> bool:
    """Whether somebody accepts connections at a Unix socket; other addresses are left to docker-py.

    docker-py does not close the socket on which it was refused.
    """
    parts = urlsplit(engine)
    if "unix" not in parts.scheme:
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(parts.path)
        except OSError:
            return False
    return True


def _remove(container: DockerContainer) -> None:
    with suppress(NotFound):  # someone was faster, and all is well
        container.stop()


def _available(client: docker.DockerClient, image: str) -> bool:
    try:
        client.images.get(image)
    except ImageNotFound:
        try:
            client.images.get_registry_data(image)
        except (DockerException, requests.RequestException):
            return False
    return True


async def asked(ask: Callable[[], object], what: str) -> None:
    """Have the engine do something, in a thread. Raises ProvisionError."""
    work = asyncio.ensure_future(asyncio.to_thread(ask))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        # A thread cannot be stopped: what it is just making must be there to be removed.
        await asyncio.wait([work])
        raise
    except (DockerException, requests.RequestException, ContainerStartException) as error:
        raise ProvisionError(f"The container engine could not start {what}: {error}") from error


async def check_running(container: DockerContainer) -> None:
    """Raise ProvisionError, with its last words, when a container has ended."""
    wrapped = container.get_wrapped_container()
    await asked(wrapped.reload, "a container")
    if wrapped.status != "running":
        log = (await asyncio.to_thread(wrapped.logs, tail=LAST_LINES)).decode(errors="replace")
        raise ProvisionError(f"The container of {container.image} ended: {' | '.join(log.splitlines())}")


def _pids(container: DockerContainer) -> tuple[int, ...]:
    """The container's first process, if it is a process of this machine: engines may live in another."""
    wrapped = container.get_wrapped_container()
    wrapped.reload()
    pid = int(wrapped.attrs["State"]["Pid"])
    try:
        ours = wrapped.id in Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return ()
    return (pid,) if ours else ()

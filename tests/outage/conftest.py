"""Servers of the tests' own, which may be killed and started again."""

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from bench.lifetime import Custody, free_port
from bench.provision import Servers, embedded
from bench.provision.binaries import redis_program
from bench.provision.cluster import Cluster
from tests.service.conftest import _build, custody, own_environment, servers

__all__ = ["custody", "own_environment", "servers"]


@dataclass(slots=True)
class KillablePostgres:
    """A PostgreSQL with a tuned database of documents."""

    cluster: Cluster
    custody: Custody
    url: str

    async def kill(self) -> None:
        """End the server and every process of its own by SIGKILL, as losing its machine would."""
        (pid,) = self.cluster.pids
        kill_all(pid)
        await asyncio.to_thread(self.custody.end, pid)

    async def start(self) -> None:
        """Start it again on the same data and the same port; it recovers first."""
        await self.cluster._serve()


class KillableRedis:
    """A Redis that keeps nothing when it ends."""

    def __init__(self, custody: Custody, folder: Path) -> None:
        self._custody = custody
        self._folder = folder
        self._port, self._password = free_port(), secrets.token_urlsafe(24)
        self._pid = 0
        self.url = f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    async def start(self) -> None:
        """Start it, on the same port every time."""
        settings = f"port {self._port}\nrequirepass {self._password}\n"
        process = embedded._spawn(self._custody, redis_program(), self._folder, settings)
        assert await embedded._ready(process, self._folder / "log")
        self._pid = process.pid

    async def kill(self) -> None:
        """End it by SIGKILL."""
        kill_all(self._pid)
        await asyncio.to_thread(self._custody.end, self._pid)


@pytest.fixture
async def own_postgres(servers: Servers, custody: Custody) -> KillablePostgres:
    """A PostgreSQL that no other test uses; it ends with the others'."""
    cluster = await servers.second_postgres({})
    assert isinstance(cluster, Cluster)
    built = await _build(SimpleNamespace(postgres=cluster))
    return KillablePostgres(cluster, custody, built["indexes", "fulltext"])


@pytest.fixture
async def own_redis(custody: Custody, tmp_path: Path) -> AsyncIterator[KillableRedis]:
    """A Redis that no other test uses."""
    redis = KillableRedis(custody, tmp_path)
    await redis.start()
    yield redis
    await redis.kill()


def kill_all(pid: int) -> None:
    """SIGKILL to a process and to all that descend from it."""
    server = psutil.Process(pid)
    for process in (server, *server.children(recursive=True)):
        if process.is_running():
            os.kill(process.pid, signal.SIGKILL)

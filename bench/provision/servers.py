"""What every provider gives: a PostgreSQL, a Redis, and where they came from."""

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bench.model import Services


class Kind(StrEnum):
    """Where servers come from."""

    AUTO = "auto"
    DOCKER = "docker"
    EMBEDDED = "embedded"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Images:
    """Names of the images to run."""

    postgres: str = "postgres:18"
    redis: str = "redis:8"

    @classmethod
    def from_environment(cls) -> "Images":
        """The images that PERFLAB_POSTGRES_IMAGE and PERFLAB_REDIS_IMAGE name, else the defaults."""
        default = cls()
        return cls(
            os.environ.get("PERFLAB_POSTGRES_IMAGE") or default.postgres,
            os.environ.get("PERFLAB_REDIS_IMAGE") or default.redis,
        )


class Postgres(Protocol):
    """A running PostgreSQL in which the lab may create databases."""

    @property
    def version(self) -> str:
        """The server's version, such as `18.6`."""

    @property
    def restored(self) -> bool:
        """Whether it began as a copy of the snapshot that was asked for; else it began empty."""

    @property
    def pids(self) -> tuple[int, ...]:
        """Process numbers of the server on this machine, for counting its CPU time as the lab's own."""

    def dsn(self, database: str | None = None) -> str:
        """URL of a database, password included; without a name, of one that is always there."""

    async def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database, as a copy of `template` when given; answer its URL.

        Raises ProvisionError when it exists or the server refuses.
        """

    async def drop_database(self, name: str) -> None:
        """Drop a database that `create_database` made, whoever is connected to it."""

    async def restart(self) -> None:
        """Stop the server cleanly and start it again with cold buffers. Its URL may have changed after.

        Raises ProvisionError where the server is not the lab's to restart.
        """

    async def snapshot(self, folder: Path) -> bool:
        """Keep the server's databases in `folder`, for `start(snapshot=folder)`; False where it cannot.

        The server is stopped for the copy and started again: no connection survives it. A snapshot that is
        there already stays as it is.
        """


@dataclass(frozen=True, slots=True)
class Redis:
    """A running Redis or Valkey."""

    url: str = field(repr=False)
    """Password included, database index not: `redis(index)` of Servers adds it."""
    version: str
    """Name and number, such as `valkey 9.1.2`."""
    disposable: bool
    """Whether the lab made it: only then may anyone flush it."""
    first_database: int = 0
    pids: tuple[int, ...] = ()


Launch = Callable[[Mapping[str, str], Path | None], Awaitable[Postgres]]


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of one lab."""

    kind: Kind
    reason: str
    """Why this kind, in one sentence."""
    postgres: Postgres
    redis: Redis
    launch: Launch

    async def second_postgres(self, settings: Mapping[str, str], *, snapshot: Path | None = None) -> Postgres:
        """Start another PostgreSQL, for an arm whose server settings differ; it ends with the first.

        Raises ProvisionError where servers are not the lab's to start.
        """
        return await self.launch(settings, snapshot)

    @property
    def redis_url(self) -> str:
        """URL of the Redis without a database index."""
        return self.redis.url

    def redis_database(self, index: int) -> str:
        """URL of one of the Redis' databases, counted from the first that the lab may use."""
        return f"{self.redis.url}/{self.redis.first_database + index}"

    @property
    def redis_version(self) -> str:
        """Name and number of the Redis, such as `valkey 9.1.2`."""
        return self.redis.version

    @property
    def postgres_version(self) -> str:
        """Version of the PostgreSQL, such as `18.6`."""
        return self.postgres.version

    def record(self) -> Services:
        """Describe the servers for run.json."""
        return Services(self.kind, self.postgres.version, self.redis.version, self.reason)

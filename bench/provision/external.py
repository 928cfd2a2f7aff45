"""Servers that the user runs: the lab is a guest.

It makes databases whose names begin with PREFIX, marks each with a comment, drops these and no others,
restarts nothing, changes no setting and flushes no Redis. Databases of labs that were killed are dropped
by the next: a living lab is known by a connection that carries its name.
"""

import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import asyncpg
from redis.exceptions import RedisError

from bench.errors import ProvisionError
from bench.provision import databases, deployed
from bench.provision.answering import CONNECT_S, NOT_YET, place, postgres_version, redis_version
from bench.provision.servers import Kind, Postgres, Redis, Servers

PREFIX = "perflab_"
NAME_BYTES = 63
"""Longest identifier of PostgreSQL (NAMEDATALEN - 1)."""
MARK = "made by perflab, dropped with its lab "
ABANDONED = """
    SELECT d.datname
    FROM pg_database AS d
    JOIN pg_shdescription AS s ON s.objoid = d.oid AND s.classoid = 'pg_database'::regclass
    WHERE starts_with(d.datname, $1) AND starts_with(s.description, $2)
      AND substr(s.description, length($2) + 1) NOT IN (SELECT application_name FROM pg_stat_activity)
"""


@dataclass(frozen=True, slots=True)
class External:
    """Where the user's servers are."""

    postgres_dsn: str
    redis_url: str

    @classmethod
    def from_environment(cls) -> "External":
        """Read PERFLAB_POSTGRES_DSN and PERFLAB_REDIS_URL, or the file that PERFLAB_SERVICES names.

        Raises ProvisionError when one is missing or the file cannot be read.
        """
        if deployment := os.environ.get("PERFLAB_SERVICES"):
            return cls(*deployed.addresses(Path(deployment)))
        found = {name: os.environ.get(name, "") for name in ("PERFLAB_POSTGRES_DSN", "PERFLAB_REDIS_URL")}
        missing = [name for name, value in found.items() if not value]
        if missing:
            raise ProvisionError(
                f"External servers need {' and '.join(missing)} in the environment, such as "
                "postgresql://user:password@host:5432/postgres and redis://:password@host:6379/0; or PERFLAB_SERVICES, "
                "a file with what `terraform output -json lab` says."
            )
        return cls(*found.values())


@asynccontextmanager
async def external(where: External, settings: Mapping[str, str], reason: str) -> AsyncIterator[Servers]:
    """Use the user's servers; the databases made in it are dropped with the context.

    Raises ProvisionError when one does not answer, or when `settings` are asked for.
    """
    if settings:
        await _refuse_settings(settings, None)
    redis = await _redis(where.redis_url)
    version = await _postgres_version(where.postgres_dsn)
    name = f"perflab {secrets.token_hex(6)}"
    presence = await asyncpg.connect(where.postgres_dsn, timeout=CONNECT_S, server_settings={"application_name": name})
    try:
        for abandoned in await presence.fetch(ABANDONED, PREFIX, MARK):
            await databases.drop(where.postgres_dsn, abandoned["datname"])
        postgres = ExternalPostgres(where.postgres_dsn, version, name)
        try:
            yield Servers(Kind.EXTERNAL, reason, postgres, redis, _refuse_settings)
        finally:
            await postgres.close()
    finally:
        await presence.close()


class ExternalPostgres:
    """A `Postgres` that is not the lab's."""

    pids = ()
    restored = False

    def __init__(self, dsn: str, version: str, lab: str) -> None:
        self._dsn = dsn
        self._lab = lab
        self._made: list[str] = []
        self.version = version

    def dsn(self, database: str | None = None) -> str:
        """URL of a database that this lab made; without a name, the user's own."""
        if database is None:
            return self._dsn
        return urlsplit(self._dsn)._replace(path=f"/{quote(self._full(database), safe='')}").geturl()

    async def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database and answer its URL; the server knows it by PREFIX, the lab and `name`.

        Raises ProvisionError when the server refuses.
        """
        copied = None if template is None else self._full(template)
        await databases.create(self._dsn, self._full(name), template=copied, comment=f"{MARK}{self._lab}")
        self._made.append(name)
        return self.dsn(name)

    async def drop_database(self, name: str) -> None:
        """Drop a database that this lab made. Raises ProvisionError for any other."""
        if name not in self._made:
            raise ProvisionError(f"The database {name} is not this lab's: it is not dropped.")
        await databases.drop(self._dsn, self._full(name))
        self._made.remove(name)

    async def restart(self) -> None:
        """Raise ProvisionError: the server is not the lab's."""
        raise ProvisionError(
            f"PostgreSQL at {place(self._dsn)} is not perflab's to restart; use --services embedded or docker."
        )

    async def snapshot(self, folder: Path) -> bool:  # noqa: ARG002 - the protocol
        """Nothing: the server is not the lab's to stop."""
        return False

    async def close(self) -> None:
        """Drop every database that this lab made."""
        for name in reversed(self._made.copy()):
            await self.drop_database(name)

    def _full(self, name: str) -> str:
        full = f"{PREFIX}{self._lab.split()[1]}_{name}"
        if len(full.encode()) <= NAME_BYTES:
            return full
        # PostgreSQL would cut the end off, where names differ.
        return f"{PREFIX}{self._lab.split()[1]}_{hashlib.sha256(name.encode()).hexdigest()[:32]}"


async def _refuse_settings(settings: Mapping[str, str], snapshot: Path | None) -> Postgres:  # noqa: ARG001
    raise ProvisionError(
        f"An external PostgreSQL keeps its settings ({', '.join(settings) or 'its own'}); arms whose server "
        "settings differ need --services embedded or docker."
    )


async def _postgres_version(dsn: str) -> str:
    if urlsplit(dsn).scheme not in {"postgresql", "postgres"}:
        raise ProvisionError("PERFLAB_POSTGRES_DSN is not a URL such as postgresql://user:password@host:5432/postgres.")
    try:
        return await postgres_version(dsn)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, *NOT_YET) as error:
        raise ProvisionError(
            f"PostgreSQL at {place(dsn)} does not answer ({_without_secret(error, dsn)}); check PERFLAB_POSTGRES_DSN."
        ) from None


async def _redis(url: str) -> Redis:
    parts = urlsplit(url)
    index = parts.path.strip("/")
    if parts.scheme not in {"redis", "rediss"} or not (index.isdigit() or not index):
        raise ProvisionError("PERFLAB_REDIS_URL is not a URL such as redis://:password@host:6379/0.")
    try:
        version = await redis_version(url)
    except (RedisError, ValueError, *NOT_YET) as error:
        raise ProvisionError(
            f"Redis at {place(url)} does not answer ({_without_secret(error, url)}); check PERFLAB_REDIS_URL."
        ) from None
    without_index = parts._replace(path="").geturl()
    return Redis(without_index, version, disposable=False, first_database=int(index or 0))


def _without_secret(error: BaseException, url: str) -> str:
    """The error's text, or its name alone where the text quotes the password or says nothing."""
    password = urlsplit(url).password
    text = str(error)
    return type(error).__name__ if not text or (password and password in text) else text

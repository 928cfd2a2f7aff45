"""The ground of a comparison: servers where an arm asks for them, a database for each arm, the arms started."""

import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bench import provision
from bench.corpus import Operation, fingerprint, settings
from bench.environment import OwnProcesses
from bench.errors import SubjectError
from bench.experiments.arms import REDIS_DATABASE
from bench.experiments.contestants import Contestant, Contestants
from bench.lab.opening import opened
from bench.lab.sources import DATABASE, READY, REDIS, Source, ground_spec
from bench.lifetime import Custody
from bench.model import Role, Services
from bench.provision import Servers
from bench.runner import Progress
from bench.store import RunFolder
from bench.subject import Command, expected, reference
from bench.subject.notation import LOOPBACK

EMPTY = "arm_empty"
NO_SERVERS = Services(kind="none", postgres="", redis="", reason="No arm asks for {database_url} or {redis_url}.")
PREPARE_LIMIT_S = 600.0


@dataclass(frozen=True, slots=True)
class Arena:
    """Arms that can be started, and what they stand on."""

    contestants: Contestants
    own: OwnProcesses
    services: Services
    servers: Servers | None
    databases: Mapping[Role, str]
    """Names of the arms' own databases."""
    caches: Mapping[Role, str]
    """URLs of the arms' own Redis databases."""
    workload: Path | None
    """Recorded requests, where an arm is the reference service."""
    operations: Sequence[Operation]


@dataclass(frozen=True, slots=True)
class _Servers:
    servers: Servers
    templates: Mapping[Role, str]
    """Name of the database that each role's own is a copy of."""
    workload: Path | None = None
    operations: Sequence[Operation] = ()


@asynccontextmanager
async def arena(
    baseline: Source,
    candidate: Source,
    *,
    custody: Custody,
    folder: RunFolder,
    services: str,
    ready: str,
    prepare: str | None,
    restart: bool,
    progress: Progress,
) -> AsyncIterator[Arena]:
    """Start the servers that the arms ask for and give each arm databases of its own; the arms are not started yet.

    Raises ProvisionError for a server, SubjectError where the database cannot be prepared.
    """
    sources = {Role.BASELINE: baseline, Role.CANDIDATE: candidate, Role.CONTROL: baseline}
    logs = custody.directory("perflab-logs-")
    async with AsyncExitStack() as stack:
        standing: _Servers | None = None
        if baseline.is_reference or candidate.is_reference:
            ground = await stack.enter_async_context(
                opened(ground_spec(baseline, candidate), folder, services, progress)
            )
            templates = {role: _name(dsn) for role, dsn in ground.databases.items()}
            standing = _Servers(ground.servers, templates, ground.workload, ground.operations)
        elif baseline.needs_servers or candidate.needs_servers:
            progress.stage("starting servers")
            servers = await stack.enter_async_context(provision.start(services, custody))
            dsn = await servers.postgres.create_database(EMPTY)
            if prepare is not None:
                progress.stage("preparing the database")
                _prepare(prepare, baseline, dsn)
            standing = _Servers(servers, dict.fromkeys(Role, EMPTY))
        databases: dict[Role, str] = {}
        caches: dict[Role, str] = {}
        arms = []
        for role, source in sources.items():
            if standing is not None and source.needs_servers:
                databases[role] = await _own_database(standing, role)
                caches[role] = standing.servers.redis_database(REDIS_DATABASE[role])
            arms.append(await _contestant(role, source, databases.get(role, ""), caches.get(role, ""), ready))
        contestants = Contestants(arms, custody, logs, restart=restart)
        stack.callback(contestants.end)
        pids = [*standing.servers.postgres.pids, *standing.servers.redis.pids] if standing else []
        pids += [pid for source in sources.values() for pid in _listening(source.url)]
        yield Arena(
            contestants=contestants,
            own=OwnProcesses(pids),
            services=standing.servers.record() if standing else NO_SERVERS,
            servers=standing.servers if standing else None,
            databases={role: _name(dsn) for role, dsn in databases.items()},
            caches=caches,
            workload=standing.workload if standing else None,
            operations=standing.operations if standing else (),
        )


async def _own_database(standing: _Servers, role: Role) -> str:
    """A copy of what the role's database is made from: what an arm writes, no other reads."""
    return await standing.servers.postgres.create_database(f"arm_{role}", template=standing.templates[role])


async def _contestant(role: Role, source: Source, database_url: str, redis_url: str, ready: str) -> Contestant:
    described = source.described
    if source.knobs is not None:
        command = reference(
            str(role), source.knobs, database_url=database_url, redis_url=redis_url, module=source.module
        )
        columns, indexes = await fingerprint(database_url)
        wanted = expected(source.knobs, columns=columns, indexes=indexes, settings=await settings(database_url))
        state = ", ".join(sorted(indexes))
        described = replace(described, config_hash=wanted.config_hash, database=state, command=command.shown())
        return Contestant(role, described, command, expected=wanted)
    if source.command is None:
        return Contestant(role, described, None, url=source.url)
    if source.migrate is not None:
        _run(_filled(source.migrate, database_url, redis_url), f"{described.arm}: its migrations")
    command = replace(
        _filled(source.command, database_url, redis_url),
        name=str(role),
        ready_path=READY if source.is_reference else ready,
    )
    return Contestant(role, replace(described, command=source.command.shown()), command)


def _filled(command: Command, database_url: str, redis_url: str) -> Command:
    def fill(word: str) -> str:
        return word.replace(DATABASE, database_url).replace(REDIS, redis_url)

    return replace(
        command,
        arguments=tuple(map(fill, command.arguments)),
        environment={name: fill(value) for name, value in command.environment.items()},
    )


def _prepare(line: str, baseline: Source, dsn: str) -> None:
    """Run the user's command on the empty database, where the baseline's own command runs."""
    from shlex import split

    words = [word.replace(DATABASE, dsn) for word in split(line)]
    place = baseline.command or Command("", ())
    _run(replace(place, arguments=tuple(words)), "--prepare")


def _run(command: Command, what: str) -> None:
    from os import environ

    try:
        done = subprocess.run(
            command.arguments, cwd=command.folder, env={**environ, **command.environment}, capture_output=True,
            text=True, timeout=PREPARE_LIMIT_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SubjectError(f"{what} did not run: {error}.") from error
    if done.returncode:
        words = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise SubjectError(f"{what} ended with exit code {done.returncode}: {' | '.join(words[-6:])}")


def _listening(url: str) -> set[int]:
    """Processes of this machine that serve a URL of it: their work is the arm's, not a neighbour's.

    None where the system does not tell, as of another user's processes.
    """
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK or parts.port is None:
        return set()
    try:
        held = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return set()
    return {c.pid for c in held if c.status == psutil.CONN_LISTEN and c.laddr.port == parts.port and c.pid is not None}


def _name(dsn: str) -> str:
    return urlsplit(dsn).path.lstrip("/")

"""Start the three arms of the reference service side by side, each proved to be what it should be."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.corpus import fingerprint, settings
from bench.experiments.context import Bench
from bench.load import Target
from bench.model import ArmRecord, Role
from bench.subject import Command, Expected, Identity, Running, expected, identify, reference, start, verify

REDIS_DATABASE = {Role.BASELINE: 0, Role.CONTROL: 1, Role.CANDIDATE: 2}
"""Arms share a Redis server but never a cache."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A running arm and what it should be."""

    role: Role
    command: Command
    running: Running
    expected: Expected
    identity: Identity
    redis_url: str
    """Of the arm's own database."""

    @property
    def target(self) -> Target:
        """Where load is sent."""
        return Target(arm=self.command.name, base_url=self.running.base_url)

    async def verify(self) -> None:
        """Prove again that the arm is what it was: same process, same configuration, same database.

        Raises SubjectError when it is not.
        """
        identity = await identify(self.command.name, self.running.base_url)
        verify(self.command.name, identity, self.expected)

    def record(self) -> ArmRecord:
        """Describe the arm for run.json."""
        return ArmRecord(
            role=self.role,
            name=self.command.name,
            command=self.command.shown(),
            knobs=dict(self.identity.knobs),
            config_hash=self.identity.config_hash,
            database=", ".join(self.identity.database.indexes),
        )


@asynccontextmanager
async def arms(bench: Bench) -> AsyncIterator[Mapping[Role, Arm]]:
    """Start the spec's arms and the control; stop them when the block ends."""
    bench.progress.stage("starting the arms")
    # Side by side: each spends most of its start on importing its framework.
    together = await asyncio.gather(*(_start(bench, role) for role in Role))
    started = {arm.role: arm for arm in together}
    bench.draft.arms = tuple(arm.record() for arm in together)
    try:
        yield started
    finally:
        for arm in together:
            bench.custody.end(arm.running.pid)


async def _start(bench: Bench, role: Role) -> Arm:
    return await start_arm(
        bench,
        role,
        name=role,
        knobs=bench.knobs[role],
        database=bench.databases[role],
        redis_database=REDIS_DATABASE[role],
    )


async def start_arm(
    bench: Bench,
    role: Role,
    *,
    name: str,
    knobs: Mapping[str, str],
    database: str,
    redis_database: int,
    fields: Mapping[str, str] | None = None,
) -> Arm:
    """Start one arm on a database of the lab's Redis and prove it. Raises as `start_one`."""
    return await start_one(bench, role, name, knobs, database, bench.servers.redis_database(redis_database), fields)


async def start_one(
    bench: Bench,
    role: Role,
    name: str,
    knobs: Mapping[str, str],
    database_url: str,
    redis_url: str,
    fields: Mapping[str, str] | None = None,
) -> Arm:
    """Start one arm and prove it; `fields` are settings of the service that are no knobs. Its end is the caller's.

    Raises SubjectError when it does not start, or is not what it should be.
    """
    command = reference(name, knobs, database_url=database_url, redis_url=redis_url, fields=fields)
    columns, indexes = await fingerprint(database_url)
    own = await settings(database_url)
    wanted = expected(knobs, columns=columns, indexes=indexes, settings=own, fields=fields)
    running = await start(command, bench.custody, bench.logs)
    identity = await identify(command.name, running.base_url)
    verify(command.name, identity, wanted)
    return Arm(role, command, running, wanted, identity, redis_url)

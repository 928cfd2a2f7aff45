"""Start the three arms of the reference service side by side, each proved to be what it should be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from bench.corpus import fingerprint, settings
from bench.experiments.context import Bench
from bench.load import Target
from bench.model import ArmRecord, Role
from bench.subject import Command, Expected, Identity, Running, expected, identify, reference, start, verify

REDIS_DATABASE = {Role.BASELINE: 0, Role.CONTROL: 1, Role.CANDIDATE: 2}
"""Arms share a Redis server but never a cache."""
AT_A_TIME = 3
"""Starts side by side: each spends most of its time on importing its framework, and more would only make each one
slower, up to the limit for a start."""


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
async def arms(bench: Bench, fields: Mapping[str, str] | None = None) -> AsyncIterator[Mapping[Role, Arm]]:
    """Start the spec's arms and the control, with settings that are no knobs; stop them when the block ends."""
    bench.progress.stage("starting the arms")
    async with together(bench, [partial(_start, bench, role, fields) for role in Role]) as started:
        bench.draft.arms = tuple(arm.record() for arm in started)
        yield {arm.role: arm for arm in started}


@asynccontextmanager
async def together(bench: Bench, starts: Iterable[Callable[[], Awaitable[Arm]]]) -> AsyncIterator[tuple[Arm, ...]]:
    """Start arms a few at a time; all end with the block, and also when one of them does not start.

    What is left of an experiment that broke would disturb the next one.
    """
    few = asyncio.Semaphore(AT_A_TIME)

    async def one(start_it: Callable[[], Awaitable[Arm]]) -> Arm:
        async with few:
            return await start_it()

    tasks = [asyncio.create_task(one(start_it)) for start_it in starts]
    try:
        yield tuple(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Arm):
                await asyncio.to_thread(bench.custody.end, ended.running.pid)


async def _start(bench: Bench, role: Role, fields: Mapping[str, str] | None) -> Arm:
    return await start_arm(
        bench,
        role,
        name=role,
        knobs=bench.knobs[role],
        database=bench.databases[role],
        redis_database=REDIS_DATABASE[role],
        fields=fields,
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
    try:
        identity = await identify(command.name, running.base_url)
        verify(command.name, identity, wanted)
    except BaseException:
        bench.custody.end(running.pid)
        raise
    return Arm(role, command, running, wanted, identity, redis_url)

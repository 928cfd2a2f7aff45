"""Start a process for every combination of knobs that an ablation measures; all stay up until the last slot.

Staying up costs memory, not noise: an idle service does nothing. Starting each anew in each block would average the
luck of a start, too, but a start takes longer than a slot.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import cycle

import asyncpg
from redis.asyncio import Redis

from bench.ablation import Arm as Planned
from bench.errors import ProvisionError
from bench.experiments.arms import REDIS_DATABASE, Arm, start_arm, together
from bench.experiments.context import Bench
from bench.model import Role
from bench.subject import DATABASE_KNOBS, KNOBS

REDIS_DATABASES = range(len(REDIS_DATABASE), 16)
"""As many as a Redis has without asking, less those of the other experiments. An arm empties its own before its slot,
so that arms may share them; on a Redis that is not the lab's to empty their answers mix, and that is told."""
ROLES = {"none": Role.BASELINE, "none again": Role.CONTROL}
"""The role that an arm has in a record; all others are candidates of one kind or another."""
CONNECTIONS = 11
"""The most that one arm holds: ten of the basic pool, and one that listens."""


@asynccontextmanager
async def many_arms(bench: Bench, planned: Sequence[Planned]) -> AsyncIterator[Mapping[str, Arm]]:
    """All arms by name; they end with the block. Raises ProvisionError where PostgreSQL takes too few connections."""
    await _enough_connections(bench, len(planned))
    bench.progress.stage(f"ablation: starting {len(planned)} arms")

    async def one(arm: Planned, redis_database: int) -> Arm:
        return await start_arm(
            bench,
            ROLES.get(arm.name, Role.CANDIDATE),
            name=arm.name,
            knobs={knob: "on" if knob in arm.on else "off" for knob in KNOBS},
            database=bench.states[tuple(knob for knob in DATABASE_KNOBS if knob in arm.on)],
            redis_database=redis_database,
        )

    places = zip(planned, cycle(REDIS_DATABASES), strict=False)
    async with together(bench, [partial(one, arm, number) for arm, number in places]) as all_arms:
        started = {arm.command.name: arm for arm in all_arms}
        bench.draft.arms = tuple(started[name].record() for name in ("none", "all"))
        bench.draft.facts["arms"] = {name: arm.record().knobs for name, arm in started.items()}
        bench.draft.facts["caches_emptied"] = bench.servers.redis.disposable
        yield started


async def empty_cache(bench: Bench, arm: Arm) -> None:
    """Forget the answers that the arm's Redis database holds; nothing where that is not the lab's to do."""
    if not bench.servers.redis.disposable:
        return
    async with Redis.from_url(arm.redis_url) as redis:
        await redis.flushdb()


async def _enough_connections(bench: Bench, count: int) -> None:
    connection = await asyncpg.connect(bench.servers.postgres.dsn())
    try:
        most = int(await connection.fetchval("SHOW max_connections"))
    finally:
        await connection.close()
    if count * CONNECTIONS > most:
        raise ProvisionError(
            f"ablation: {count} services hold up to {count * CONNECTIONS} connections, PostgreSQL takes {most}; "
            "raise its max_connections, or choose another --services."
        )

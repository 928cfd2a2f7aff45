"""Which commands Redis was sent for the sake of requests, by its own counters."""

from collections import Counter
from collections.abc import Sequence

from redis.asyncio import Redis

HOUSEKEEPING = frozenset({
    "auth", "client", "cluster", "dbsize", "flushdb", "hello", "info", "ping", "reset", "select",
})  # fmt: skip
"""What is sent once a connection, and when a pool opens one depends on time; or by whoever reads these counters."""


async def commands(nodes: Sequence[Redis]) -> Counter[str]:
    """Calls of each command up to now, over all nodes, without housekeeping."""
    total: Counter[str] = Counter()
    for node in nodes:
        for name, figures in (await node.info("commandstats")).items():
            command = name.removeprefix("cmdstat_")
            if command.partition("|")[0] not in HOUSEKEEPING:
                total[command] += figures["calls"]
    return total

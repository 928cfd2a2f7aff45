"""Server settings of throwaway PostgreSQL: what differs from the defaults, and why it does not distort.

Durability is off, which changes what a write costs, in every arm alike, and nothing of what a read costs.
Everything that decides plans and reads (buffers, cost constants, jit, parallelism, autovacuum, checksums)
stays as PostgreSQL ships it; an arm that wants it otherwise says so in its own settings.
"""

from collections.abc import Mapping

THROWAWAY: Mapping[str, str] = {
    # The data is gone in a minute; waiting for the disk would measure the disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Nobody replicates: COPY into a new table skips the write-ahead log.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # A checkpoint in the middle of a slot would be noise: none comes by time or by volume.
    "checkpoint_timeout": "1d",
    "max_wal_size": "4GB",
    # Old log segments are removed, not kept for reuse: a snapshot holds data, not log.
    "wal_recycle": "off",
    # An ablation keeps up to 48 services running side by side; a slot for a connection costs next to nothing.
    "max_connections": "600",
    # Counts queries, rows and buffers per statement: the deterministic side of every comparison.
    "shared_preload_libraries": "pg_stat_statements",
    # Times of day mean the same on every machine.
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def arguments(settings: Mapping[str, str]) -> list[str]:
    """Turn settings over THROWAWAY into arguments of `postgres`."""
    return [word for name, value in {**THROWAWAY, **settings}.items() for word in ("-c", f"{name}={value}")]

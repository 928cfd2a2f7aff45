"""100,000 documents, once tuned in full and once with the knob `indexes` alone, on a server of their own."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import asyncpg
import pytest

from bench.corpus import DatabaseState, expand, prepare
from bench.lifetime import Custody
from bench.provision import Servers, start

COUNT = 100_000
WORDS = 50
"""Median length: under half of the lab's, so that everything is built in under half of its time. A tenth of the rows
are still long enough to be kept out of line, which is what makes ranking read more pages than rows."""
PLAIN = DatabaseState(COUNT, 7)
INDEXED = DatabaseState(COUNT, 7, ("indexes",))
TUNED = DatabaseState(COUNT, 7, ("fulltext", "indexes", "settings"))
"""In this order no index is built twice: new columns rewrite the table."""
OTHERS = """
    INSERT INTO audit (at, actor, action, target, request_id)
    SELECT timestamptz '2026-01-01' + n * interval '1 minute', 'admin', 'write configuration', 'a.b', n::text
    FROM generate_series(1, 20000) AS n;
    INSERT INTO feedback (document_id, rating) SELECT 1 + n % 100000, 1 + n % 5 FROM generate_series(1, 50000) AS n;
    INSERT INTO signals (document_id, kind) SELECT 1 + n % 100000, 'click' FROM generate_series(1, 100000) AS n;
    INSERT INTO api_keys (name, role, key_hash)
    SELECT 'key-' || n, 'reader', sha256(n::text::bytea) FROM generate_series(1, 200) AS n;
    INSERT INTO configuration (key, value, updated_by)
    SELECT 'a.key' || n, 'v', 'admin' FROM generate_series(1, 50) AS n;
"""
"""What else a service that has run for a while holds: a plan over an empty table proves nothing."""


@dataclass(frozen=True, slots=True)
class Large:
    """URLs of the databases."""

    plain: str
    indexed: str
    tuned: str

    @property
    def urls(self) -> Mapping[str, str]:
        """By the database's state."""
        return {"plain": self.plain, "indexed": self.indexed, "tuned": self.tuned}


@pytest.fixture(scope="package")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Large]:
    """URLs of the databases; the server ends with the tests of this package."""
    with Custody.open(tmp_path_factory.mktemp("leases")) as custody, asyncio.Runner() as runner:
        provider = start("embedded", custody)
        servers = runner.run(provider.__aenter__())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(expand, "MEDIAN_WORDS", WORDS)
            yield runner.run(_build(servers))
        runner.run(provider.__aexit__(None, None, None))


async def _build(servers: Servers) -> Large:
    await prepare(servers.postgres, [INDEXED, TUNED], lambda _: None)
    built = Large(*(servers.postgres.dsn(state.name) for state in (PLAIN, INDEXED, TUNED)))
    for url in built.urls.values():
        connection = await asyncpg.connect(url)
        await connection.execute(OTHERS)
        await connection.execute("VACUUM (ANALYZE)")
        await connection.close()
    return built

"""Real entries, and an embedded PostgreSQL with small databases in every state."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from bench.corpus import DatabaseState, harvest, prepare
from bench.corpus.harvest import Entry
from bench.lifetime import Custody
from bench.provision import Servers, start
from bench.subject import DATABASE_KNOBS

COUNT = 2000
PLAIN = DatabaseState(COUNT, 7)
TUNED = DatabaseState(COUNT, 7, tuple(DATABASE_KNOBS))


@pytest.fixture(scope="package")
def entries() -> Sequence[Entry]:
    """The documentation of this very environment."""
    return harvest()


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A server with the plain and the tuned database."""
    with Custody.open(tmp_path_factory.mktemp("leases")) as custody, asyncio.Runner() as runner:
        context = start("embedded", custody)
        opened = runner.run(context.__aenter__())
        runner.run(prepare(opened.postgres, [PLAIN, TUNED], lambda _: None))
        yield opened
        runner.run(context.__aexit__(None, None, None))

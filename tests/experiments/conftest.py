"""An embedded PostgreSQL with the databases of both arms."""

import asyncio
from collections.abc import Iterator

import pytest

from bench.corpus import DatabaseState, prepare
from bench.lifetime import Custody
from bench.model import Role
from bench.provision import Servers, start
from bench.subject import DATABASE_KNOBS

COUNT = 3000
PLAIN = DatabaseState(COUNT, 7)
STATES = {Role.BASELINE: PLAIN, Role.CONTROL: PLAIN, Role.CANDIDATE: DatabaseState(COUNT, 7, tuple(DATABASE_KNOBS))}


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A server with the databases of both arms."""
    with Custody.open(tmp_path_factory.mktemp("leases")) as custody, asyncio.Runner() as runner:
        context = start("embedded", custody)
        opened = runner.run(context.__aenter__())
        runner.run(prepare(opened.postgres, STATES.values(), lambda _: None))
        yield opened
        runner.run(context.__aexit__(None, None, None))

"""Database calls against a real PostgreSQL."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import asyncpg
import pytest

from bench.errors import LoadError
from bench.lifetime import Custody
from bench.load import Target
from bench.load.queries import Call, QueriesLoad, Statement
from bench.model import Role, Slot
from bench.provision import Servers, start
from tests.load.driving import rows, slot

pytestmark = pytest.mark.servers

ADD = Call("add", (Statement("SELECT $1::int + 1", (1,)),))
SLEEP = Call("sleep", (Statement("SELECT pg_sleep($1)", (0.2,)), Statement("SELECT pg_sleep($1)", (0.3,))))
DIVIDE = Call("divide", (Statement("SELECT 1 / $1::int", (0,)),))


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Embedded servers for the tests of this file."""
    with Custody.open(tmp_path_factory.mktemp("leases")) as custody, asyncio.Runner() as runner:
        context = start("embedded", custody)
        yield runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))


def drawn(slot: Slot, target: Target) -> Sequence[Call]:
    """Forty seeded calls."""
    return Random(slot.seed).choices([ADD, DIVIDE], weights=[9, 1], k=40)


def queries(servers: Servers, samples: Path, *calls: Call) -> QueriesLoad:
    """A load of two arms on the same database; of the given calls, else of seeded ones."""
    dsns = {"baseline": servers.postgres.dsn(), "candidate": servers.postgres.dsn()}
    return QueriesLoad(dsns=dsns, calls=(lambda slot, target: calls) if calls else drawn, samples=samples)


async def test_calls_run_in_their_order_on_every_arm(servers: Servers, tmp_path: Path) -> None:
    """One seed gives both arms the same calls in the same order, one after the other; another seed, others."""
    names = []
    async with queries(servers, tmp_path) as load:
        for arm, seed in (("baseline", 1), ("candidate", 1), ("baseline", 2)):
            sample = await load.run(slot(seed=seed, role=Role(arm)), Target(arm, ""))
            kept = rows(sample)
            names.append([row.name for row in kept])
            assert all(later.start_s >= row.end_s for row, later in pairwise(kept))
            assert all(row.intended_s == row.start_s for row in kept)
            assert sample.n == len(kept) == 40
    assert names[0] == names[1] == [call.name for call in drawn(slot(seed=1), Target("", ""))] != names[2]


async def test_a_call_lasts_as_long_as_all_its_statements(servers: Servers, tmp_path: Path) -> None:
    """Two statements that sleep 0.2 and 0.3 s are one observation of at least half a second."""
    async with queries(servers, tmp_path, SLEEP, ADD) as load:
        sleep, add = rows(await load.run(slot(), Target("baseline", "")))
    assert sleep.end_s - sleep.start_s >= 0.5 > add.end_s - add.start_s
    assert (sleep.status, sleep.error) == (200, "")


async def test_a_refused_call_is_an_observation(servers: Servers, tmp_path: Path) -> None:
    """What PostgreSQL answers with an error is kept with its reason, and the next call runs."""
    async with queries(servers, tmp_path, DIVIDE, ADD) as load:
        divide, add = rows(await load.run(slot(), Target("baseline", "")))
    assert (divide.status, divide.error) == (0, "DivisionByZeroError: division by zero")
    assert add.status == 200


async def test_an_arm_keeps_one_connection_with_prepared_statements(servers: Servers, tmp_path: Path) -> None:
    """Slots of an arm share a connection; a statement is prepared once."""
    seen = Call("seen", (Statement("SELECT set_config('application_name', $1, false)", ("seen",)),))
    dsn = servers.postgres.dsn()
    async with queries(servers, tmp_path, seen) as load:
        for index in range(3):
            await load.run(slot(index=index), Target("baseline", ""))
        other = await asyncpg.connect(dsn)
        named = await other.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'seen'")
        await other.close()
        prepared = load._arms["baseline"].connection
        names = await prepared.fetch(
            "SELECT statement FROM pg_prepared_statements WHERE statement LIKE 'SELECT set_config%'"
        )
    assert named == 1
    assert len(names) == 1


async def test_a_query_that_does_not_exist_is_told(servers: Servers, tmp_path: Path) -> None:
    """A statement that cannot be prepared is a LoadError with the call's name, not forty observations."""
    async with queries(servers, tmp_path, Call("gone", (Statement("SELECT * FROM gone"),))) as load:
        with pytest.raises(LoadError, match='query gone cannot be prepared: relation "gone" does not exist'):
            await load.run(slot(), Target("baseline", ""))


async def test_a_connection_that_breaks_is_told(servers: Servers, tmp_path: Path) -> None:
    """A backend that is terminated in the middle of a slot is a LoadError, not an observation."""
    suicide = Call("end", (Statement("SELECT pg_terminate_backend(pg_backend_pid())"),))
    async with queries(servers, tmp_path, ADD, suicide, ADD) as load:
        with pytest.raises(LoadError, match="connection to the database of baseline broke"):
            await load.run(slot(), Target("baseline", ""))
        with pytest.raises(LoadError, match="broke"):
            await load.run(slot(), Target("baseline", ""))


async def test_a_database_that_does_not_answer_is_told(tmp_path: Path) -> None:
    """A DSN that leads nowhere is a LoadError before any slot, without the password in it."""
    dsns = {"baseline": "postgresql://u:secret@127.0.0.1:1/d"}
    with pytest.raises(LoadError, match="database of baseline cannot be reached") as caught:
        await QueriesLoad(dsns=dsns, calls=drawn, samples=tmp_path).__aenter__()
    assert "secret" not in str(caught.value)


async def test_an_unknown_arm_is_told(servers: Servers, tmp_path: Path) -> None:
    """An arm without a database is a LoadError that names those there are."""
    async with queries(servers, tmp_path) as load:
        with pytest.raises(LoadError, match="no database for the arm x; known are baseline, candidate"):
            await load.run(slot(), Target("x", ""))

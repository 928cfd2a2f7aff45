"""query_time refuses to judge databases that are not what they were."""

from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from bench.errors import SubjectError
from bench.experiments import Draft, query_time
from bench.load import Target
from bench.model import Role, Slot
from bench.provision import Servers
from bench.subject import KNOBS
from tests.experiments.conftest import STATES
from tests.experiments.test_explain import requests


async def bench_on(servers: Servers) -> Any:
    """As much of a Bench as the checks look at."""
    bench: Any = SimpleNamespace(
        draft=Draft(),
        databases={role: servers.postgres.dsn(state.name) for role, state in STATES.items()},
        knobs={role: dict.fromkeys(KNOBS, "on" if role is Role.CANDIDATE else "off") for role in Role},
    )
    bench.draft.arms = tuple([await query_time._arm(bench, role) for role in Role])
    return bench


@pytest.mark.servers
async def test_an_index_that_goes_while_it_measures_is_noticed(servers: Servers) -> None:
    """Before each block the databases are held against what they were: gone, it is told; back, all is well."""
    bench = await bench_on(servers)
    await query_time._verify(bench)
    connection = await asyncpg.connect(bench.databases[Role.CANDIDATE])
    definition = await connection.fetchval("SELECT pg_get_indexdef('documents_statistics'::regclass)")
    await connection.execute("DROP INDEX documents_statistics")
    with pytest.raises(SubjectError, match="candidate: the indexes or settings of its database have changed"):
        await query_time._verify(bench)
    await connection.execute(definition)
    await connection.close()
    await query_time._verify(bench)


def test_all_arms_of_a_triple_run_the_same_requests() -> None:
    """The draw follows from the slot's seed alone; another slot draws others."""
    asked = [operation for operation in requests() if operation.op == "search"]

    variants = {"baseline": "baseline", "control": "baseline", "candidate": "tuned"}

    def names(role: Role, seed: int) -> list[Any]:
        slot = Slot(0, 0, 0, role, seed, 1.0, 0.0)
        calls = query_time._draw(asked, 50, variants, slot, Target(str(role), ""))
        # The arguments that both variants have: what is asked, not how.
        return [(call.name, {str(a) for a in call.statements[0].arguments}) for call in calls]

    assert names(Role.BASELINE, 1) == names(Role.CONTROL, 1) == names(Role.CANDIDATE, 1)
    assert names(Role.BASELINE, 1) != names(Role.BASELINE, 2)

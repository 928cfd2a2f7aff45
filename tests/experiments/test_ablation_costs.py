"""The cost side, measured on real databases, leaves them as they were."""

import os
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from bench.ablation.costs import PLAIN, Costs
from bench.corpus import DatabaseState, tune
from bench.errors import ProvisionError
from bench.experiments import ablation_arms, ablation_costs
from bench.experiments.ablation import EXPERIMENT
from bench.provision import Servers
from bench.subject import DATABASE_KNOBS
from tests.experiments.conftest import COUNT

TUNINGS = EXPERIMENT.tunings
DOCUMENTS = "SELECT count(*), max(id), (SELECT version FROM content_version) FROM documents"


@pytest.fixture
async def bench(servers: Servers) -> Any:
    """As much of a Bench as the measurements look at."""
    states = {tunings: DatabaseState(COUNT, 7, tunings) for tunings in TUNINGS}
    connection = await asyncpg.connect(servers.postgres.dsn())
    there = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    await connection.close()
    for state in states.values():
        if state.name not in there:
            await servers.postgres.create_database(state.name, template=states[()].name)
            await tune(servers.postgres.dsn(state.name), state.tunings)
    dsns = {tunings: servers.postgres.dsn(state.name) for tunings, state in states.items()}
    return SimpleNamespace(states=dsns, servers=servers, seed=5)


async def holds(dsn: str) -> Any:
    """What the documents are."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchrow(DOCUMENTS)
    finally:
        await connection.close()


@pytest.mark.servers
async def test_writes_are_measured_and_leave_nothing_behind(bench: Any) -> None:
    """Every state in every round, both ways; the documents and their version are what they were."""
    before = [await holds(dsn) for dsn in bench.states.values()]
    found = await ablation_costs.writes(bench)
    assert found.keys() == {"batch", "single"}
    for by_state in found.values():
        assert by_state.keys() == {" and ".join(tunings) or PLAIN for tunings in TUNINGS}
        assert all(len(rates) == ablation_costs.ROUNDS and min(rates) > 0 for rates in by_state.values())
    assert [await holds(dsn) for dsn in bench.states.values()] == before
    read = Costs.read({"writes": found}).writes
    assert all((cost.ratio is None) == (cost.state == PLAIN) for cost in read)


@pytest.mark.servers
async def test_every_index_that_a_knob_brings_is_weighed(bench: Any) -> None:
    """With its knob, its size as PostgreSQL tells it, and a build that leaves no table behind."""
    found = {index["name"]: index for index in await ablation_costs.indexes(bench)}
    assert found["documents_search"]["knob"] == "fulltext"
    assert found["documents_fulltext"]["knob"] == "indexes"
    assert "documents_pkey" not in found
    connection = await asyncpg.connect(bench.states[DATABASE_KNOBS])
    size = await connection.fetchval("SELECT pg_relation_size('documents_search')")
    left = await connection.fetchval("SELECT count(*) FROM pg_class WHERE relname = 'part'")
    await connection.close()
    assert found["documents_search"]["bytes"] == size
    assert left == 0
    assert all(index["build_s"] > 0 for index in found.values())


@pytest.mark.servers
async def test_memory_is_that_of_the_process_and_its_own_backends(bench: Any) -> None:
    """This process stands for an arm: its connections to PostgreSQL are counted, and weighed where they are seen."""
    connections = [await asyncpg.connect(bench.states[()]) for _ in range(3)]
    arm = SimpleNamespace(running=SimpleNamespace(pid=os.getpid()))
    (weighed,) = await ablation_costs.memory(bench, {"me": arm})
    for connection in connections:
        await connection.close()
    assert weighed["connections"] == 3
    assert weighed["service_bytes"] > 0
    assert weighed["backends_bytes"] is None or weighed["backends_bytes"] > 0


def test_a_process_that_is_not_postgresql_is_not_weighed_as_one() -> None:
    """The numbers that a server in a container tells are of other processes here."""
    assert ablation_costs._own_bytes([os.getpid()]) is None
    assert ablation_costs._own_bytes([2**22 + 1]) is None


@pytest.mark.servers
async def test_a_server_that_takes_too_few_connections_is_refused_before_anything_starts(bench: Any) -> None:
    """With both numbers."""
    with pytest.raises(ProvisionError, match="1000 services hold up to 11000 connections, PostgreSQL takes"):
        await ablation_arms._enough_connections(bench, 1000)
    await ablation_arms._enough_connections(bench, 20)

"""The experiment that performs the rollback procedures."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.corpus import Operation, documents, fingerprint, harvest, workload
from bench.criteria.rollback import PROCEDURES
from bench.experiments import Draft, rollback
from bench.experiments.answering import MOST, answering
from bench.experiments.rolled import rolled
from bench.lifetime import Custody
from bench.model import Role
from bench.provision import Servers
from bench.subject import KNOBS
from tests.experiments.conftest import COUNT, STATES


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    """Nothing that the test starts outlives it."""
    with Custody.open(tmp_path / "leases") as opened:
        yield opened


@pytest.fixture
def bench(servers: Servers, custody: Custody, tmp_path: Path) -> Any:
    """As much of a Bench as the experiment uses."""
    saved: list[int] = []
    return SimpleNamespace(
        draft=Draft(),
        databases={role: servers.postgres.dsn(state.name) for role, state in STATES.items()},
        knobs={Role.CANDIDATE: dict.fromkeys(KNOBS, "on")},
        servers=servers,
        custody=custody,
        logs=tmp_path,
        operations=workload.record(documents(harvest(), COUNT, 7), 200, 7),
        progress=SimpleNamespace(stage=lambda text: None),
        save=lambda: saved.append(1),
        saved=saved,
    )


@pytest.mark.servers
@pytest.mark.slow
async def test_every_procedure_is_done_and_undone_without_a_failed_request(bench: Any) -> None:
    """On the reference service all four hold, each kept when it has ended, and the arm's database stays as it is."""
    before = await fingerprint(bench.databases[Role.CANDIDATE])
    await rollback.EXPERIMENT.run(bench)
    performed = bench.draft.facts["procedures"]
    assert tuple(performed) == PROCEDURES
    for name, facts in performed.items():
        assert (name, facts["done"], facts["undone"], facts["failures"]) == (name, True, True, {})
        assert facts["requests"] >= 3 * rollback.AROUND
    assert len(bench.saved) == len(PROCEDURES)
    assert await fingerprint(bench.databases[Role.CANDIDATE]) == before


@pytest.mark.servers
async def test_a_service_that_dies_is_seen(bench: Any) -> None:
    """Requests to a service that is killed while it is asked are failures."""
    async with rolled(bench, bench.databases[Role.CANDIDATE]) as service:
        async with answering(service.base_url, bench.operations) as answers:
            await rollback._requests(answers, 20)
            assert answers.failed == 0
            os.kill(service.pid, signal.SIGTERM)
            await rollback._requests(answers, 100)
        assert answers.failed > 0


async def test_what_was_due_in_a_standstill_does_not_come_at_once() -> None:
    """However much is due, no more requests are under way than the bound; all of them end and are counted."""
    most = now = 0

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal most, now
        await reader.readuntil(b"\r\n\r\n")
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        writer.close()

    async with await asyncio.start_server(slow, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with answering(f"http://127.0.0.1:{port}", [Operation("stats", workspace="w")], rate=1e6) as answers:
            while answers.requests < 2 * MOST:  # noqa: ASYNC110 - the sender has no event
                await asyncio.sleep(0.01)
    assert MOST / 2 < most <= MOST
    assert answers.failed == 0

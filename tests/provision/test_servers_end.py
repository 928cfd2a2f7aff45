"""However a lab with servers ends, no server, folder, shared memory or container of it is left."""

import os
import signal
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis

from bench.lifetime import sweep

pytestmark = pytest.mark.servers

Start = Callable[..., Any]
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="the user is an ordinary one already")
USERS = [pytest.param(False, id="this-user"), pytest.param(True, id="ordinary-user", marks=ROOT_ONLY)]
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
KINDS = ["embedded", pytest.param("docker", marks=pytest.mark.docker)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["end", "error"])
def test_a_lab_that_ends_leaves_nothing(start_lab: Start, kind: str, way: str) -> None:
    """After success and after an exception nothing is there, with no help from the guard."""
    lab = start_lab(kind, way)
    lab.process.wait(60)
    assert (lab.process.returncode == 0) is (way == "end")
    assert lab.remains() == []
    assert list(lab.state.iterdir()) == []


@pytest.mark.parametrize("ordinary", USERS)
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signalled_lab_leaves_nothing(start_lab: Start, number: int, ordinary: bool) -> None:
    """After Ctrl-C, SIGTERM and kill -9 nothing is there, whoever ran the lab."""
    lab = start_lab("embedded", ordinary=ordinary)
    assert len(lab.remains()) >= 6  # PostgreSQL with its children, Redis, two folders: the look finds them
    lab.end(number)
    assert lab.gone() == []
    lab.wait_for_guard()
    assert list(lab.state.iterdir()) == []


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.docker
def test_a_signalled_lab_leaves_no_container(start_lab: Start, number: int) -> None:
    """After Ctrl-C, SIGTERM and kill -9 the containers are gone."""
    lab = start_lab("docker")
    assert len(lab.containers()) == 2
    lab.end(number)
    assert lab.gone() == []


@pytest.mark.parametrize("kind", KINDS)
def test_sweep_ends_servers_whose_guard_died_too(start_lab: Start, kind: str) -> None:
    """After kill -9 of guard and lab the servers still run; one sweep ends them and says so."""
    lab = start_lab(kind)
    lab.kill_guard()
    lab.end(signal.SIGKILL)
    assert len(lab.remains()) >= 2
    assert len(sweep(lab.state)) >= 2
    assert lab.remains() == []


async def test_a_dying_lab_and_a_sweep_leave_the_neighbour_serving(start_lab: Start) -> None:
    """Of two labs at once one is killed and swept; the other still answers with its own data."""
    living, dead = start_lab("embedded"), start_lab("embedded")
    dead.kill_guard()
    dead.end(signal.SIGKILL)
    sweep(dead.state)
    assert dead.remains() == []
    assert sweep(living.state) == []
    connection = await asyncpg.connect(living.dsn)
    assert await connection.fetchval("SELECT current_database()") == "content"
    await connection.close()
    async with Redis.from_url(living.redis_url) as client:
        assert await client.ping()

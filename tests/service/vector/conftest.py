"""A stand-in for Weaviate with the documents of the tests' database, and the service with it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.faults import StandIn, export, standing_in
from bench.lifetime import Custody
from service.settings import Settings
from tests.service.running import ON, Databases
from tests.service.vector.asking import LONG_S


@pytest.fixture(scope="session")
def exported(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All documents as the stand-in reads them."""
    path = tmp_path_factory.mktemp("weaviate") / "documents.jsonl"
    assert asyncio.run(export(databases.by_tunings[()], path)) > 0
    return path


@pytest.fixture
async def standin(custody: Custody, exported: Path) -> AsyncIterator[StandIn]:
    """A stand-in without a fault."""
    async with standing_in(custody, exported) as running:
        yield running


@pytest.fixture
def settings(databases: Databases, standin: StandIn) -> Settings:
    """v1 with the stand-in; timeouts and the breaker's wait are longer than any test."""
    return databases.settings(
        ON,
        weaviate_url=standin.url,
        weaviate_timeout_s=LONG_S,
        weaviate_slow_s=LONG_S / 2,
        breaker_recovery_s=LONG_S,
        cache=False,
    )

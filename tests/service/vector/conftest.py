"""A stand-in for Weaviate with the documents of the tests' database, and the service with it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.faults import StandIn, export, standing_in
from bench.lifetime import Custody
from tests.service.running import Databases


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

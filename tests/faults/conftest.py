"""A stand-in that runs, with a few documents."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bench.faults import StandIn, standing_in
from bench.lifetime import Custody

DOCUMENTS = [
    {"id": 1, "workspace": "team-1", "technology": "python", "text": "The event loop runs tasks"},
    {"id": 2, "workspace": "team-1", "technology": "python", "text": "A loop is a loop"},
    {"id": 3, "workspace": "team-1", "technology": "sqlite", "text": "No event here, and no LOOP"},
    {"id": 4, "workspace": "team-2", "technology": "python", "text": "The event loop of another team"},
]


@pytest.fixture(scope="session")
def custody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Custody]:
    """Nothing that the tests start outlives them."""
    with Custody.open(tmp_path_factory.mktemp("leases")) as opened:
        yield opened


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documents in a file."""
    path = tmp_path_factory.mktemp("documents") / "documents.jsonl"
    path.write_text("".join(json.dumps(document) + "\n" for document in DOCUMENTS))
    return path


@pytest.fixture
async def standin(custody: Custody, documents: Path) -> AsyncIterator[StandIn]:
    """A stand-in without a fault."""
    async with standing_in(custody, documents) as running:
        yield running

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest

from bench.corpus import Operation, documents, read, record, write
from bench.corpus.harvest import Entry
from bench.errors import StoreError
from bench.provision import Servers
from tests.corpus.conftest import COUNT, TUNED

MATCHES = (
    "SELECT count(*) FROM documents WHERE workspace_id = $2 AND search_vector @@ websearch_to_tsquery('english', $1)"
)


@pytest.fixture(scope="module")
def operations(entries: Sequence[Entry]) -> list[Operation]:
    """The workload of the databases of this folder."""
    return record(documents(entries, COUNT, 7), 4000, 7)


def test_the_same_seed_records_the_same_requests(entries: Sequence[Entry], operations: list[Operation]) -> None:
    """In the same order; another seed records others."""
    assert record(documents(entries, COUNT, 7), 4000, 7) == operations
    assert record(documents(entries, COUNT, 7), 4000, 8) != operations


def test_searches_repeat_as_users_do(operations: list[Operation]) -> None:
    """A few searches come very often and many come once: a cache has something to hit and to miss."""
    counts = [count for _, count in Counter(o for o in operations if o.op == "search").most_common()]
    assert counts[0] > 20 * counts[len(counts) // 2]
    assert sum(counts[:10]) > 0.3 * sum(counts)
    assert len(counts) > 200


@pytest.mark.servers
async def test_each_kind_of_query_is_what_it_is_called(servers: Servers, operations: list[Operation]) -> None:
    """On the database itself: common words find more than rare ones, `none` finds nothing, the rest something."""
    connection = await asyncpg.connect(servers.postgres.dsn(TUNED.name))
    found: dict[str, list[int]] = {}
    for operation in set(operations):
        if operation.op == "search":
            matches = await connection.fetchval(MATCHES, operation.q, operation.workspace)
            found.setdefault(operation.kind, []).append(matches)
    await connection.close()
    assert set(found) == {"common", "rare", "multi", "phrase", "none"}
    mean = {kind: sum(counts) / len(counts) for kind, counts in found.items()}
    assert mean["none"] == 0
    assert mean["common"] > 2 * mean["rare"]
    # Stop words and stems let a few queries find nothing.
    for kind in ("common", "rare", "multi", "phrase"):
        assert sum(count > 0 for count in found[kind]) > 0.8 * len(found[kind]), kind


def test_a_workload_reads_back(operations: list[Operation], tmp_path: Path) -> None:
    """What is written is what is read."""
    write(operations, tmp_path / "w.jsonl", seed=7, corpus="c")
    assert read(tmp_path / "w.jsonl") == operations


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a workload file"),
        ("{}\n", "is not a workload file"),
        ('{"workload": 9}\n', "format 9; this perflab reads 1"),
        ('{"workload": 1}\n{"nonsense": 1}\n', "is not a workload file"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A file that is no workload is told with its path."""
    (tmp_path / "w.jsonl").write_text(text)
    with pytest.raises(StoreError, match=said):
        read(tmp_path / "w.jsonl")

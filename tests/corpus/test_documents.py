import gc
import math
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest

from bench.corpus import documents, harvest
from bench.corpus.cleaning import paragraphs
from bench.corpus.expand import MOST_WORDS, Document
from bench.corpus.harvest import Entry
from bench.corpus.sources import TECHNOLOGIES
from service.search import Technology

COUNT = 5000


@pytest.fixture(scope="module")
def made(entries: Sequence[Entry]) -> list[Document]:
    """Some thousand documents."""
    return list(documents(entries, COUNT, 7))


def test_there_are_ten_thousand_real_entries(entries: Sequence[Entry]) -> None:
    """Documentation of the standard library and of installed packages, in the order of 10^4 entries."""
    assert len(entries) > 10_000
    sources = " ".join(entry.source for entry in entries)
    for name in ("json", "asyncpg", "description of fastapi"):
        assert name in sources


def test_an_entry_is_the_text_of_its_source(entries: Sequence[Entry]) -> None:
    """What an entry holds stands, cleaned, in the docstring that it names."""
    import json

    entry = next(entry for entry in entries if entry.source == "json.dumps")
    assert set(entry.paragraphs) <= set(paragraphs(json.dumps.__doc__ or ""))


def test_a_harvest_is_kept_and_read_again(entries: Sequence[Entry], tmp_path: Path) -> None:
    """Every harvest of the same environment is equal, read from its text or its cache; garbage is found after it."""
    fresh = harvest(tmp_path)
    assert gc.isenabled()
    (kept,) = tmp_path.iterdir()
    written = kept.stat().st_mtime_ns
    assert harvest(tmp_path) == fresh == list(entries)
    assert kept.stat().st_mtime_ns == written


def test_the_same_seed_makes_the_same_documents(entries: Sequence[Entry], made: list[Document]) -> None:
    """Byte for byte, and the beginning of a larger corpus is not that of another seed."""
    assert list(documents(entries, COUNT, 7)) == made
    assert list(islice(documents(entries, COUNT, 8), 10)) != made[:10]


def test_documents_are_made_of_real_paragraphs(entries: Sequence[Entry], made: list[Document]) -> None:
    """Every paragraph of every document is one of an entry of the same technology."""
    known: dict[str, set[str]] = {}
    for entry in entries:
        known.setdefault(entry.technology, set()).update(entry.paragraphs)
    for document in made[:500]:
        assert set(document.content.split("\n\n")) <= known[document.technology]


def test_technologies_and_workspaces_follow_zipf(made: list[Document]) -> None:
    """The r-th most frequent is about r^-s as frequent as the first: a straight line on log axes, falling."""
    for values in ([document.technology for document in made], [document.workspace for document in made]):
        counts = [count for _, count in Counter(values).most_common(10)]
        ranks = [math.log(rank) for rank in range(1, len(counts) + 1)]
        logs = [math.log(count) for count in counts]
        slope = _slope(ranks, logs)
        assert -1.3 < slope < -0.25, counts


def _slope(x: list[float], y: list[float]) -> float:
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    covariance = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return covariance / sum((a - mean_x) ** 2 for a in x)


def test_lengths_are_those_of_documentation(made: list[Document]) -> None:
    """The middle document is a page, some are long, none endless, none empty."""
    lengths = sorted(len(document.content.split()) for document in made)
    assert 60 < lengths[len(lengths) // 2] < 250
    assert lengths[0] > 0
    assert lengths[-1] > 4 * lengths[len(lengths) // 2]
    assert lengths[-1] < 2 * MOST_WORDS


def test_the_service_knows_every_technology_of_the_corpus() -> None:
    """Whatever the documents are about can be asked for."""
    assert set(TECHNOLOGIES) <= set(Technology)

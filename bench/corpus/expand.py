"""From real entries to any number of documents: real paragraphs of one technology, recombined by seed.

Technologies and workspaces follow Zipf's law and lengths a log-normal one, as they do in real collections.
The same entries, number and seed give the same documents, byte for byte.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from bench.corpus.harvest import Entry

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORKSPACES = 200
WORKSPACE_SKEW = 0.5
TECHNOLOGY_SKEW = 0.7
"""Zipf exponents: a pair of workspace and technology then holds about 10 to 600 of 100,000 documents."""
MEDIAN_WORDS, LENGTH_SIGMA, MOST_WORDS = 120, 0.7, 1500
NEWEST = datetime(2026, 1, 1, tzinfo=UTC)
"""A fixed date: the documents must not depend on the day they were made."""
SPAN = timedelta(days=730)
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Document:
    """One document, ready to be stored."""

    id: int
    workspace: str
    technology: str
    title: str
    content: str
    source: str
    created_at: datetime


def workspace_id(number: int) -> str:
    """The name of a workspace; number 0 is the largest."""
    return f"team-{number + 1:03d}"


def documents(entries: Sequence[Entry], count: int, seed: int) -> Iterator[Document]:
    """`count` documents, one after the other: memory stays small whatever their number."""
    random = np.random.default_rng(seed)
    pools = _pools(entries)
    technologies = sorted(pools, key=lambda name: -len(pools[name]))
    titles: Counter[str] = Counter()
    for first in range(0, count, CHUNK):
        size = min(CHUNK, count - first)
        workspace = _zipf(random, WORKSPACES, WORKSPACE_SKEW, size)
        technology = _zipf(random, len(technologies), TECHNOLOGY_SKEW, size)
        words = np.minimum(random.lognormal(np.log(MEDIAN_WORDS), LENGTH_SIGMA, size), MOST_WORDS)
        age_s = random.random(size) * SPAN.total_seconds()
        for offset in range(size):
            pool = pools[technologies[technology[offset]]]
            entry, content = _compose(random, pool, words[offset])
            titles[entry.title] += 1
            part = titles[entry.title]
            yield Document(
                id=first + offset + 1,
                workspace=workspace_id(int(workspace[offset])),
                technology=entry.technology,
                title=entry.title if part == 1 else f"{entry.title}, note {part}",
                content=content,
                source=entry.source,
                created_at=NEWEST - timedelta(seconds=round(float(age_s[offset]))),
            )


def _pools(entries: Sequence[Entry]) -> dict[str, list[tuple[Entry, str, int]]]:
    pools: dict[str, list[tuple[Entry, str, int]]] = {}
    for entry in entries:
        for paragraph in entry.paragraphs:
            pools.setdefault(entry.technology, []).append((entry, paragraph, len(paragraph.split())))
    return pools


def _compose(random: np.random.Generator, pool: Sequence[tuple[Entry, str, int]], words: float) -> tuple[Entry, str]:
    """Paragraphs until about `words` words; the first one's entry gives the title."""
    first = int(random.integers(len(pool)))
    entry, paragraph, length = pool[first]
    parts, total = [paragraph], length
    while total < words:
        _, paragraph, length = pool[int(random.integers(len(pool)))]
        parts.append(paragraph)
        total += length
    return entry, "\n\n".join(parts)[: MOST_WORDS * 12]


def _zipf(random: np.random.Generator, values: int, skew: float, size: int) -> "NDArray[np.int64]":
    weights = 1 / np.arange(1, values + 1) ** skew
    chosen: NDArray[np.int64] = random.choice(values, size=size, p=weights / weights.sum())
    return chosen

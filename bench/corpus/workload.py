"""The recorded workload: requests drawn from the documents' own words.

Kinds of search: a common word, a rare word, several words of one paragraph, a quoted phrase, and words that
occur nowhere together. Popular searches come again and again (Zipf), so that a cache has something to hit.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bench.corpus.expand import Document
from bench.errors import StoreError

FORMAT = 1
DISTINCT_SEARCHES = 600
POPULARITY_SKEW = 1.0
MIX = {"search": 0.70, "stats": 0.12, "collections": 0.12, "health": 0.06}
KINDS = {"common": 0.30, "rare": 0.15, "multi": 0.35, "phrase": 0.15, "none": 0.05}
WITH_TECHNOLOGY = 0.85
BY_POST = 0.5
ABSENT = "zyzzyva quokkaesque"
"""Words that no documentation of software holds."""
COMMON_RANK, RARE_BELOW = 150, 4
"""A common word is among this many most frequent ones; a rare one is in fewer than so many sampled documents."""
STOP_WORDS = frozenset({
    "about", "above", "after", "again", "against", "because", "been", "before", "being", "below", "between",
    "both", "could", "does", "doing", "down", "during", "each", "from", "further", "have", "having", "here",
    "hers", "herself", "himself", "into", "itself", "just", "more", "most", "myself", "once", "only", "other",
    "ours", "ourselves", "over", "same", "should", "some", "such", "than", "that", "their", "theirs", "them",
    "themselves", "then", "there", "these", "they", "this", "those", "through", "under", "until", "very",
    "were", "what", "when", "where", "which", "while", "whom", "will", "with", "would", "your", "yours",
    "yourself", "yourselves",
})  # fmt: skip
"""Words of four letters or more that full-text search ignores (Snowball's English list): nobody searches for them."""
WORD = re.compile(r"[a-z]{4,}")
PHRASE = re.compile(r"[A-Za-z]{3,} [A-Za-z]{3,} [A-Za-z]{3,}")

Op = Literal["search", "stats", "collections", "health"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One request, independent of which API answers it."""

    op: Op
    method: Literal["GET", "POST"] = "GET"
    q: str = ""
    workspace: str = ""
    technology: str | None = None
    limit: int = 20
    offset: int = 0
    kind: str = ""

    def line(self) -> dict[str, Any]:
        """The operation as a line of the workload file: only the keys that its `op` has."""
        keys = {"search": tuple(asdict(self)), "stats": ("op", "workspace")}.get(self.op, ("op",))
        return {key: getattr(self, key) for key in keys}


def record(documents: Iterable[Document], count: int, seed: int) -> list[Operation]:
    """`count` operations in the order in which they are to be sent; the same for the same seed."""
    random = np.random.default_rng([seed, FORMAT])
    sample = _sample(documents, random)
    searches = _searches(sample, random)
    popularity = 1 / np.arange(1, len(searches) + 1) ** POPULARITY_SKEW
    ops = random.choice(list(MIX), size=count, p=list(MIX.values()))
    chosen = random.choice(len(searches), size=count, p=popularity / popularity.sum())
    workspaces = [document.workspace for document in sample]
    others = random.integers(len(workspaces), size=count)
    plain = {"collections": Operation("collections"), "health": Operation("health")}
    return [
        searches[search]
        if op == "search"
        else Operation("stats", workspace=workspaces[other])
        if op == "stats"
        else plain[op]
        for op, search, other in zip(ops.tolist(), chosen.tolist(), others.tolist(), strict=True)
    ]


def write(operations: Sequence[Operation], path: Path, *, seed: int, corpus: str) -> None:
    """Write the workload as JSON Lines; the first line says what it was drawn from.

    Raises StoreError when it cannot be written.
    """
    header = {"workload": FORMAT, "seed": seed, "corpus": corpus}
    lines = [header, *(operation.line() for operation in operations)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    except OSError as error:
        raise StoreError(f"the workload cannot be written to {path} ({error.strerror}).") from error


def read(path: Path) -> list[Operation]:
    """Read a workload file.

    Raises StoreError when it is missing or not a workload.
    """
    try:
        header, *lines = path.read_text().splitlines()
        found = json.loads(header)["workload"]
        operations = [Operation(**json.loads(line)) for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is not a workload file: {error}.") from error
    if found != FORMAT:
        raise StoreError(f"{path} is a workload of format {found}; this perflab reads {FORMAT}.")
    return operations


def _sample(documents: Iterable[Document], random: np.random.Generator) -> list[Document]:
    """DISTINCT_SEARCHES documents, each equally likely (reservoir sampling, Vitter's algorithm R)."""
    kept: list[Document] = []
    for index, document in enumerate(documents):
        if index < DISTINCT_SEARCHES:
            kept.append(document)
        elif (place := int(random.integers(index + 1))) < DISTINCT_SEARCHES:
            kept[place] = document
    return kept


def _searches(sample: Sequence[Document], random: np.random.Generator) -> list[Operation]:
    frequency = Counter(word for document in sample for word in set(_words(document)))
    common = {word for word, _ in frequency.most_common(COMMON_RANK)}
    kinds = random.choice(list(KINDS), size=len(sample), p=list(KINDS.values())).tolist()
    narrow = (random.random(len(sample)) < WITH_TECHNOLOGY).tolist()
    posted = (random.random(len(sample)) < BY_POST).tolist()
    searches = []
    for index, document in enumerate(sample):
        kind, query = _query(document, kinds[index], common, frequency, random)
        searches.append(
            Operation(
                "search",
                method="POST" if posted[index] else "GET",
                q=query,
                workspace=document.workspace,
                technology=document.technology if narrow[index] else None,
                kind=kind,
            )
        )
    return searches


def _query(
    document: Document, kind: str, common: set[str], frequency: Counter[str], random: np.random.Generator
) -> tuple[str, str]:
    """The kind that the document's text allows, and a query of that kind."""
    words = _words(document)
    frequent = [word for word in words if word in common]
    phrases = PHRASE.findall(document.content)
    if kind == "none":
        return kind, f"{_pick(words, random)} {ABSENT}"
    if kind == "common" and frequent:
        return kind, _pick(frequent, random)
    if kind == "rare":
        rarest = min(frequency[word] for word in words)
        return kind, _pick([word for word in words if frequency[word] <= max(rarest, RARE_BELOW - 1)], random)
    if kind == "phrase" and phrases:
        return kind, f'"{_pick(phrases, random)}"'
    return "multi", " ".join(_pick(words, random) for _ in range(3))


def _words(document: Document) -> list[str]:
    words = WORD.findall(document.content.lower())
    return [word for word in words if word not in STOP_WORDS] or words


def _pick(values: Sequence[str], random: np.random.Generator) -> str:
    return values[int(random.integers(len(values)))]

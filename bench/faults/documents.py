"""What the stand-in answers from: the identities of documents that exist, by the words in them."""

import asyncio
import csv
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import asyncpg

from bench.errors import ProvisionError
from bench.faults.graphql import QueryError, Question

COLLECTION = "Document"
FILTERS = {"workspace", "technology"}
COLUMNS = ("id", "workspace_id", "technology", "title", "content")
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Found:
    """A document and how well it fits."""

    document_id: int
    score: float


class Documents:
    """The documents by workspace and word. A score is the share of the query's words that a document has.

    No ranking worth the name: it costs about what a lookup costs, always answers the same, and only ever answers
    documents that are there.
    """

    def __init__(self) -> None:
        self._with_word: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._technology: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._technology)

    @classmethod
    def read(cls, lines: Iterable[str]) -> Self:
        """Documents from JSON, one a line: id, workspace, technology and text.

        Raises ValueError for a line that is none.
        """
        documents = cls()
        for number, line in enumerate(lines, 1):
            try:
                document = json.loads(line)
                documents.add(document["id"], document["workspace"], document["technology"], document["text"])
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"line {number} is no document with id, workspace, technology and text") from error
        return documents

    def add(self, document_id: int, workspace: str, technology: str, text: str) -> None:
        """Take one more document."""
        self._technology[document_id] = technology
        for word in _words(text):
            self._with_word[workspace, word].append(document_id)

    def search(self, question: Question) -> list[Found]:
        """The page that is asked for, best first; ties to the highest id.

        Raises QueryError for what is not known here.
        """
        if question.collection != COLLECTION or question.filters.keys() - FILTERS:
            raise QueryError(f"only {COLLECTION} is known here, with {' and '.join(sorted(FILTERS))}")
        workspace, technology = question.filters.get("workspace"), question.filters.get("technology")
        if workspace is None:
            raise QueryError("a filter by workspace is needed")
        words = _words(question.query)
        having = Counter(
            document_id
            for word in words
            for document_id in self._with_word.get((workspace, word), ())
            if technology is None or self._technology[document_id] == technology
        )
        best = sorted(having.items(), key=lambda found: (-found[1], -found[0]))
        page = best[question.offset : question.offset + question.limit]
        return [Found(document_id, count / len(words)) for document_id, count in page]


async def export(dsn: str, path: Path) -> int:
    """Write the documents of a database as the stand-in reads them; answer how many there are.

    Raises ProvisionError when the database cannot be read.
    """
    copied = io.BytesIO()
    try:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.copy_from_table("documents", columns=COLUMNS, output=copied, format="csv")
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError) as error:
        raise ProvisionError(f"The documents for the stand-in cannot be read: {error}") from error
    return await asyncio.to_thread(_write, copied.getvalue().decode(), path)


def _write(table: str, path: Path) -> int:
    csv.field_size_limit(2**30)
    count = 0
    with path.open("w") as file:
        for number, workspace, technology, title, content in csv.reader(io.StringIO(table, newline="")):
            text = f"{title}\n{content}"
            document = {"id": int(number), "workspace": workspace, "technology": technology, "text": text}
            file.write(json.dumps(document) + "\n")
            count += 1
    return count


def _words(text: str) -> set[str]:
    return set(WORD.findall(text.lower()))

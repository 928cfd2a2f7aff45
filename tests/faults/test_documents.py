"""What the stand-in finds, and that it finds nothing else."""

import json

import pytest

from bench.faults.documents import Documents, Found
from bench.faults.graphql import QueryError, Question
from tests.faults.conftest import DOCUMENTS


@pytest.fixture(scope="module")
def documents() -> Documents:
    """The documents, read."""
    return Documents.read(json.dumps(document) for document in DOCUMENTS)


def ask(query: str, limit: int = 10, offset: int = 0, **filters: str) -> Question:
    """A question to team-1."""
    return Question("Document", query, 0.5, {"workspace": "team-1", **filters}, limit, offset)


def test_more_words_are_a_better_fit(documents: Documents) -> None:
    """Whatever their case; ties to the highest id."""
    assert documents.search(ask("Event LOOP!")) == [Found(3, 1.0), Found(1, 1.0), Found(2, 0.5)]


def test_filters_keep_others_out(documents: Documents) -> None:
    """Another team's document fits as well, and one of another technology."""
    assert [found.document_id for found in documents.search(ask("event loop", technology="python"))] == [1, 2]


def test_pages_are_parts_of_the_whole(documents: Documents) -> None:
    """One by one, and nothing past the end."""
    pages = [documents.search(ask("event loop", limit=1, offset=offset)) for offset in range(4)]
    assert [found.document_id for page in pages for found in page] == [3, 1, 2]


@pytest.mark.parametrize("query", ["zyzzyva", "", "?!"])
def test_no_word_no_document(query: str, documents: Documents) -> None:
    """Also for a query without words."""
    assert documents.search(ask(query)) == []


@pytest.mark.parametrize(
    "question",
    [
        Question("Secrets", "loop", 0.5, {"workspace": "team-1"}, 5, 0),
        Question("Document", "loop", 0.5, {}, 5, 0),
        Question("Document", "loop", 0.5, {"workspace": "team-1", "author": "me"}, 5, 0),
    ],
    ids=["collection", "no workspace", "property"],
)
def test_what_is_not_known_is_refused(question: Question, documents: Documents) -> None:
    """An error, not an empty answer."""
    with pytest.raises(QueryError):
        documents.search(question)


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"id": 1, "workspace": "a", "technology": "b"}'])
def test_a_line_that_is_no_document_is_named(line: str) -> None:
    """By its number."""
    with pytest.raises(ValueError, match="line 2 is no document"):
        Documents.read([json.dumps(DOCUMENTS[0]), line])

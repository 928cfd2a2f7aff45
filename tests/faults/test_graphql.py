"""The stand-in answers one form of query, and refuses every other instead of guessing."""

import pytest

from bench.faults.graphql import QueryError, Question, read

QUERY = """
{ Get { Document(hybrid: {query: "event loop", alpha: 0.5},
                 where: {operator: And, operands: [
                     {path: ["workspace"], operator: Equal, valueText: "team-1"},
                     {path: ["technology"], operator: Equal, valueText: "python"}]},
                 limit: 5, offset: 10) { document_id _additional { score } } } }
"""


def test_the_query_is_read() -> None:
    """Everything that is in it."""
    filters = {"workspace": "team-1", "technology": "python"}
    assert read(QUERY) == Question("Document", "event loop", 0.5, filters, 5, 10)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("\n", " # a comment\n"),
        (", ", " "),
        ("alpha: 0.5", "alpha: 5e-1"),
        ('"event loop"', '"event\\u0020loop"'),
        ("limit: 5, offset: 10", "offset: 10 limit: 5"),
    ],
    ids=["comments", "no commas", "exponent", "escape", "another order"],
)
def test_the_same_query_in_other_clothes_is_the_same(was: str, becomes: str) -> None:
    """As GraphQL has it."""
    assert read(QUERY.replace(was, becomes)) == read(QUERY)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("Get", "Aggregate"),
        ("hybrid:", "bm25:"),
        ("alpha: 0.5", "alpha: 1.5"),
        ("alpha: 0.5", 'alpha: "0.5"'),
        ("alpha: 0.5", "alpha: 0.5, vector: [1]"),
        (", alpha: 0.5", ""),
        ("limit: 5", "limit: 0"),
        ("limit: 5", "limit: 05"),
        ("limit: 5", "limit: 5, limit: 6"),
        ("limit: 5", "limit: 5, autocut: 1"),
        ("offset: 10", "offset: 9996"),
        ("offset: 10", "offset: -1"),
        ("operator: And", "operator: Or"),
        ("operator: Equal", "operator: Like"),
        ('["workspace"]', '["in", "workspace"]'),
        ("score }", "score explainScore }"),
        ("document_id", "content"),
        ("} } }", "} }"),
        ('"event loop"', '"event\nloop"'),
        ('"event loop"', '"event\0loop"'),
        ('"event loop"', '"event \\x loop"'),
        ('"event loop"', '"""event loop"""'),
        ('"event loop"', '"event loop'),
        ("{ Get", "query { Get"),
        ("{ Get", '"{" Get'),
    ],
    ids=str,
)
def test_another_query_is_refused(was: str, becomes: str) -> None:
    """With one thing changed it is not the form that is known."""
    assert was in QUERY
    with pytest.raises(QueryError):
        read(QUERY.replace(was, becomes, 1))


@pytest.mark.parametrize("text", ["", "{", "}", "Get", '"', QUERY + "{", QUERY * 2, "{ Get { Document(", "\0"])
def test_what_is_no_query_is_refused(text: str) -> None:
    """Never another exception, and never an endless loop at the end of the text."""
    with pytest.raises(QueryError):
        read(text)

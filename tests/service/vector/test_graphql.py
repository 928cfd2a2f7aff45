"""What is put into the query is what a reader of GraphQL takes out of it, whatever it is."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.faults.graphql import QueryError, Question, read
from service.vector import Hybrid, graphql

BREAKING_OUT = (
    '"',
    "\\",
    '\\"',
    '\\\\"',
    "a\nb\r\tc\b\f\0\x1f\x7f",
    '"""',
    '"}, where: {operator: Or, operands: []}, limit: 1, offset: 0) { document_id } } } #',
    '", alpha: 0}, limit: 10000) { content _additional { score } } } } #',
    "\\u0022",
    "# no comment",
    "{ Get { Secrets { all } } }",
    "naïve ☕ 😀 \u2028\u2029\ufeff\u0085 \U0010ffff",
    "$variable ...on Document @skip(if: true)",
)
texts = st.one_of(st.text(), st.text(alphabet='"\\u{}[]():,#\n\r\t 0dD'))


@given(
    query=texts,
    workspace=texts,
    technology=st.none() | texts,
    limit=st.integers(1, 100),
    offset=st.integers(0, 9_900),
    alpha=st.floats(0, 1),
)
@example('"', '"', '"', 1, 0, 0.0)
@example("\\", "\\u0022", "\\\\", 100, 9_900, 5e-324)
def test_what_goes_in_comes_out(
    query: str, workspace: str, technology: str | None, limit: int, offset: int, alpha: float
) -> None:
    """Words, filters and numbers survive, and nothing is added to them."""
    asked = Hybrid(query, workspace, technology, limit, offset)
    filters = {"workspace": workspace} | ({} if technology is None else {"technology": technology})
    assert read(graphql.hybrid(asked, alpha)) == Question("Document", query, alpha, filters, limit, offset)


@pytest.mark.parametrize("text", BREAKING_OUT, ids=range(len(BREAKING_OUT)))
def test_nobody_breaks_out_of_his_literal(text: str) -> None:
    """Quotes, escapes, line ends, comments and whole queries are words to search for, wherever they stand."""
    asked = Hybrid(text, text, text, 5, 0)
    expected = Question("Document", text, 0.5, {"workspace": text, "technology": text}, 5, 0)
    assert read(graphql.hybrid(asked, 0.5)) == expected


@pytest.mark.parametrize("text", BREAKING_OUT, ids=range(len(BREAKING_OUT)))
def test_another_reader_of_graphql_agrees(text: str) -> None:
    """graphql-core, the reference implementation's port, takes the same values out of the same places."""
    language = pytest.importorskip("graphql.language")
    document = language.parse(graphql.hybrid(Hybrid(text, text, text, 5, 0), 0.5))
    (operation,) = document.definitions
    (get,) = operation.selection_set.selections
    (collection,) = get.selection_set.selections
    given = {argument.name.value: argument.value for argument in collection.arguments}
    assert (get.name.value, collection.name.value, set(given)) == (
        "Get",
        "Document",
        {"hybrid", "where", "limit", "offset"},
    )
    query, _ = given["hybrid"].fields
    assert query.value.value == text
    operands = given["where"].fields[1].value.values
    assert [operand.fields[2].value.value for operand in operands] == [text, text]


@pytest.mark.parametrize("text", ['a" b', "a\nb", 'x"}, alpha: 0} #'])
def test_unescaped_text_would_be_found(text: str) -> None:
    """The negative case: a query put together without the literal is not read as if nothing had happened."""
    query = graphql.hybrid(Hybrid("WORDS", "team-1", None, 5, 0), 0.5).replace("WORDS", text)
    with pytest.raises(QueryError):
        read(query)


def test_characters_beyond_the_first_plane_are_not_escaped() -> None:
    """Weaviate's lexer reads an escaped pair of surrogates as two characters that do not exist; so does ours."""
    query = graphql.hybrid(Hybrid("😀", "team-1", None, 5, 0), 0.5)
    assert "😀" in query
    assert read(query.replace('"😀"', json.dumps("😀"))).query == "\ufffd\ufffd"

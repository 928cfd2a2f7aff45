"""What query_time sends is what the service sends."""

import pytest

from bench.corpus import Operation
from bench.experiments import statements
from bench.subject import KNOBS

SEARCH = Operation("search", q="json text", workspace="team-001", technology="python", limit=5, offset=10)


def test_both_arms_ask_for_the_same_request() -> None:
    """The values of a request reach the statements of either arm, each by its own parameters."""
    for variant in statements.VARIANTS.values():
        called = statements.call(SEARCH, variant)
        assert called is not None
        values = {value for statement in called.statements for value in statement.arguments}
        assert {"json text", "team-001", "python", 5, 10} <= values


def test_the_variants_of_a_search_differ() -> None:
    """Otherwise nothing would be compared."""
    assert len({statements.call(SEARCH, variant) for variant in statements.VARIANTS.values()}) == 4


@pytest.mark.parametrize(("api", "fulltext"), statements.VARIANTS)
def test_an_arm_is_asked_for_stored_text_only_where_it_stores_it(api: str, fulltext: str) -> None:
    """The variant follows from the knobs, for searches and for statistics."""
    variant = statements.variant({**dict.fromkeys(KNOBS, "on"), "api": api, "fulltext": fulltext})
    for operation, column in ((SEARCH, "search_vector"), (Operation("stats", workspace="t"), "avg(content_length)")):
        called = statements.call(operation, variant)
        assert called is not None
        assert all((column in one.sql) is (fulltext == "on") for one in called.statements)
        assert len(called.statements) == (2 if operation is SEARCH and api == "off" else 1)


def test_a_filter_changes_the_query() -> None:
    """With and without a technology are two queries, reported apart."""
    narrow = statements.call(SEARCH, statements.TUNED)
    wide = statements.call(Operation("search", q="x", workspace="team-001"), statements.TUNED)
    assert narrow is not None
    assert wide is not None
    assert narrow.name != wide.name
    assert None not in [value for statement in wide.statements for value in statement.arguments]


@pytest.mark.parametrize("variant", statements.VARIANTS.values())
def test_every_parameter_is_given(variant: str) -> None:
    """As many arguments as the highest placeholder of the statement."""
    for operation in (SEARCH, Operation("stats", workspace="team-001"), Operation("collections")):
        called = statements.call(operation, variant)
        assert called is not None
        for statement in called.statements:
            placeholders = [number for number in range(1, 10) if f"${number}" in statement.sql]
            assert len(statement.arguments) == len(placeholders)


def test_health_asks_no_database() -> None:
    """So it is no part of query_time."""
    assert statements.call(Operation("health"), statements.BASELINE) is None

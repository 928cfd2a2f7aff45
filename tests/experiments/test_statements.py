"""What query_time sends is what the service sends."""

import pytest

from bench.corpus import Operation
from bench.experiments import statements
from bench.model import Role

SEARCH = Operation("search", q="json text", workspace="team-001", technology="python", limit=5, offset=10)


def test_both_arms_ask_for_the_same_request() -> None:
    """The values of a request reach the statements of either arm, each by its own parameters."""
    for role in Role:
        called = statements.call(SEARCH, role)
        assert called is not None
        values = {value for statement in called.statements for value in statement.arguments}
        assert {"json text", "team-001", "python", 5, 10} <= values


def test_the_arms_statements_differ_and_the_control_has_the_baseline_s() -> None:
    """Otherwise nothing would be compared, or the control would be no control."""
    baseline, control, candidate = (
        statements.call(SEARCH, role) for role in (Role.BASELINE, Role.CONTROL, Role.CANDIDATE)
    )
    assert baseline == control
    assert baseline != candidate


def test_a_filter_changes_the_query() -> None:
    """With and without a technology are two queries, reported apart."""
    narrow = statements.call(SEARCH, Role.CANDIDATE)
    wide = statements.call(Operation("search", q="x", workspace="team-001"), Role.CANDIDATE)
    assert narrow is not None
    assert wide is not None
    assert narrow.name != wide.name
    assert None not in [value for statement in wide.statements for value in statement.arguments]


@pytest.mark.parametrize("role", Role)
def test_every_parameter_is_given(role: Role) -> None:
    """As many arguments as the highest placeholder of the statement."""
    for operation in (SEARCH, Operation("stats", workspace="team-001"), Operation("collections")):
        called = statements.call(operation, role)
        assert called is not None
        for statement in called.statements:
            placeholders = [number for number in range(1, 10) if f"${number}" in statement.sql]
            assert len(statement.arguments) == len(placeholders)


def test_health_asks_no_database() -> None:
    """So it is no part of query_time."""
    assert statements.call(Operation("health"), Role.BASELINE) is None

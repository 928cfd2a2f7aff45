import re
from itertools import product
from pathlib import Path

import pytest

import service
from service import queries
from service.queries import FOLDER, Query

VECTOR = "(setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B'))"
SCOPES = ("in_technology", "in_workspace")


def signatures() -> dict[str, tuple[str, ...]]:
    """Names and parameters as the files declare them."""
    text = "\n".join(file.read_text() for file in FOLDER.glob("*.sql"))
    declared = re.findall(r"^-- name: (\w+)\((.*?)\)$", text, re.MULTILINE)
    return {name: tuple(part.strip() for part in given.split(",") if part.strip()) for name, given in declared}


def test_parameters_are_numbered_in_the_declared_order() -> None:
    """Whoever runs a statement with $1, $2, ... can rely on the brackets in the file."""
    assert {name: query.parameters for name, query in queries.load().items()} == signatures()


@pytest.mark.parametrize("scope", SCOPES)
def test_the_variants_of_search_differ_in_the_vector_alone(scope: str) -> None:
    """Stored and computed rank by the same expression in the same statement, so they answer the same."""
    named = queries.load()
    pairs = [
        (f"search_{scope}_v1_computed", f"search_{scope}_tuned"),
        (f"search_{scope}_baseline_page", f"search_{scope}_legacy_stored_page"),
        (f"search_{scope}_baseline_total", f"search_{scope}_legacy_stored_total"),
        (f"past_{scope}_v1_computed", f"past_{scope}_tuned"),
    ]
    for computed, stored in pairs:
        assert VECTOR in named[computed].sql
        assert named[computed].sql.replace(VECTOR, "d.search_vector") == named[stored].sql


def test_the_stored_vector_is_what_the_statements_compute() -> None:
    """Both ways to the tuning store exactly the expression of the baseline; the index over the computed one has it."""
    tuning = FOLDER.parent / "tuning"
    expression = " ".join(VECTOR.replace("d.", "").strip("()").split())
    for name in ("fulltext", "indexes"):
        assert expression in " ".join((tuning / f"{name}.apply.sql").read_text().split())
    trigger = queries.load(FOLDER.parent / "online")["keep_function"].sql.replace("NEW.", "")
    assert f"search_vector = {expression}" in " ".join(trigger.split())


def test_every_operation_has_a_baseline_and_a_tuned_variant() -> None:
    """What is timed before and after is found by its name."""
    names = queries.load().keys()
    for operation, variant in product((*(f"search_{scope}" for scope in SCOPES), "stats"), ("baseline", "tuned")):
        assert any(name.startswith(f"{operation}_{variant}") for name in names)
    assert "collections" in names


@pytest.mark.parametrize(
    "sql",
    [
        "SET statement_timeout = 1",
        "  reset all",
        "LISTEN config",
        "SELECT set_config('a.b', 'c', false)",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_lock_shared(1)",
        "CREATE TEMP TABLE t ()",
        "SELECT 1 INTO TEMPORARY t",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    ],
)
def test_a_statement_that_changes_its_session_is_refused(sql: str) -> None:
    """A connection goes back without a reset: nothing in the catalogue may need one."""
    with pytest.raises(ValueError, match="would change its session"):
        Query("bad", sql, ())


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE documents SET title = $1",
        "SELECT pg_advisory_xact_lock(1)",
        "SET LOCAL lock_timeout = 1",
        "SELECT set_config('lock_timeout', '1s', true)",
        "SELECT title AS listen FROM documents",
    ],
)
def test_a_statement_that_leaves_nothing_behind_is_accepted(sql: str) -> None:
    """What ends with the statement or the transaction needs no reset."""
    assert Query("good", sql, ()).sql == sql


def test_sql_lives_in_sql_alone() -> None:
    """No statement hides in the service's code."""
    statement = re.compile(r"\b(SELECT\s.+\sFROM|INSERT INTO|UPDATE\s+\w+\s+SET|DELETE FROM)\b")
    for file in Path(service.__file__).parent.rglob("*.py"):
        assert not statement.search(file.read_text()), file

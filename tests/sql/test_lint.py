"""SQL that changes a database in use is held against squawk's rules, with a reason for every exception."""

import json
import subprocess
import sysconfig
from pathlib import Path

import pytest

SQL = Path(__file__).parents[2] / "sql"
SQUAWK = Path(sysconfig.get_path("scripts")) / "squawk"
OLDEST_POSTGRES = "15"
ROLLBACK = "-- migrate: rollback"

PATIENCE = {
    "require-lock-timeout": "the session that runs it has one: service/db/migrations.py, service/db/gently.py",
    "require-statement-timeout": "cut off it would begin again from nothing; how long others wait is bounded above",
}
TAKING_BACK = {
    "ban-drop-table": "what goes is what the other half of the file made",
    "ban-drop-function": "the same",
    "ban-drop-constraint": "the same",
    "ban-drop-column": "the same; the columns are computed from others",
    "ban-drop-extension": "the same; nothing else uses it",
}
OF_ONE_FILE = {
    ("0001_documents.sql", "prefer-bigint-over-int"): "counts the results of one page",
    ("0002_feedback_and_signals.sql", "prefer-bigint-over-smallint"): "a rating from 1 to 5, checked",
    ("fulltext.apply.sql", "adding-field-with-default"): "rewrites the table; service.online does it while in use",
    ("fulltext.apply.sql", "prefer-bigint-over-int"): "what length(text) returns",
    ("settings.apply.sql", "prefer-robust-stmts"): "what is set twice is set once",
    ("settings.revert.sql", "prefer-robust-stmts"): "the same",
}


def rules(sql: str, *, in_transaction: bool) -> set[str]:
    """The rules of squawk that a script breaks."""
    alone = "--assume-in-transaction" if in_transaction else "--no-assume-in-transaction"
    command = [SQUAWK, "--reporter", "json", "--pg-version", OLDEST_POSTGRES, alone, "--stdin-filepath", "script.sql"]
    ended = subprocess.run(command, input=sql, capture_output=True, text=True, check=False)
    assert ended.stderr == "" or ended.stdout, ended.stderr
    return {found["rule_name"] for found in json.loads(ended.stdout)}


@pytest.mark.parametrize("path", sorted((SQL / "migrations").glob("*.sql")), ids=lambda path: path.stem)
def test_migrations_hold_nobody_up(path: Path) -> None:
    """What is applied breaks no rule without a reason here; what rolls it back may also drop."""
    apply, rollback = path.read_text().split(ROLLBACK)
    known = {rule for name, rule in OF_ONE_FILE if name == path.name}
    assert rules(apply, in_transaction=True) - PATIENCE.keys() == known
    assert rules(rollback, in_transaction=True) <= PATIENCE.keys() | TAKING_BACK.keys()


@pytest.mark.parametrize("path", sorted((SQL / "tuning").glob("*.sql")), ids=lambda path: path.stem)
def test_tuning_holds_nobody_up(path: Path) -> None:
    """The same of each knob's statements, which run one by one."""
    known = {rule for name, rule in OF_ONE_FILE if name == path.name}
    allowed = PATIENCE.keys() | (TAKING_BACK.keys() if path.name.endswith(".revert.sql") else set())
    assert rules(path.read_text(), in_transaction=False) - allowed == known


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("DROP TABLE documents;", "ban-drop-table"),
        ("CREATE INDEX slow ON documents (title);", "require-concurrent-index-creation"),
        ("ALTER TABLE documents ADD COLUMN price numeric NOT NULL;", "adding-required-field"),
        ("ALTER TABLE documents RENAME COLUMN title TO heading;", "renaming-column"),
        ("ALTER TABLE documents ALTER COLUMN title TYPE varchar(80);", "changing-column-type"),
        ("SELEC 1;", "syntax-error"),
    ],
)
def test_what_holds_others_up_is_found(sql: str, rule: str) -> None:
    """Each of these would be refused in a migration."""
    assert rule in rules(sql, in_transaction=True)
    assert rule not in PATIENCE

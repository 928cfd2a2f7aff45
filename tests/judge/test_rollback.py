"""What the facts of the experiment rollback come to."""

from dataclasses import replace
from typing import Any

import pytest

from bench import criteria, judge
from bench.criteria import Reading, Unmeasured
from bench.criteria.rollback import PROCEDURES, read
from bench.model import Verdict

HELD: dict[str, Any] = {"done": True, "undone": True, "requests": 100, "failed": 0}


def records(synthetic: Any, performed: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The experiment with these facts."""
    record = replace(synthetic.experiment(synthetic.slots(1.0), name="rollback"), facts={"procedures": performed})
    return {"rollback": record}


def test_all_that_hold_is_all(synthetic: Any) -> None:
    """Every procedure done and undone without a failed request: the claim is kept."""
    found = records(synthetic, dict.fromkeys(PROCEDURES, HELD))
    (line,) = judge.scorecard(found, [criteria.catalogue()["rollback"]])
    assert (line.verdict, line.measured, line.n) == (Verdict.PASS, 1.0, len(PROCEDURES))


@pytest.mark.parametrize("change", [{"done": False}, {"undone": False}, {"failed": 1}], ids=str)
def test_one_that_does_not_hold_fails_the_claim(change: dict[str, Any], synthetic: Any) -> None:
    """Not done, not undone, or one request failed: three of four are not all."""
    found = records(synthetic, dict.fromkeys(PROCEDURES, HELD) | {"pool": HELD | change})
    (line,) = judge.scorecard(found, [criteria.catalogue()["rollback"]])
    assert (line.verdict, line.measured) == (Verdict.FAIL, 0.75)


def test_a_procedure_that_is_missing_is_named(synthetic: Any) -> None:
    """Cut off before its end the experiment says nothing, however well it went until then."""
    found = read(records(synthetic, {"api": HELD}))
    assert isinstance(found, Unmeasured)
    assert "migrations, pool, indexes" in found.reason


def test_silence_is_no_answering(synthetic: Any) -> None:
    """Nobody asked, so nobody can say that everybody was answered."""
    found = read(records(synthetic, dict.fromkeys(PROCEDURES, HELD) | {"api": HELD | {"requests": 3}}))
    assert isinstance(found, Unmeasured)
    assert "api" in found.reason
    assert isinstance(read(records(synthetic, dict.fromkeys(PROCEDURES, HELD))), Reading)

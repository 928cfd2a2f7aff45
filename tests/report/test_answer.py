"""The one paragraph that answers."""

from dataclasses import replace

import pytest

from bench import store
from bench.model import ExperimentRecord, RunRecord, Status, Verdict
from bench.report import words
from bench.report.answering import answer
from tests.report.test_example import EXAMPLE


@pytest.fixture(scope="module")
def run() -> RunRecord:
    """A whole run of the default spec."""
    return store.load(EXAMPLE)


def with_one(run: RunRecord, identity: str, **changes: object) -> RunRecord:
    """The run with one criterion judged otherwise."""
    criteria = tuple(
        replace(each, **changes) if each.id == identity else each  # type: ignore[arg-type]
        for each in run.criteria
    )
    return replace(run, criteria=criteria)


def test_what_was_measured_is_said_with_its_interval(run: RunRecord) -> None:
    """Response and query time by both ends of their interval; the pool, the breaker and errors beside them."""
    said = answer(run)
    for name, metric in (("response_time", "p50"), ("query_time", "mean")):
        effect = words.main_effect(run.experiments[name].effects, metric)
        assert effect is not None
        assert all(words.change(bound) in said for bound in (effect.ratio, *effect.ci))
    for identity in ("pooling_gain", "breaker_prevention", "error_overhead"):
        (found,) = [each for each in run.criteria if each.id == identity]
        assert found.measured is not None
        assert f"{words.quantity(found.measured, found.unit)}" in said
        assert f"({words.interval(found)})" in said


def test_what_was_not_measured_is_not_said(run: RunRecord) -> None:
    """Without the breaker's figure there is no sentence on it, but it is named among what was not measured."""
    without = with_one(run, "breaker_prevention", measured=None, ci=None, verdict=Verdict.NOT_MEASURED)
    assert "The breaker prevents" in answer(run)
    assert "The breaker prevents" not in answer(without)
    assert "breaker_prevention" in answer(without).partition("not measured")[2]


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE])
def test_what_does_not_pass_is_named_with_its_figure(run: RunRecord, verdict: Verdict) -> None:
    """With what was asked; a criterion that passes is only counted."""
    said = answer(with_one(run, "api_parity", verdict=verdict, measured=0.91, ci=(0.88, 1.0), threshold=0.97))
    shown = "91 %" if verdict is Verdict.FAIL else "88 % to 100 %"
    assert f"api_parity ({shown}, where at least 97 % is asked)" in said
    assert "api_parity" not in answer(run)


def test_a_run_without_criteria_says_what_its_experiments_found(run: RunRecord) -> None:
    """An ablation is judged by no criterion: its first finding is the answer, not a count of what was not measured."""
    facts = {"not_measured": "No server came."}
    cache = ExperimentRecord("cache", "Does it pay?", "So.", Status.COMPLETE, "", (), (), (), (), facts)
    (unread,) = [each for each in run.criteria if each.id == "response_time"]
    unread = replace(unread, measured=None, ci=None, verdict=Verdict.NOT_MEASURED)
    found = replace(run, experiments={"cache": cache}, criteria=(unread,))
    assert answer(found) == "No server came."
    empty = replace(found, experiments={})
    assert answer(empty) == "No criterion was judged."

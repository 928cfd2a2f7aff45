"""Counts are held against before exactly, and close the gate on any machine."""

from dataclasses import replace

import pytest

from bench.judge import Compared, gate_run
from bench.judge.counts import PARTS
from bench.model import (
    ComparisonRecord,
    ComparisonVerdict,
    Count,
    ExperimentRecord,
    Gate,
    Policy,
    RunRecord,
    Status,
    Verdict,
)
from bench.model.gate import COUNTS
from bench.report.findings.counters import COUNTS as WORDS
from bench.spec.model import GateSpec
from tests.gate.conftest import measured

SAME = {"queries": 2.0, "buffers": 40.0, "buffers_hit": 40.0, "buffers_read": 0.0, "bytes": 900.0}


def counted(run_id: str, *passes: dict[str, float], requests: int = 5) -> RunRecord:
    """A run whose candidate costs so much for a search, in each pass."""
    run = measured(1.0, run_id=run_id, seed=3)
    facts = {"requests": {"search GET": requests}, "counters": {"candidate": {"search GET": list(passes)}}}
    record = ExperimentRecord(
        name="counters", question="", method="", status=Status.COMPLETE, reason="", arms=(), looks=(), slots=(),
        effects=(), facts=facts, duration_s=1.0,
    )  # fmt: skip
    return replace(run, experiments={**run.experiments, "counters": record})


def against(*passes: dict[str, float], policy: Policy | None = None, requests: int = 5) -> Gate:
    """A run with these counts against one with SAME."""
    new, old = counted("new", *passes, requests=requests), counted("old", SAME, SAME)
    return gate_run(new, policy or Policy(criteria=()), None, old=old)


def of_search(gate: Gate) -> Verdict:
    """The verdict on the counts of a search."""
    return next(check.verdict for check in gate.checks if check.name == "counters search GET against old")


def test_an_exact_count_that_rises_closes_the_gate() -> None:
    """One statement more for a search is a failure, however fast it was; the sentence says which and how many."""
    more = {**SAME, "queries": 3.0}
    gate = against(more, more)
    assert of_search(gate) is Verdict.FAIL
    assert gate.exit_code == 1
    assert any("queries 2 -> 3" in check.sentence for check in gate.checks)


def test_the_same_or_less_passes() -> None:
    """Nothing to say against fewer pages."""
    assert of_search(against(SAME, SAME)) is Verdict.PASS
    less = {**SAME, "buffers": 30.0, "buffers_hit": 30.0}
    assert of_search(against(less, less)) is Verdict.PASS


def test_a_policy_may_allow_a_count_to_rise() -> None:
    """A longer answer may be wanted; a statement more is not, by the same policy."""
    policy = Policy(criteria=(), may_rise=("bytes",))
    longer = {**SAME, "bytes": 950.0}
    assert of_search(against(longer, longer)) is Verdict.FAIL
    assert of_search(against(longer, longer, policy=policy)) is Verdict.PASS
    both = {**longer, "queries": 3.0}
    assert of_search(against(both, both, policy=policy)) is Verdict.FAIL


def test_what_is_not_the_same_twice_is_a_note() -> None:
    """No verdict rests on it, and a reader hears of it."""
    gate = against({**SAME, "buffers": 41.0}, {**SAME, "buffers": 44.0})
    assert of_search(gate) is Verdict.PASS
    assert any("buffers 40 -> 41" in note for note in gate.notes)


def test_pages_that_were_read_and_not_found_are_no_verdict() -> None:
    """The same pages from another place."""
    cold = {**SAME, "buffers_hit": 10.0, "buffers_read": 30.0}
    assert of_search(against(cold, cold)) is Verdict.PASS


def test_other_requests_are_not_held_against_each_other() -> None:
    """Another budget counts other requests: their means are of different things."""
    gate = against({**SAME, "queries": 9.0}, requests=20)
    assert not any(check.name.startswith("counters search") for check in gate.checks)
    assert any("other requests" in note for note in gate.notes)


@pytest.mark.parametrize(("exact", "code"), [(True, 1), (False, 0)])
def test_a_comparison_s_counts_gate_too(exact: bool, code: int) -> None:
    """An improvement in time does not excuse a statement more, where it was counted exactly."""
    base = measured(1.0)
    counters = {"GET /items": {"queries": Count(1.0, 2.0, exact=exact)}}
    found = ComparisonRecord(
        verdict=ComparisonVerdict.IMPROVEMENT, sentence="", metric="p50", ratio=0.8, ci=(0.78, 0.82), confidence=0.95,
        n_pairs=12, mde=0.02, delta=0.03, aa=None, confirmation=None, counters=counters,
    )  # fmt: skip
    compared = Compared(ComparisonVerdict.IMPROVEMENT, 0.8, (0.78, 0.82), "p50", 12, 0.02, 0.03)
    assert gate_run(replace(base, comparison=found), Policy(), None, compared=compared).exit_code == code


def test_every_count_has_its_word_and_may_be_allowed() -> None:
    """What is judged, what the report names and what a policy accepts are one list."""
    assert set(WORDS) == {*COUNTS, *PARTS}
    assert GateSpec.model_validate({"may_rise": list(COUNTS)}).policy().may_rise == COUNTS

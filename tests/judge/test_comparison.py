"""Effects against the smallest difference that matters."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import judge
from bench.model import ComparisonVerdict, Session

CASES = json.loads((Path(__file__).parent / "cases" / "comparison.json").read_text())
MIRROR = {
    ComparisonVerdict.IMPROVEMENT: ComparisonVerdict.REGRESSION,
    ComparisonVerdict.REGRESSION: ComparisonVerdict.IMPROVEMENT,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(synthetic, case):
    """Each case kept as data has its verdict, and its sentence says what it must."""
    result = judge.compare(synthetic.effect(case["ratio"], *case["ci"]), case["delta"])
    assert result.verdict == case["verdict"]
    assert case.get("says", "") in result.sentence


@given(st.lists(st.floats(0.5, 2), min_size=3, max_size=3).map(sorted), st.floats(0.01, 0.2))
def test_swapping_the_arms_swaps_the_verdict(synthetic, ends, delta):
    """The inverse ratio turns improvement into regression and leaves the others."""
    low, ratio, high = ends
    there = judge.compare(synthetic.effect(ratio, low, high), delta).verdict
    back = judge.compare(synthetic.effect(1 / ratio, 1 / high, 1 / low), delta).verdict
    edges = (1 + delta, 1 / (1 + delta))
    if all(abs(end - edge) > 1e-9 for end in (low, high) for edge in edges):
        assert back == MIRROR.get(there, there)


def test_an_unfit_session_makes_every_comparison_invalid(synthetic):
    """However clear the numbers, a session that was not fit to measure says why and nothing else."""
    result = judge.compare(synthetic.effect(2.0, 1.9, 2.1), 0.05, Session(False, ("Steal was 40 %.",)))
    assert result.verdict is ComparisonVerdict.INVALID
    assert "Steal was 40 %." in result.sentence


def test_an_undecided_comparison_says_what_would_decide(synthetic):
    """The sentence names a number of pairs above those that there were."""
    result = judge.compare(synthetic.effect(1.09, 1.03, 1.15, mde=0.08, n_pairs=10), 0.05)
    assert result.sentence.endswith("About 43 pairs would probably decide; this run had 10.")

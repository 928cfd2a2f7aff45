"""Several p-values as they count together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stats import holm


def test_the_smallest_counts_as_often_as_there_are_questions() -> None:
    """Holm's own example of stepping down: factors 4, 3, 2, 1 in the order of the p-values."""
    assert holm.adjusted([0.02, 0.01, 0.03, 0.3]) == pytest.approx((0.06, 0.04, 0.06, 0.3))


def test_a_single_question_is_not_corrected() -> None:
    """Nothing to share the error with."""
    assert holm.adjusted([0.04]) == (0.04,)


@given(st.lists(st.floats(0, 1), max_size=6))
def test_none_becomes_smaller_and_their_order_stays(p_values: list[float]) -> None:
    """A correction can only cost; what was smaller is not larger afterwards."""
    counted = holm.adjusted(p_values)
    assert all(before <= after <= 1 for before, after in zip(p_values, counted, strict=True))
    ranked = sorted(zip(p_values, counted, strict=True))
    assert [after for _, after in ranked] == sorted(counted)

import pytest

from bench.report import words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0 µs"),
        (4.2e-6, "4.20 µs"),
        (0.00123, "1.23 ms"),
        (0.0412, "41.2 ms"),
        (0.9994, "999 ms"),
        (12.34, "12.3 s"),
    ],
)
def test_durations_have_a_fitting_unit_and_three_digits(value: float, said: str) -> None:
    """A reader never counts zeros."""
    assert words.seconds(value) == said


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (0.1, "10.0 times faster"),
        (0.8, "20 % faster"),
        (0.97, "3.0 % faster"),
        (1.0, "no change"),
        (1.05, "5.0 % slower"),
        (3.0, "3.00 times slower"),
    ],
)
def test_ratios_are_said_as_changes(ratio: float, said: str) -> None:
    """Below one is faster, above is slower, and a large change is a factor."""
    assert words.change(ratio) == said

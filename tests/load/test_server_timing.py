"""The Server-Timing parser takes what services really send."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.load.generator.server_timing import parse

NAN = math.nan


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("pool;dur=1.5, db;dur=2, cache;dur=0.25, app;dur=3", (0.0015, 0.002, 0.00025, 0.003)),
        ("app;dur=3,db;dur=2", (NAN, 0.002, NAN, 0.003)),
        ('db;desc="queries";dur="2.5"', (NAN, 0.0025, NAN, NAN)),
        (" DB ; DUR = 2 ", (NAN, 0.002, NAN, NAN)),
        ("db;dur=1, db;dur=2", (NAN, 0.003, NAN, NAN)),
        ("total;dur=9, miss", (NAN,) * 4),
        ("db", (NAN,) * 4),
        ("db;dur=fast", (NAN,) * 4),
        ("db;dur=-1, pool;dur=nan, app;dur=inf", (NAN,) * 4),
        ("", (NAN,) * 4),
        (None, (NAN,) * 4),
    ],
)
def test_parts_are_read(header: str | None, expected: tuple[float, ...]) -> None:
    """Known parts come in seconds whatever the spelling; all else counts as not told."""
    assert parse(header) == pytest.approx(expected, nan_ok=True)


@given(st.text())
def test_any_text_is_survived(header: str) -> None:
    """No header makes the parser fail, and no part is ever negative."""
    assert all(math.isnan(part) or part >= 0 for part in parse(header))

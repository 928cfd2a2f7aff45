"""The Server-Timing parser takes what services really send."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.load.generator.server_timing import PARTS, began, parse


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "pool;dur=1.5, db;dur=2, cache;dur=0.25, app;dur=3",
            {"pool": 0.0015, "db": 0.002, "cache": 25e-5, "app": 3e-3},
        ),
        ("vector;dur=3,encode;dur=2", {"vector": 0.003, "encode": 0.002}),
        ('db;desc="queries";dur="2.5"', {"db": 0.0025}),
        (" DB ; DUR = 2 ", {"db": 0.002}),
        ("db;dur=1, db;dur=2", {"db": 0.003}),
        ("total;dur=9, miss", {}),
        ("db", {}),
        ("db;dur=fast", {}),
        ("db;dur=-1, pool;dur=nan, app;dur=inf", {}),
        ("", {}),
    ],
)
def test_parts_are_read(header: str, expected: dict[str, float]) -> None:
    """Known parts come in seconds whatever the spelling; all else counts as not told."""
    assert parse(header) == pytest.approx(expected)


def test_the_beginning_is_read() -> None:
    """Seconds since 1970 where they are told, and no number where not."""
    assert began('app;dur=1, began;desc="1790000000.123456"') == 1790000000.123456
    assert began("Began ; Desc = 12") == 12
    assert math.isnan(began("app;dur=1, unbegan;desc=late"))


@given(st.text())
def test_any_text_is_survived(header: str) -> None:
    """No header makes the parser fail, and no part is ever negative."""
    assert all(name in PARTS and value >= 0 for name, value in parse(header).items())
    assert not began(header) < 0

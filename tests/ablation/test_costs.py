"""The cost side, read from facts."""

from typing import Any

import pytest

from bench.ablation import Costs


def arm(name: str, service: int, backends: int | None = None) -> dict[str, Any]:
    """What the experiment stores of one arm."""
    return {"arm": name, "service_bytes": service, "connections": 6, "backends_bytes": backends}


def test_a_setting_is_weighed_by_arms_that_differ_in_nothing_else() -> None:
    """`all` is much larger than `none` because of the other knob: that is not the pool's doing."""
    arms = {
        "none": {"pool": "off", "cache": "off"},
        "only pool": {"pool": "on", "cache": "off"},
        "all but pool": {"pool": "off", "cache": "on"},
        "all": {"pool": "on", "cache": "on"},
    }
    memory = [arm("none", 80, 5), arm("only pool", 81, 4), arm("all but pool", 180, 5), arm("all", 181, 4)]
    by_knob = {each.knob: each for each in Costs.read({"memory": memory, "arms": arms}).settings}
    assert by_knob["pool"].service_bytes == (130, 131)
    assert by_knob["pool"].backends_bytes == (5, 4)
    assert by_knob["cache"].service_bytes == (80.5, 180.5)


def test_arms_without_a_partner_say_nothing_of_a_setting() -> None:
    """Nothing is made up from arms that differ in two things."""
    arms = {"none": {"pool": "off", "cache": "off"}, "all": {"pool": "on", "cache": "on"}}
    assert Costs.read({"memory": [arm("none", 80), arm("all", 90)], "arms": arms}).settings == ()


def test_a_ratio_of_writes_pairs_the_rounds() -> None:
    """A machine that slows down from round to round changes no ratio."""
    plain = [1000.0 / (1 + number) for number in range(8)]
    writes = {"batch": {"plain": plain, "indexes": [rate / 4 for rate in plain]}}
    of_plain, of_indexes = Costs.read({"writes": writes}).writes
    assert of_plain.ratio is None
    assert of_indexes.ratio is not None
    assert of_indexes.ratio.estimate == pytest.approx(0.25)
    assert of_indexes.ratio.high == pytest.approx(0.25)


def test_too_few_rounds_have_no_interval() -> None:
    """Cut off after five: rates are told, no ratio is."""
    writes = {"batch": {"plain": [9.0] * 5, "indexes": [3.0] * 5}}
    assert [cost.ratio for cost in Costs.read({"writes": writes}).writes] == [None, None]


def test_nothing_measured_is_nothing_read() -> None:
    """Every part is empty."""
    assert Costs.read({}) == Costs((), (), (), ())

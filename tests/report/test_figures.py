"""One look for all figures, and each threshold where it belongs."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench import store
from bench.model import MAIN, RunRecord
from bench.report.figures import effects, latencies, split
from bench.report.figures.style import COLOURS, PART_COLOURS
from tests.report.test_example import EXAMPLE


@pytest.fixture(scope="module")
def run() -> RunRecord:
    """A whole run of the default spec."""
    return store.load(EXAMPLE)


def test_a_threshold_stands_in_the_row_that_it_decides(run: RunRecord) -> None:
    """20 % for the median, no worse for the tail, none for what no criterion asks."""
    found = effects.thresholds(run.experiments["response_time"], run.criteria)
    assert found == {(MAIN.label, "all", "p50"): pytest.approx(0.8), (MAIN.label, "all", "spread"): pytest.approx(1.0)}
    queries = effects.thresholds(run.experiments["query_time"], run.criteria)
    assert queries == {(MAIN.label, "all", "mean"): pytest.approx(0.7)}
    stricter = tuple(replace(each, threshold=0.5) if each.id == "query_time" else each for each in run.criteria)
    assert effects.thresholds(run.experiments["query_time"], stricter) == {(MAIN.label, "all", "mean"): 0.5}


def test_no_part_of_a_request_has_the_colour_of_an_arm() -> None:
    """Blue is the baseline in every figure, and nothing else."""
    assert not {colour.lower() for colour in PART_COLOURS.values()} & {colour.lower() for colour in COLOURS.values()}
    assert len(set(PART_COLOURS.values())) == len(PART_COLOURS)


def test_captions_say_how_many(run: RunRecord, tmp_path: Path) -> None:
    """Pairs and what they could see, requests, slots."""
    experiment = run.experiments["response_time"]
    shown = effects.draw(experiment, run.criteria, tmp_path / "a.png")
    assert shown is not None
    assert f"over {experiment.effects[0].n_pairs} pairs" in shown.caption
    assert "smallest change" in shown.caption
    curves = latencies.draw(experiment, EXAMPLE, tmp_path / "b.png")
    assert curves is not None
    assert " of candidate" in curves.caption
    parts = split.draw(experiment, tmp_path / "c.png")
    assert parts is not None
    assert f"{len(experiment.slots) // 3} judged slots" in parts.caption

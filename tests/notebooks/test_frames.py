"""The frames and the page that documents them."""

import re
from pathlib import Path

import pytest

from bench.lab import calibration, history, load_run
from bench.lab.omission import PERCENTILES
from tests.report.test_example import EXAMPLE

PAGE = (Path(__file__).parents[2] / "docs" / "notebooks.md").read_text()
UNITS = {
    "", "s", "count", "fraction", "ratio", "cores", "bytes", "pages of 8 KiB", "as `unit` says",
}  # fmt: skip


def documented(frame: str) -> dict[str, str]:
    """The columns of a frame with their units, as the page has them."""
    section = PAGE.partition(f"### `{frame}`\n")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", section, re.MULTILINE)
    assert rows, frame
    return {name: unit.strip() for name, unit in rows}


def found(tmp_path: Path) -> dict[str, list[str]]:
    """The columns of every frame of the example."""
    run = load_run(EXAMPLE)
    name = "response_time"
    return {
        "run.criteria": list(run.criteria.columns),
        f'run.effects("{name}")': list(run.effects(name).columns),
        "run.noise": list(run.noise.columns)[len(run.effects(name).columns) :],
        f'run.slots("{name}")': [each for each in run.slots(name).columns if each not in {"p95", "p99"}],
        f'run.observations("{name}")': list(run.observations(name).columns),
        "run.plans": list(run.plans.columns),
        "run.counters": list(run.counters.columns),
        "history().runs": list(history(tmp_path).runs.columns),
        "calibration().detections": list(calibration(tmp_path).detections.columns),
    }


def test_every_frame_has_the_columns_that_are_documented(tmp_path: Path) -> None:
    """In the same order, each with a unit that is one."""
    for frame, columns in found(tmp_path).items():
        told = documented(frame)
        assert list(told) == columns, frame
        assert set(told.values()) <= UNITS, frame


def test_every_documented_frame_is_one(tmp_path: Path) -> None:
    """The page names no frame that this test does not look at."""
    assert {*re.findall(r"^### `(.*)`$", PAGE, re.MULTILINE)} == {*found(tmp_path), "coordinated_omission()"}
    assert set(PERCENTILES) <= documented("coordinated_omission()").keys()


@pytest.mark.parametrize("kept", ["numerator", "denominator"])
def test_times_of_the_frames_are_seconds(kept: str) -> None:
    """Not milliseconds: the median of the example's requests lies below a second and above a microsecond."""
    effects = load_run(EXAMPLE).effects("response_time")
    assert documented('run.effects("response_time")')[kept] == "s"
    assert effects.loc[effects["metric"] == "p50", kept].between(1e-6, 1).all()

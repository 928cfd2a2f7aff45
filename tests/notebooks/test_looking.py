"""What notebooks show of the history, the card and a comparison."""

from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from bench import store
from bench.lab import Comparison, Lab, Wanted, history, load_run
from bench.lab.pages import plans
from bench.model import ComparisonRecord, ComparisonVerdict, ExperimentRecord, Noise, RunRecord, Status
from bench.stats.changes import FEWEST
from tests.history.remembered import course
from tests.history.test_command import kept
from tests.report.test_example import EXAMPLE

STEADY = "No level has changed"


@pytest.fixture(scope="module")
def run() -> RunRecord:
    """A whole run of the default spec."""
    return store.load(EXAMPLE)


def remembered(folder: Path, *levels: tuple[int, float]) -> Path:
    """A reports folder whose runs had these levels."""
    folder.mkdir()
    return kept(folder, course(*levels))


def test_no_change_is_said_only_where_one_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not of three runs, and not without the library; of ten steady ones it is, with the number of series."""
    few = history(remembered(tmp_path / "few", (3, 0.5)))
    assert STEADY not in repr(few)
    many = remembered(tmp_path / "many", (FEWEST, 0.5))
    assert STEADY in repr(history(many))
    assert STEADY not in repr(history(remembered(tmp_path / "jump", (FEWEST, 0.5), (FEWEST, 0.8))))
    monkeypatch.setattr("bench.lab.looking.available", lambda: False)
    assert STEADY not in repr(history(many))


def test_the_trend_s_figure_has_its_words(tmp_path: Path) -> None:
    """What changed, for those who cannot see it, and what the lines mean."""
    page = history(remembered(tmp_path / "jump", (FEWEST, 0.5), (FEWEST, 0.8)))._repr_html_()
    assert "changes of level: " in page.partition("alt='")[2].partition("'")[0]
    assert "<figcaption>Each point is a run" in page


def compared(run: RunRecord, found: ComparisonRecord | None) -> RunRecord:
    """A run that is a comparison, or was to become one."""
    arms = run.experiments["contract"].arms
    experiment = ExperimentRecord("comparison", "Slower?", "So.", Status.PARTIAL, "", arms, (), (), ())
    return replace(run, experiments={"comparison": experiment}, criteria=(), comparison=found)


def test_a_comparison_shows_verdict_ratio_interval_noise_and_what_it_could_see(run: RunRecord, tmp_path: Path) -> None:
    """As a table, with its arms; the run that it rests on shows the same."""
    found = ComparisonRecord(
        ComparisonVerdict.REGRESSION, "The candidate is slower.", "p50", 1.217, (1.18, 1.26), 0.95, 12, 0.034, 0.05,
        Noise(1.003, (0.98, 1.02), 12), None,
    )  # fmt: skip
    shown = Comparison(tmp_path, compared(run, found))
    page = unescape(shown._repr_html_())
    for said in ("REGRESSION", "1.217", "1.180 to 1.260", "3.4 %", "A/A", "1.003", "The arms", "<table>"):
        assert said in page
    stored = replace(load_run(EXAMPLE), record=compared(run, found))
    assert unescape(stored._repr_html_()) == page.replace(str(tmp_path), str(EXAMPLE))
    assert isinstance(stored.comparison, Comparison)


def test_a_comparison_that_was_stopped_has_no_verdict_and_names_its_folder(run: RunRecord, tmp_path: Path) -> None:
    """Nothing that reads as one."""
    shown = Comparison(tmp_path, compared(run, None))
    assert str(tmp_path) in repr(shown)
    assert str(tmp_path) in shown._repr_html_()
    assert not any(verdict in repr(shown) for verdict in ComparisonVerdict)


def test_a_run_without_a_comparison_says_how_one_is_made() -> None:
    """With the command."""
    assert "./perflab compare" in repr(load_run(EXAMPLE).comparison)


def test_plans_say_why_the_second_is_faster() -> None:
    """By pages and by what finds the rows; one arm alone says nothing."""
    before = {"nodes": ["Sort", "Seq Scan on documents"], "buffers": 4000, "rows": 20, "execution_s": 0.031}
    after = {"nodes": ["Limit", "Index Scan on documents_search"], "buffers": 24, "rows": 20, "execution_s": 0.00035}
    page = plans({"stats": {"baseline": before, "candidate": after}, "other": {"baseline": before}})
    assert page.sentences == (
        "stats: 24 pages are read instead of 4,000, by Index Scan on documents_search instead of Seq Scan on "
        "documents; 31.0 ms → 350 µs.",
    )
    assert "Sort ← Seq Scan on documents" in page._repr_html_()
    assert "--only query_time" in repr(plans({}))


def test_a_card_is_made_where_the_lab_s_reports_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the options of `perflab calibrate`."""
    asked: list[Wanted] = []

    async def calibrate(wanted: Wanted, _: object) -> None:
        asked.append(wanted)

    monkeypatch.setattr("bench.lab.driving.calibrate", calibrate)
    shown = Lab(services="embedded", reports=tmp_path).calibrate(pairs=6, repeat=1)
    assert asked == [Wanted(pairs=6, repeat=1, services="embedded", reports=tmp_path)]
    assert "perflab calibrate" in repr(shown)

"""A run beside an earlier one."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench import report
from bench.model import RunRecord, Verdict
from bench.report import since
from bench.report.since import Earlier

Rendered = tuple[RunRecord, Path]


def earlier(record: RunRecord, **environment: object) -> RunRecord:
    """The same run a year before, when response_time failed."""
    criteria = tuple(
        replace(each, verdict=Verdict.FAIL, measured=0.01, ci=(0.0, 0.02)) if each.id == "response_time" else each
        for each in record.criteria
    )
    changed = replace(record.environment, **environment)  # type: ignore[arg-type]
    return replace(record, run_id="20250101-000000-phase2-0000", criteria=criteria, environment=changed)


def test_a_verdict_that_changed_stands_first(rendered: Rendered) -> None:
    """With both verdicts, both values, and whether the intervals are apart; what is the same says so once."""
    record, _ = rendered
    first, *others = since.changes(record, Earlier(earlier(record)))
    assert first.id == "response_time"
    assert first.verdict.startswith("✘ FAIL → ")
    assert (first.before, first.apart) == ("1.0 % (0.0 % to 2.0 %)", "apart")
    assert others
    assert not any("→" in other.verdict for other in others)
    assert {other.apart for other in others} <= {"overlap", ""}


def test_what_neither_run_measured_is_left_out(rendered: Rendered) -> None:
    """A criterion without a value on both sides says nothing."""
    record, _ = rendered
    shown = {change.id for change in since.changes(record, Earlier(earlier(record)))}
    assert shown == {result.id for result in record.criteria if result.measured is not None}


def test_values_of_another_machine_are_not_shown(rendered: Rendered) -> None:
    """Its verdicts are; the sentence says why."""
    record, _ = rendered
    other = Earlier(earlier(record, cores=64))
    assert "another machine" in since.introduced(record, other)
    assert {(change.before, change.apart) for change in since.changes(record, other)} == {("", "")}
    assert "another machine" not in since.introduced(record, Earlier(earlier(record)))


@pytest.mark.parametrize("page", ["report.md", "report.html"])
def test_both_reports_show_it(page: str, rendered: Rendered, tmp_path: Path) -> None:
    """And without an earlier run there is no such section."""
    record, folder = rendered
    (tmp_path / "figures").symlink_to(folder / "figures")
    report.write(record, tmp_path, Earlier(earlier(record)))
    assert "Beside the run before" in (tmp_path / page).read_text()
    assert "✘ FAIL → " in (tmp_path / page).read_text()
    report.write(record, tmp_path)
    assert "Beside the run before" not in (tmp_path / page).read_text()


def test_values_of_other_settings_are_not_judged_apart(rendered: Rendered) -> None:
    """A quick run beside a full one: its verdicts are shown, no interval of the one is held against the other's."""
    record, _ = rendered
    quick = Earlier(earlier(record), same_setting=False)
    said = since.introduced(record, quick)
    assert "other settings" in said
    assert "weather" not in said
    assert {(change.before, change.apart) for change in since.changes(record, quick)} == {("", "")}
    assert since.changes(record, quick)[0].verdict.startswith("✘ FAIL → ")

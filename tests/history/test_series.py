"""From runs to series: machines apart, unfit sessions out, changes with their commits."""

from dataclasses import replace

import pytest

from bench.judge.history import commits, series, since_when
from bench.model import Session, machine
from bench.model.history import HistoryEntry, Series
from tests.history.remembered import course, entry


def ratios(entries: list[HistoryEntry]) -> list[Series]:
    """The series of ratios."""
    return [each for each in series(entries) if each.figure == "ratio"]


def test_a_change_is_found_with_its_commits() -> None:
    """Ten runs at 0.5, ten at 0.6: 20 % slower since run 10, between the commits of run 9 and run 10."""
    (found,) = ratios(course((10, 0.5), (10, 0.6)))
    (change,) = found.changes
    assert (change.index, change.first_after.run_id) == (10, "run-010")
    assert change.ratio == pytest.approx(1.2, abs=0.02)
    assert commits(change) == (f"{9:040x}", f"{10:040x}")
    assert "slower since run-010" in since_when(found, change)


def test_what_is_steady_has_no_change() -> None:
    """Twenty runs of one level."""
    assert [each.changes for each in ratios(course((20, 0.5)))] == [()]


def test_too_few_runs_have_no_change() -> None:
    """Nine runs cannot be told from chance, however clear they look."""
    assert [each.changes for each in ratios(course((5, 0.5), (4, 5.0)))] == [()]


def test_two_changes_are_two() -> None:
    """Slower, then faster again: both, in order."""
    (found,) = ratios(course((10, 0.5), (10, 0.6), (10, 0.5)))
    assert [change.index for change in found.changes] == [10, 20]
    assert "faster since run-020" in since_when(found, found.changes[1])


def test_machines_are_kept_apart() -> None:
    """The same runs on two machines are two series, and the jump from one machine to the other is no change."""
    here = course((10, 0.5))
    there = [replace(each, machine=machine(replace(each.environment, host="other"))) for each in course((20, 0.9))[10:]]
    found = ratios(here + there)
    assert [len(each.points) for each in found] == [10, 10]
    assert [each.changes for each in found] == [(), ()]


def test_specs_are_kept_apart() -> None:
    """Another spec measures something else under the same name."""
    entries = [*course((10, 0.5)), *(replace(each, spec="noise") for each in course((20, 1.0))[10:])]
    assert [each.spec for each in ratios(entries)] == ["noise", "phase2"]


def test_sessions_that_were_not_fit_are_in_no_series() -> None:
    """Ten loud runs do not make a change."""
    loud = [replace(each, session=Session(valid=False)) for each in course((20, 0.9))[10:]]
    (found,) = ratios(course((10, 0.5)) + loud)
    assert len(found.points) == 10


def test_the_candidate_s_own_time_is_a_series_too() -> None:
    """A change that slows both arms alike shows there and not in the ratio."""
    slower = [
        replace(each, effects=tuple(replace(one, numerator=one.numerator * 2) for one in each.effects))
        for each in course((20, 0.5))[10:]
    ]
    by_figure = {each.figure: each for each in series(course((10, 0.5)) + slower)}
    assert by_figure["ratio"].changes == ()
    assert [change.index for change in by_figure["time_s"].changes] == [10]
    assert by_figure["time_s"].name == "response_time.p50.time_s"


def test_a_change_on_one_commit_points_at_the_machine() -> None:
    """The same commit before and after: no range of commits is claimed."""
    entries = [
        replace(each, environment=replace(each.environment, commit="a" * 40)) for each in course((10, 0.5), (10, 0.6))
    ]
    (found,) = ratios(entries)
    assert commits(found.changes[0]) is None
    assert "look at the machine" in since_when(found, found.changes[0])


def test_uncommitted_changes_are_a_doubt() -> None:
    """A run of a dirty work tree does not stand for its commit."""
    entries = course((10, 0.5), (10, 0.6))
    entries[10] = replace(entries[10], environment=replace(entries[10].environment, dirty=True))
    (found,) = ratios(entries)
    assert "uncommitted changes were in run-010" in since_when(found, found.changes[0])


def test_commits_that_are_not_known_are_not_made_up() -> None:
    """No git, no range."""
    entries = [
        replace(each, environment=replace(each.environment, commit=None)) for each in course((10, 0.5), (10, 0.6))
    ]
    (found,) = ratios(entries)
    assert "the commits are not known" in since_when(found, found.changes[0])


def test_the_machine_is_its_host_and_hardware() -> None:
    """Another host or more memory is another machine; a new kernel is not. The name serves as a file name."""
    here = entry(1).environment
    assert machine(here) == machine(replace(here, kernel="new", python="3.13", commit="b"))
    assert machine(here) != machine(replace(here, host="other"))
    assert machine(here) != machine(replace(here, memory_bytes=64 * 2**30))
    assert "/" not in machine(replace(here, host="a/b c"))


def test_settings_are_kept_apart() -> None:
    """A quick run has another corpus and other slots under the same name: its ratios are no change of theirs."""
    entries = course((20, 0.5))
    quick = [
        replace(each, effects=tuple(replace(one, setting="20,000 documents", ratio=0.9) for one in each.effects))
        for each in entries[10:]
    ]
    found = ratios(entries[:10] + quick)
    assert [len(each.points) for each in found] == [10, 10]
    assert [each.changes for each in found] == [(), ()]

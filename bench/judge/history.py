"""Many runs: series of each figure, machines apart, and where their level changed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from bench.model import MAIN
from bench.model.history import Change, HistoryEntry, Point, Series
from bench.stats.changes import available, change_points

FIGURES = ("ratio", "time_s")
Key = tuple[str, str, str, str, str, str]
"""Machine, spec, experiment, metric, figure, setting."""


def series(entries: Sequence[HistoryEntry]) -> tuple[Series, ...]:
    """Every figure of each machine, spec and setting with its changes; sessions that were not fit are left out."""
    found: dict[Key, list[Point]] = {}
    for entry in entries:
        if entry.session.valid:
            for key, point in _points(entry):
                found.setdefault(key, []).append(point)
    return tuple(_judged(Series(*key, points=tuple(points))) for key, points in sorted(found.items()))


def _points(entry: HistoryEntry) -> Iterator[tuple[Key, Point]]:
    for effect in entry.effects:
        if effect.comparison == MAIN.label:
            for figure, value in zip(FIGURES, (effect.ratio, effect.numerator), strict=True):
                key = (entry.machine, entry.spec, effect.experiment, effect.metric, figure, effect.setting)
                environment = entry.environment
                yield key, Point(entry.run_id, entry.started, environment.commit, environment.dirty, value)


def _judged(found: Series) -> Series:
    values = [point.value for point in found.points]
    starts = [0, *(change_points(values) if available() else ()), len(values)]
    levels = [median(values[a:b]) for a, b in pairwise(starts)]
    changes = tuple(
        Change(index, found.points[index - 1], found.points[index], before, after)
        for index, before, after in zip(starts[1:-1], levels, levels[1:], strict=False)
    )
    return replace(found, changes=changes)


def commits(change: Change) -> tuple[str, str] | None:
    """The last commit of the old level and the first one of the new; None where they do not tell."""
    old, new = change.last_before, change.first_after
    if old.commit is None or new.commit is None or old.commit == new.commit:
        return None
    return old.commit, new.commit


def since_when(found: Series, change: Change) -> str:
    """One sentence: what changed, since which run, and which commits lie between."""
    direction = "slower" if change.ratio > 1 else "faster"
    said = f"{abs(change.ratio - 1):.1%} {direction} since {change.first_after.run_id} ({change.first_after.started})"
    between = commits(change)
    if between is None:
        alike = change.last_before.commit is not None and change.last_before.commit == change.first_after.commit
        reason = "on one and the same commit, so look at the machine" if alike else "the commits are not known"
        return f"{found.name}: {said}; {reason}."
    unclean = [point.run_id for point in (change.last_before, change.first_after) if point.dirty]
    doubt = f"; uncommitted changes were in {' and '.join(unclean)}" if unclean else ""
    return f"{found.name}: {said}, within the commits {between[0][:12]}..{between[1][:12]}{doubt}."

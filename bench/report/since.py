"""What a run says beside an earlier one: verdicts that changed and values that moved.

Two runs meet different weather, so nothing here is a verdict: a ratio between two builds needs both in one run.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.model import CriterionResult, RunRecord, machine
from bench.report import words


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run to be shown beside another one."""

    record: RunRecord
    same_setting: bool = True
    """Whether corpus, workload, slots and knobs are the same."""


@dataclass(frozen=True, slots=True)
class Change:
    """One criterion then and now, in words."""

    id: str
    before: str
    now: str
    verdict: str
    """The same, or the old one and the new one."""
    apart: str
    """Whether the intervals leave room for both runs having seen the same."""


def introduced(record: RunRecord, earlier: Earlier) -> str:
    """Which run is meant, and what a difference from it is worth."""
    previous = earlier.record
    commit = previous.environment.commit
    said = f"Run {previous.run_id} of {previous.started}" + (f", commit {commit[:10]}." if commit else ".")
    if machine(record.environment) != machine(previous.environment):
        return f"{said} It was made on another machine: its verdicts are shown, its values mean nothing here."
    if earlier.same_setting:
        return (
            f"{said} The machine is the same, its weather was not: what moved is a hint. For a verdict measure both "
            "builds in one run (`perflab compare`)."
        )
    return (
        f"{said} It was made with other settings (corpus, workload, slots, knobs): its verdicts are shown, its values "
        "measure something else."
    )


def changes(record: RunRecord, earlier: Earlier) -> list[Change]:
    """The criteria that both runs name and at least one has measured, those with another verdict first."""
    previous = earlier.record
    then = {result.id: result for result in previous.criteria}
    both = [(then[now.id], now) for now in record.criteria if now.id in then]
    measured = [pair for pair in both if any(result.measured is not None for result in pair)]
    measured.sort(key=lambda pair: pair[0].verdict is pair[1].verdict)
    comparable = earlier.same_setting and machine(record.environment) == machine(previous.environment)
    return list(_changes(measured, comparable))


def _changes(pairs: list[tuple[CriterionResult, CriterionResult]], comparable: bool) -> Iterator[Change]:
    for then, now in pairs:
        same = then.verdict is now.verdict
        yield Change(
            id=now.id,
            before=_value(then) if comparable else "",
            now=_value(now),
            verdict=_name(now) if same else f"{_name(then)} → {_name(now)}",
            apart=_apart(then, now) if comparable else "",
        )


def _name(result: CriterionResult) -> str:
    return f"{words.MARKS[result.verdict]} {result.verdict.replace('_', ' ')}"


def _value(result: CriterionResult) -> str:
    if result.measured is None:
        return ""
    value, interval = words.quantity(result.measured, result.unit), words.interval(result)
    return f"{value} ({interval})" if interval else value


def _apart(then: CriterionResult, now: CriterionResult) -> str:
    if then.ci is None or now.ci is None:
        return ""
    overlap = then.ci[0] <= now.ci[1] and now.ci[0] <= then.ci[1]
    return "overlap" if overlap else "apart"

"""Counts held against each other exactly: they have no interval, and no machine is too busy for them.

Only counts that were the same when counted again are judged; of the others a reader is told. Pages that were found in
the buffers and pages that were read are no verdict by themselves: which of both a page is depends on what ran before,
so their sum is judged.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from bench.model import Count, ExperimentRecord, GateCheck, Role, Status, Verdict

EXPERIMENT = "counters"
PARTS = frozenset({"buffers_hit", "buffers_read"})
Passes = Mapping[str, Sequence[Mapping[str, float]]]
"""By kind of request, what was counted in each pass."""
Held = Mapping[str, Mapping[str, Count]]
"""By kind of request and by what is counted: before and after."""


def held(before: Passes, after: Passes) -> dict[str, dict[str, Count]]:
    """What both have counted; exact where every pass of either said the same."""
    return {
        kind: {
            what: Count(
                before[kind][0][what],
                after[kind][0][what],
                exact=all(one[what] == passes[0][what] for passes in (before[kind], after[kind]) for one in passes),
            )
            for what in before[kind][0]
            if what in after[kind][0]
        }
        for kind in before
        if kind in after
    }


def of_runs(new: ExperimentRecord | None, old: ExperimentRecord | None) -> Held | str:
    """The candidate's counts in two runs; or why they are not held against each other."""
    if new is None or old is None or Status.FAILED in {new.status, old.status}:
        return ""
    if new.facts.get("requests") != old.facts.get("requests"):
        return "counters: the two runs counted other requests, so their counts are not held against each other."
    role = Role.CANDIDATE
    return held(*(record.facts.get("counters", {}).get(role, {}) for record in (old, new)))


def checks(found: Held, may_rise: Collection[str], where: str, notes: list[str]) -> Iterator[GateCheck]:
    """A line for each kind of request: FAIL where an exact count rose that may not; what is inexact becomes a note."""
    for kind, counts in sorted(found.items()):
        rose = {what: count for what, count in counts.items() if what not in PARTS and count.candidate > count.baseline}
        failed = [_said(what, count) for what, count in rose.items() if count.exact and what not in may_rise]
        allowed = [_said(what, count) for what, count in rose.items() if count.exact and what in may_rise]
        inexact = [_said(what, count) for what, count in rose.items() if not count.exact]
        if inexact:
            notes.append(
                f"counters {kind}: {'; '.join(inexact)} - not the same when counted again, so no verdict rests on it."
            )
        said = f"More than before: {'; '.join(failed)}." if failed else "No exact count rose."
        if allowed:
            said += f" Allowed by may_rise: {'; '.join(allowed)}."
        yield GateCheck(f"counters {kind}{where}", Verdict.FAIL if failed else Verdict.PASS, said)


def _said(what: str, count: Count) -> str:
    return f"{what} {count.baseline:,.6g} -> {count.candidate:,.6g}"

"""The two arms of a comparison side by side: what they are, and what a request costs either."""

from collections.abc import Iterator

from bench.model import ArmRecord, ExperimentRecord, Role
from bench.report.findings import Table
from bench.report.findings.counters import COUNTS, differing

SAME = "the same"


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """What could not be counted, where that is so."""
    if "uncounted" in experiment.facts:
        yield str(experiment.facts["uncounted"])


def tables(experiment: ExperimentRecord) -> Iterator[Table]:
    """The identity of the arms, line by line, and the counts."""
    arms = {arm.role: arm for arm in experiment.arms}
    if {Role.BASELINE, Role.CANDIDATE} <= arms.keys():
        rows = tuple(_identity(arms[Role.BASELINE], arms[Role.CANDIDATE]))
        yield Table("The arms", ("", "baseline", "candidate"), rows)
    counted = tuple(_counts(experiment))
    if counted:
        yield Table("One request, counted", ("request", "count", "baseline", "candidate", ""), counted)


def _identity(before: ArmRecord, after: ArmRecord) -> Iterator[tuple[str, str, str]]:
    told = {"command": (before.command, after.command)}
    names = dict.fromkeys([*before.facts, *after.facts])
    told |= {name: (str(before.facts.get(name, "")), str(after.facts.get(name, ""))) for name in names}
    told["configuration hash"] = before.config_hash, after.config_hash
    knobs = [
        (knob, before.knobs.get(knob, ""), after.knobs.get(knob, ""))
        for knob in dict.fromkeys([*before.knobs, *after.knobs])
    ]
    told["knobs"] = tuple(  # type: ignore[assignment] # two words, one for each arm
        ", ".join(f"{knob} {states[side]}" for knob, *states in knobs if states[0] != states[1]) for side in (0, 1)
    )
    first = ("arm", *told.pop("arm", ("", "")))
    for name, ours, theirs in (first, *((name, *both) for name, both in told.items())):
        if ours or theirs:
            yield name, ours, SAME if ours == theirs else theirs


def _counts(experiment: ExperimentRecord) -> Iterator[tuple[str, ...]]:
    counters = experiment.facts.get("counters", {})
    before, after = counters.get(Role.BASELINE, {}), counters.get(Role.CANDIDATE, {})
    for kind in (kind for kind in before if kind in after):
        unsure = {*differing(before[kind]), *differing(after[kind])}
        for count, words in COUNTS.items():
            ours, theirs = (passes[kind][0].get(count, 0.0) for passes in (before, after))
            if ours or theirs:
                said = "not the same when counted again" if count in unsure else "" if ours == theirs else "differs"
                yield kind, words, f"{ours:,.4g}", f"{theirs:,.4g}", said

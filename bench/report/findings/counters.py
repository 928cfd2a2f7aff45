"""What a request of each kind costs on either arm, and which counts are not the same twice."""

from collections.abc import Iterator, Mapping, Sequence

from bench.model import ExperimentRecord, Role

COUNTS = {
    "queries": "statements",
    "buffers": "pages of PostgreSQL's buffers",
    "buffers_hit": "of these found there",
    "buffers_read": "of these read into them",
    "rows": "rows",
    "temp_blocks": "temporary blocks",
    "wal_bytes": "bytes of write-ahead log",
    "redis_commands": "Redis commands",
    "bytes": "bytes of answer",
}

Passes = Sequence[Mapping[str, float]]


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """A sentence for each kind of request, and one for what could not be counted or is not exact."""
    counters = experiment.facts.get("counters", {})
    before, after = counters.get(Role.BASELINE, {}), counters.get(Role.CANDIDATE, {})
    for kind in sorted(before.keys() & after.keys()):
        yield f"{kind}, per request, baseline to candidate: {_changes(before[kind][0], after[kind][0])}."
    kinds = [passes for arm in counters.values() for passes in arm.values()]
    if inexact := sorted({count for passes in kinds for count in differing(passes)}):
        named = ", ".join(COUNTS[count] for count in inexact)
        yield f"Not the same when counted again, so not to be compared exactly: {named}."
    if "uncounted" in experiment.facts:
        yield str(experiment.facts["uncounted"])


def differing(passes: Passes) -> list[str]:
    """The counts that are not the same in every pass."""
    return [count for count in passes[0] if len({one[count] for one in passes}) > 1]


def _changes(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    said = [
        f"{words} {before[count]:,.4g} → {after[count]:,.4g}"
        for count, words in COUNTS.items()
        if count in before and (before[count] or after[count])
    ]
    return "; ".join(said)

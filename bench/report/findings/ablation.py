"""What each knob contributes and costs, in words. Where an interval holds no change, that is what is said."""

import math
from collections.abc import Iterator

from bench.ablation import Contribution, Costs, Interaction, Reading, read
from bench.ablation.reading import holds_no_change
from bench.model import ExperimentRecord
from bench.report import words
from bench.report.findings import Table
from bench.stats.interval import Interval

INCONCLUSIVE = "INCONCLUSIVE"
NAMED = 3
"""So many interactions are named in sentences; the table has the others."""


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """The whole way, what is proved of each knob, what is not, which knobs work together, and how noisy it was."""
    reading = read(experiment.facts)
    if reading is None:
        if experiment.facts.get("slots"):
            yield "Fewer than two whole blocks were measured: too few for any effect."
        return
    yield (
        f"With everything on, the mean request is {_said(reading.total)} than with nothing on, over {reading.blocks} "
        f"blocks."
    )
    yield from _knobs(reading)
    yield _remainder(reading)
    yield from _interactions(reading)
    yield _noise(experiment, reading)
    yield from _writes(Costs.read(experiment.facts))


def tables(experiment: ExperimentRecord) -> Iterator[Table]:
    """Contributions and interactions; writes, indexes and memory."""
    reading, costs = read(experiment.facts), Costs.read(experiment.facts)
    if reading is not None:
        yield _contributions(reading)
        if reading.interactions:
            yield _all_interactions(reading)
    if costs.writes:
        yield Table(
            "Writes: rows per second into each state of the database, inserted and rolled back",
            ("database with", "how", "rows per second", "ratio to plain", "95 % interval", "rounds"),
            [
                (cost.state, "many rows at once" if cost.kind == "batch" else "row by row", f"{cost.rows_per_s:,.0f}",
                 _ratio(cost.ratio), _bounds(cost.ratio), str(cost.rounds))
                for cost in costs.writes
            ],
        )  # fmt: skip
    if costs.indexes:
        yield Table(
            "Indexes: room and time",
            ("index", "knob", "size", "share of the plain table", "time to build"),
            [
                (cost.name, cost.knob, _bytes(cost.bytes), words.percent(cost.table_share),
                 f"{words.seconds(cost.build_s)} over {cost.build_rows:,} rows")
                for cost in costs.indexes
            ],
        )  # fmt: skip
    if costs.settings:
        yield Table(
            "Memory after the last slot, knob off → on: medians over the pairs of arms that differ in nothing else",
            ("knob", "service process", "connections", "its PostgreSQL processes, without shared buffers"),
            [
                (memory.knob, _off_on(memory.service_bytes), "{:g} → {:g}".format(*memory.connections),
                 "not seen" if memory.backends_bytes is None else _off_on(memory.backends_bytes))
                for memory in costs.settings
            ],
        )  # fmt: skip


def _knobs(reading: Reading) -> Iterator[str]:
    proved = [knob for knob in reading.knobs if not holds_no_change(knob.bar)]
    open_ = [knob.knob for knob in reading.knobs if holds_no_change(knob.bar)]
    if proved:
        listed = "; ".join(f"`{knob.knob}` {_said(knob.bar)}" for knob in proved)
        yield f"Shares of that way, each knob's bar being {reading.bar_is}: {listed}."
    if open_:
        yield f"{INCONCLUSIVE}: the intervals of {_listed(open_)} hold no change at all."
    needed = [knob.knob for knob in reading.knobs if knob.context and not holds_no_change(knob.context)]
    if needed:
        yield f"{_listed(needed)} count for more or less beside the other knobs: compare alone and last."


def _remainder(reading: Reading) -> str:
    begun = f"All bars multiplied leave a factor of {_ratio(reading.remainder)} ({_bounds(reading.remainder)})"
    if holds_no_change(reading.remainder):
        return f"{begun}: {INCONCLUSIVE}, the whole may be just its parts."
    more = "more" if reading.remainder.estimate < 1 else "less"
    return f"{begun}: together the knobs bring {more} than the parts."


def _interactions(reading: Reading) -> Iterator[str]:
    if not reading.interactions:
        yield "The budget held no fractional factorial: interactions of single pairs were not measured."
        return
    found = [each for each in reading.interactions if not holds_no_change(each.factor)]
    if not found:
        yield (
            f"{INCONCLUSIVE}: of {len(reading.interactions)} two-way interactions none has an interval without 1; the "
            f"strongest is {_pair(reading.interactions[0])}."
        )
    for each in found[:NAMED]:
        way = "bring more together than apart" if each.factor.estimate < 1 else "bring less together than apart"
        yield f"{_pair(each)}: they {way}, by a factor of {_ratio(each.factor)} ({_bounds(each.factor)})."
    if any(len(each.pairs) > 1 for each in reading.interactions):
        yield (
            "The fraction is of resolution IV: knobs are apart from all pairs, but pairs that are named together share "
            "one column: the factor is of all of them, and the first is only the likeliest. A larger budget tells them "
            "apart."
        )


def _noise(experiment: ExperimentRecord, reading: Reading) -> str:
    slots = experiment.facts["slots"]
    failed, dropped = (sum(slot[name] for slot in slots) for name in ("errors", "dropped"))
    held = all(holds_no_change(each) for each in (reading.noise.alone, reading.noise.last) if each is not None)
    said = "as it should" if held else "as it should NOT: do not rely on this session"
    return (
        f"A second process of the same configuration, the knob that changes nothing, measured "
        f"{_ratio(reading.noise.bar)} ({_bounds(reading.noise.bar)}), {said}. "
        f"The smallest factor that a bar could tell from no change: {_reach(reading):.3g}. "
        f"{len(slots)} slots, {failed} failed requests, {dropped} dropped."
    )


def _reach(reading: Reading) -> float:
    """Half the width of the widest bar's interval, as a factor."""
    return max(math.sqrt(knob.bar.high / knob.bar.low) for knob in reading.knobs)


def _writes(costs: Costs) -> Iterator[str]:
    for cost in costs.writes:
        if cost.kind == "batch" and cost.ratio is not None and " and " in cost.state:
            yield (
                f"The other side: with {cost.state}, the database takes {_ratio(cost.ratio)} times the rows per second "
                f"of the plain one ({_bounds(cost.ratio)}), inserted many at once."
            )


def _contributions(reading: Reading) -> Table:
    rows = [(*_contribution(knob), _verdict(knob.bar)) for knob in reading.knobs]
    return Table(
        f"Contributions: ratio of mean latency, on over off, with intervals that hold together (Bonferroni over "
        f"{len(reading.knobs)})",
        ("knob", "alone", "last", "last / alone", "half way", "bar", "verdict of the bar"),
        [*rows, (*_contribution(reading.noise), _verdict(reading.noise.bar))],
    )


def _contribution(knob: Contribution) -> tuple[str, ...]:
    return (knob.knob, *(_both(each) for each in (knob.alone, knob.last, knob.context, knob.halfway, knob.bar)))


def _all_interactions(reading: Reading) -> Table:
    return Table(
        f"Two-way interactions, strongest first (Bonferroni over {len(reading.interactions)})",
        ("knobs", "factor", "interval", "verdict"),
        [
            (_pair(each), _ratio(each.factor), _bounds(each.factor), _verdict(each.factor, "together more", "less"))
            for each in reading.interactions
        ],
    )


def _verdict(interval: Interval, below: str = "faster", above: str = "slower") -> str:
    if holds_no_change(interval):
        return INCONCLUSIVE
    return below if interval.estimate < 1 else above


def _pair(interaction: Interaction) -> str:
    return " or ".join(f"`{first}` and `{second}`" for first, second in interaction.pairs)


def _said(interval: Interval) -> str:
    return f"{words.change(interval.estimate)} ({words.change(interval.low)} to {words.change(interval.high)})"


def _both(interval: Interval | None) -> str:
    return "" if interval is None else f"{_ratio(interval)} ({_bounds(interval)})"


def _ratio(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.estimate:.3g}"


def _bounds(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.low:.3g} to {interval.high:.3g}"


def _off_on(sizes: tuple[float, float]) -> str:
    off, on = sizes
    return f"{_bytes(off)} → {_bytes(on)}"


def _bytes(count: float) -> str:
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{count / 2**10:.0f} KiB"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)

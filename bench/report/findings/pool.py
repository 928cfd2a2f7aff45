"""How many connections the load needs, and why a high utilisation alone is no virtue."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from bench.criteria.pool_choice import SHARE, Choice, choice
from bench.criteria.pool_scaling import at_loads, saturated
from bench.criteria.pooling import BASIC, Sized, enough, gain, name_of, of, sized
from bench.model import ExperimentRecord
from bench.report import words
from bench.report.findings import Table
from bench.stats.interval import Interval

LITTLE = 0.01
"""How far from 1 the interval of Little's law may lie: the service's two ways of telling times differ by 0.2 %, since a
connection is also held for the moment between its query and its return."""
UNTOLD = "-"
SHORTEST_S = 1e-6
"""A shorter wait is none: formulas know no smallest one."""


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """The recommendation with its evidence, how to read utilisation, and whether the counters are to be believed."""
    facts = experiment.facts
    slots, sizes = facts.get("slots", ()), facts.get("sizes", ())
    if not enough(slots):
        return
    each = {size: sized(slots, size) for size in sizes}
    chosen = choice(slots, sizes)
    yield from _recommended(chosen, each, facts)
    yield from _untried(chosen, sizes)
    yield from _hikari(each, facts.get("cores"))
    if not facts.get("tuned", True):
        yield f"The candidate's knob `pool` is off: its pool is asyncpg's own, of up to {max(sizes)} connections."
    if overloaded := facts.get("overloaded"):
        yield f"Too small to hold the load at all, and left out: {', '.join(overloaded)}."
    if away := [f"{name_of(size)} {found.counted.turned_away}" for size, found in each.items() if _away(found)]:
        yield f"Turned requests away, which counts as waiting for ever: {', '.join(away)}."
    ratio = gain(slots, chosen.size)
    yield (
        f"Against asyncpg's own pool with its reset: {words.change(ratio.estimate)} (95 % interval at {chosen.size} "
        f"connections: {words.change(ratio.low)} to {words.change(ratio.high)}), mean latency."
    )
    yield from _beyond(facts)
    yield from _little(each)
    yield (
        "Utilisation alone is no virtue: it is load divided by size, so any pool is made busy by making it too small, "
        "and what it gains is paid by those who wait."
    )


def tables(experiment: ExperimentRecord) -> Iterator[Table]:
    """Each size at the reference load, theory beside it."""
    facts = experiment.facts
    slots, sizes = facts.get("slots", ()), facts.get("sizes", ())
    if not enough(slots):
        return
    latency = facts.get("latency", {})
    yield Table(
        f"By size, at {facts['rate']:.0f} requests/s: mean latency and waits, in brackets by Erlang's C",
        (
            *("size", "utilised", "efficient", "short waits", "waited", "mean wait", "wait share"),
            *("latency", "p50", "p99"),
        ),
        [
            *(_row(sized(slots, size), latency.get(name_of(size), {})) for size in sizes),
            ("basic", *[UNTOLD] * 6, *_latency(_mean_s(of(slots, BASIC)), latency.get(BASIC, {}))),
        ],
    )


def _recommended(chosen: Choice, each: Mapping[int, Sized], facts: Mapping[str, Any]) -> Iterator[str]:
    at, listed = f"at {facts['rate']:.0f} requests/s", ", ".join(map(str, each))
    rule = f"{words.percent(SHARE)} of those who ask wait for at most one service time"
    if not chosen.question:
        found = each[chosen.largest]
        yield (
            f"None of {listed} connections is enough {at} that {rule}: {_short(found)}. {chosen.largest} is the "
            "largest size of the list and no recommendation; the criteria are judged at it."
        )
    elif chosen.decided:
        yield (
            f"{chosen.size} connections are enough {at}: the smallest size of {listed} with which {rule} "
            f"({_short(each[chosen.size])})."
        )
    else:
        more = "" if chosen.enough else ", or more than were tried"
        seen = "; ".join(_short(each[size]) for size in chosen.question)
        yield (
            f"{' or '.join(map(str, chosen.question))} connections{more}, {at}: undecided. For these of {listed} "
            f"it is open whether {rule}: {seen}. More blocks would tell: give a larger --budget."
        )
        yield (
            f"The criteria are judged at {chosen.size}, the smallest that is not refuted, with intervals that hold "
            "those of every size in question."
        )


def _short(found: Sized) -> str:
    counted = found.counted
    return (
        f"with {counted.size} connections {_tenths(found.within)} do (one is {words.seconds(counted.service_s)}; "
        f"95 % interval: {100 * found.within.low:.1f} to {_tenths(found.within, 'high')})"
    )


def _tenths(found: Interval, which: str = "estimate") -> str:
    return f"{100 * getattr(found, which):.1f} %"


def _untried(chosen: Choice, sizes: Sequence[int]) -> Iterator[str]:
    """The recommendation is of the sizes that were tried, and of no other."""
    below = max((size for size in sizes if size < chosen.size), default=0)
    if chosen.question and chosen.size - below > 1:
        yield f"Between {below} and {chosen.size} no size was tried: fewer than {chosen.size} may do."


def _hikari(each: Mapping[int, Sized], cores: int | None) -> Iterator[str]:
    """The rule of thumb knows the processors and not the load; so it is held against what was seen."""
    if not cores:
        return
    says = 2 * cores + 1
    said = f"HikariCP's formula, 2 x cores + 1, says {says}, whatever the load"
    yield f"{said}: {_short(each[says])}." if says in each else f"{said}; that size was not tried."


def _away(found: Sized) -> bool:
    return found.counted.turned_away > 0


def _row(found: Sized, latency: Mapping[str, Mapping[str, float]]) -> tuple[str, ...]:
    counted = found.counted
    return (
        str(counted.size),
        words.percent(found.utilisation.estimate),
        words.percent(found.efficiency.estimate),
        _tenths(found.within),
        f"{words.percent(counted.chance_to_wait)} ({words.percent(counted.predicted_chance)})",
        f"{words.seconds(counted.wait_s)} ({_wait(counted.predicted_wait_s)})",
        words.percent(counted.wait_share),
        *_latency(counted.mean_s, latency),
    )


def _wait(seconds: float) -> str:
    if math.isinf(seconds):
        return "no end"
    return words.seconds(seconds) if seconds >= SHORTEST_S else "none"


def _latency(mean_s: float, latency: Mapping[str, Mapping[str, float]]) -> tuple[str, ...]:
    quantiles = [words.seconds(latency[label]["estimate"]) if label in latency else UNTOLD for label in ("p50", "p99")]
    return (words.seconds(mean_s), *quantiles)


def _mean_s(slots: Sequence[Mapping[str, Any]]) -> float:
    return float(median(slot["metrics"]["mean"] for slot in slots if "mean" in slot["metrics"]))


def _little(each: Mapping[int, Sized]) -> Iterator[str]:
    """The counters' areas against rate and times that the generator has from the answers themselves."""
    told = {size: found.little for size, found in each.items() if found.little is not None}
    if not told:
        return
    for size, found in told.items():
        if found.low > 1 + LITTLE or found.high < 1 - LITTLE:
            yield (
                f"Little's law does not hold for {name_of(size)}: its counters tell {found.estimate:.3f} times the "
                f"mean number in the pool (95 % interval: {found.low:.3f} to {found.high:.3f}) that follows from the "
                "answers per second and their times with the pool. So its counters are not to be believed, or "
                "connections are held for more than queries."
            )
    held = {size: found for size, found in told.items() if 1 - LITTLE <= found.low <= found.high <= 1 + LITTLE}
    if held:
        low, high = min(found.low for found in held.values()), max(found.high for found in held.values())
        yield (
            f"Little's law holds {'in all' if len(held) == len(each) else 'for ' + ', '.join(map(name_of, held))}: the "
            "mean number in the pool, by its counters, is the generator's answers per second times their mean time "
            f"with the pool ({low:.3f} to {high:.3f} times; within {100 * LITTLE:g} % counts)."
        )


def _beyond(facts: Mapping[str, Any]) -> Iterator[str]:
    """Other loads, and where more connections stop to help."""
    for rate, chosen in at_loads(facts):
        said = " or ".join(map(str, chosen.question)) or f"more than {chosen.largest}"
        yield f"At {rate:.0f} requests/s the same rule says {said}."
    found = saturated(facts)
    if found is None:
        return
    law, most = found.law, max(found.sizes)
    top = f"With {facts['saturation']['users']} users who never pause"
    if law.knee_low >= most:
        yield f"{top} every size up to {most} holds as much as the last or more: no knee among them (USL)."
        return
    reach = f"{law.knee_low:.1f} to {law.knee_high:.1f}" if law.knee_high <= most else f"{law.knee_low:.1f} or more"
    yield (
        f"{top} the pool holds most at {law.knee:.1f} connections (95 % interval: {reach}) by the Universal "
        f"Scalability Law, {law.throughput(law.knee):.0f} checkouts/s; contention {words.percent(law.sigma)}, "
        f"coherency {100 * law.kappa:.2g} %."
    )

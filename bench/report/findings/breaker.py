"""What failed beside the dependency, arm by arm, and how each breaker behaved."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from bench.criteria.breaker_prevention import FAULT, INTERLOCK, LEAST_SHARE, NONE, SEED, WITH, WITHOUT, harm, interval
from bench.model import ExperimentRecord
from bench.report import words
from bench.report.findings import Table
from bench.stats.interval import Interval

NAMES = {WITHOUT: "no breaker", WITH: "the breaker", SEED: "the seed's breaker", INTERLOCK: "interlock-cb"}
Slots = Sequence[Mapping[str, Any]]


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """The deciding fault, the false alarms, and what else was measured."""
    slots: Slots = experiment.facts.get("slots", ())
    if not slots:
        return
    found, facts = harm(slots), experiment.facts
    if found.without:
        share = interval(found)
        said = (
            "too few blocks for an interval"
            if share is None and found.cascades
            else f"the fault does not cascade (less than {words.percent(LEAST_SHARE)}, or none in a block)"
            if share is None
            else f"prevented {_said(share)}"
        )
        blocks = len(found.without)
        yield (
            f"{FAULT}, {blocks} block{'' if blocks == 1 else 's'}: beyond what fails without a fault, "
            f"{sum(found.without)} of {found.due} requests of the other route failed without a breaker, "
            f"{sum(found.with_it)} with it; {said}."
        )
    quiet = [slot for slot in slots if slot["arm"] == NONE]
    opened = sum(slot["ever_open"] for slot in quiet)
    yield f"Without a fault the circuit opened in {opened} of {len(quiet)} runs."
    yield (
        f"A request failed when it was not answered with 200 within {words.seconds(facts['deadline_s'])} of the moment "
        f"it was due; offered were {facts['rate']:g} requests/s, half on each route."
    )
    dropped = sum(slot["dropped"] for slot in slots)
    if dropped:
        yield f"{dropped} requests were never sent, for want of users of the generator: failures are undercounted."


def _said(share: Interval) -> str:
    return f"{words.percent(share.estimate)} ({words.percent(share.low)} to {words.percent(share.high)})"


def tables(experiment: ExperimentRecord) -> Iterator[Table]:
    """Each fault and arm in one row."""
    slots: Slots = experiment.facts.get("slots", ())
    if not slots:
        return
    faults = [name for name in experiment.facts["faults"] if any(slot["fault"] == name for slot in slots)]
    yield Table(
        "Faults and breakers",
        (
            *("fault", "arm", "runs", "failed beside it", "prevented", "open after", "calls while it lasted"),
            *("of these probes", "95 % goodput after"),
        ),
        [row for fault in faults for arm in NAMES if (row := _row(slots, fault, arm))],
    )


def _row(slots: Slots, fault: str, arm: str) -> list[str]:
    chosen = [slot for slot in slots if (slot["fault"], slot["arm"]) == (fault, arm)]
    if not chosen:
        return []
    found = harm(slots, arm, fault)
    failed, due = (sum(slot[what] for slot in chosen) for what in ("collateral", "due"))
    prevented = "" if arm == WITHOUT else words.percent(found.ratio) if found.cascades else "no cascade"
    return [
        *(fault, NAMES[arm], str(len(chosen)), f"{failed} of {due}", prevented),
        _middle([slot["opened_s"] for slot in chosen]) if arm != WITHOUT else "",
        f"{median(slot['wasted'] for slot in chosen):g}",
        f"{median(slot['probes'] for slot in chosen):g}" if arm != WITHOUT else "",
        _middle([max(slot["recovered_s"].values(), key=_or_never) for slot in chosen]),
    ]


def _or_never(value: float | None) -> float:
    return float("inf") if value is None else value


def _middle(values: Sequence[float | None]) -> str:
    """The median in words; what never happened is later than anything."""
    middle = sorted(map(_or_never, values))[len(values) // 2]
    return "never" if middle == float("inf") else words.seconds(middle)

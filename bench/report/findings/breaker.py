"""What failed beside the dependency, arm by arm, and how each breaker behaved."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from bench.criteria.breaker_prevention import (
    ALPHA,
    FAULT,
    INTERLOCK,
    LEAST_SHARE,
    NONE,
    SEED,
    TIMELY,
    WITH,
    WITHOUT,
    harm,
    interval,
)
from bench.model import ExperimentRecord
from bench.report import words
from bench.report.findings import Table
from bench.stats import proportion
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
    if quiet:
        often = proportion.share(opened, len(quiet), alpha=ALPHA)
        bounds = f"{words.percent(often.low)} to {words.percent(often.high)}"
        yield f"Without a fault the circuit opened in {opened} of {len(quiet)} runs; from so few, {bounds} of all."
    yield from _scenario(facts)
    yield (
        f"A request failed when it was not answered with 200 within {words.seconds(facts['deadline_s'])} of the moment "
        f"it was due; offered were {facts['rate']:g} requests/s, half on each route."
    )
    dropped = sum(slot["dropped"] for slot in slots)
    if dropped:
        yield f"{dropped} requests were never sent, for want of users of the generator: failures are undercounted."
    if left := [name for name in facts["faults"] if not any(slot["fault"] == name for slot in slots)]:
        enough = f": a budget of {facts['whole_s']:g} s holds all" if "whole_s" in facts else ""
        yield f"Not measured (budget): {', '.join(left)}{enough}."


def _scenario(facts: Mapping[str, Any]) -> Iterator[str]:
    """What is set so that the deciding fault can cascade, and what that decides beforehand."""
    scenario = facts.get("scenario", {})
    if "fault_s" in facts and float(scenario["weaviate_timeout_s"]) > facts["fault_s"]:
        yield (
            f"Calls may take {float(scenario['weaviate_timeout_s']):g} s, longer than the fault of "
            f"{facts['fault_s']:g} s, and {scenario['weaviate_concurrency']} may be under way: neither timeout nor "
            "bulkhead helps, as in a service that sets none."
        )
        yield (
            f"Under `{FAULT}` no call ends while the fault lasts, so a breaker that hears of ended calls alone, as the "
            f"seed's and interlock-cb, cannot open there by construction; they are compared under `{TIMELY}`."
        )


def _said(share: Interval) -> str:
    return f"{words.percent(share.estimate)} ({words.percent(share.low)} to {words.percent(share.high)})"


def tables(experiment: ExperimentRecord) -> Iterator[Table]:
    """Each fault and arm in one row."""
    slots: Slots = experiment.facts.get("slots", ())
    if not slots:
        return
    faults: Mapping[str, Any] = experiment.facts["faults"]
    rows = [[row for arm in NAMES if (row := _row(slots, fault, arm))] or [_unmeasured(fault)] for fault in faults]
    yield Table(
        "Faults and breakers",
        (
            *("fault", "arm", "runs", "failed beside it", "prevented", "open after", "calls while it lasted"),
            *("of these probes", "95 % goodput after"),
        ),
        [row for of_fault in rows for row in of_fault],
    )


def _unmeasured(fault: str) -> list[str]:
    return [fault, "(budget)", *[""] * 7]


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

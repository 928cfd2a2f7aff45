"""What one run under a fault says: from its requests and from what was seen of the service meanwhile. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.observations import Observation

BIN_S = 0.1
PLAIN, HYBRID = "plain", "hybrid"
"""The route without the dependency, and the one with it, by their names in loadtests/hybrid.py."""
GOODPUT = 0.95
SMOOTH = 3
"""Bins over which goodput is judged: one holds too few requests for 95 % to mean anything."""


class Seen(NamedTuple):
    """The service and its dependency at one moment of a run."""

    at_s: float
    state: str
    """Of the circuit; empty where there is none."""
    in_flight: int
    """Requests that the service has under way."""
    calls: int
    """Calls that have reached the dependency."""


@dataclass(frozen=True, slots=True)
class Window:
    """When the fault was there; seconds of the run."""

    begin_s: float
    end_s: float
    run_s: float


def is_good(row: Observation, deadline_s: float) -> bool:
    """Whether a request was answered with success and in time."""
    return row.status == 200 and not row.error and row.end_s - row.intended_s <= deadline_s


def readings(rows: Sequence[Observation], seen: Sequence[Seen], window: Window, deadline_s: float) -> dict[str, Any]:
    """The facts of one run, plain JSON."""
    due = [row for row in rows if row.name == PLAIN and row.intended_s >= window.begin_s]
    during = [one for one in seen if window.begin_s <= one.at_s <= window.end_s]
    first_open = next((one for one in during if one.state == "open"), None)
    wasted = during[-1].calls - during[0].calls if during else 0
    bins = {name: goodput(rows, name, window.run_s, deadline_s) for name in (PLAIN, HYBRID)}
    return {
        "window": [window.begin_s, window.end_s, window.run_s],
        "due": len(due),
        "collateral": sum(not is_good(row, deadline_s) for row in due),
        "wasted": wasted,
        "opened_s": None if first_open is None else first_open.at_s - window.begin_s,
        "probes": 0 if first_open is None else during[-1].calls - first_open.calls,
        "ever_open": any(one.state == "open" for one in seen),
        "recovered_s": {name: recovered(bins[name], window) for name in bins},
        "most_in_flight": max((one.in_flight for one in seen), default=0),
        "bins": bins,
        "seen": [list(one) for one in seen],
    }


def goodput(rows: Sequence[Observation], name: str, run_s: float, deadline_s: float) -> dict[str, list[int]]:
    """Of each bin of intended starts, how many requests were good and how many not."""
    counts: dict[str, list[int]] = {"good": [], "bad": []}
    for each in counts.values():
        each.extend([0] * round(run_s / BIN_S))
    for row in rows:
        if row.name == name and row.intended_s < run_s:
            kind = "good" if is_good(row, deadline_s) else "bad"
            counts[kind][min(int(row.intended_s / BIN_S), len(counts[kind]) - 1)] += 1
    return counts


def recovered(bins: dict[str, list[int]], window: Window) -> float | None:
    """Seconds from the fault's end until 95 % of the requests are good and stay so for a while; None if never."""
    good, bad = bins["good"], bins["bad"]
    first = -(-window.end_s // BIN_S)
    for start in range(int(first), len(good) - SMOOTH + 1):
        fine, all_ = (
            sum(good[start : start + SMOOTH]),
            sum((*good[start : start + SMOOTH], *bad[start : start + SMOOTH])),
        )
        if all_ and fine >= GOODPUT * all_:
            return max(0.0, start * BIN_S - window.end_s)
    return None

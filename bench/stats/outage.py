"""What the death of a dependency did to the requests around it: before it, until its circuit opened, after that.

One death is one event: these figures describe it and have no interval over events.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.stats import quantiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEFORE, OPENING, AFTER = "before", "opening", "after"
PHASES = (BEFORE, OPENING, AFTER)
FEWEST_IN_BIN = 5
"""Fewer requests than this make no point of a line that is to be looked at; no verdict rests on it."""


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of one slot; each array holds one value a request, times in seconds of the slot."""

    due: "NDArray[np.float64]"
    start: "NDArray[np.float64]"
    end: "NDArray[np.float64]"
    failed: "NDArray[np.bool_]"
    hit: "NDArray[np.bool_]"
    """Answered without the database."""
    tried: "NDArray[np.bool_]"
    """Whether the service spent any time on its cache."""
    name: "NDArray[np.str_]"

    @classmethod
    def of(cls, columns: "Mapping[str, NDArray[Any]]") -> "Requests":
        """From columns of `bench.observations`."""
        status, error = columns["status"], columns["error"].astype(str)
        return cls(
            due=columns["intended_s"],
            start=columns["start_s"],
            end=columns["end_s"],
            failed=(status == 0) | (status >= 400) | (error != ""),
            hit=columns["db_s"] == 0,
            tried=columns["cache_s"] > 0,
            name=columns["name"].astype(str),
        )

    @property
    def latency(self) -> "NDArray[np.float64]":
        """Seconds from when each was due."""
        return self.end - self.due

    def only(self, chosen: "NDArray[np.bool_]") -> "Requests":
        """Some of them."""
        return Requests(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


@dataclass(frozen=True, slots=True)
class Opening:
    """When the circuit of what died opened, in seconds of the slot: between these two moments."""

    after_s: float
    by_s: float
    tried: int
    """Requests that still asked what was dead before."""


def opening(requests: Requests, *, died_s: float) -> Opening | None:
    """When the first request went past the dead part of the cache, by the service's own account of its time.

    `requests` are those that had to ask it. A closed circuit costs an attempt, an open one nothing. None where every
    request of the slot still tried. Nobody has to look at the service meanwhile, which would slow it.
    """
    later = requests.only((requests.start >= died_s) & ~requests.failed)
    past = np.flatnonzero(~later.tried & ~later.hit)
    if not len(past):
        return None
    first = past[np.argmin(later.start[past])]
    earlier = later.start[later.tried & (later.start < later.start[first])]
    return Opening(float(earlier.max()) if len(earlier) else died_s, float(later.end[first]), len(earlier))


def phases(
    requests: Requests, *, from_s: float, died_s: float, opened_s: float | None
) -> dict[str, dict[str, float | None]]:
    """Requests, failures, hit ratio and latency of each phase, by when they were due.

    `from_s`: earlier requests do not count. `opened_s`: None where the circuit was not seen to open; then everything
    from the death on is `opening`. A phase nobody asked in has n = 0 and no figures.
    """
    opened = np.inf if opened_s is None else opened_s
    bounds = {BEFORE: (from_s, died_s), OPENING: (died_s, opened), AFTER: (opened, np.inf)}
    return {
        phase: _figures(requests.only((requests.due >= begin) & (requests.due < end)))
        for phase, (begin, end) in bounds.items()
    }


def _figures(some: Requests) -> dict[str, float | None]:
    good = some.only(~some.failed)
    latency = good.latency
    found: dict[str, float | None] = {
        "n": float(len(some.due)),
        "failed": float(some.failed.sum()),
        "hit_ratio": float(good.hit.mean()) if len(latency) else None,
        "longest": float(latency.max()) if len(latency) else None,
    }
    return found | dict(quantiles.summary(latency))


def goodput(requests: Requests, *, bin_s: float, duration_s: float) -> list[float]:
    """Good answers per second that arrived in each bin of the slot; what arrives later than the slot is left out."""
    edges = np.arange(round(duration_s / bin_s) + 1) * bin_s
    counts, _ = np.histogram(requests.end[~requests.failed], bins=edges)
    return [float(count / bin_s) for count in counts]


def medians(requests: Requests, *, bin_s: float, duration_s: float) -> list[float]:
    """The median latency of the good answers by when they were due; NaN where a bin has fewer than FEWEST_IN_BIN."""
    good = requests.only(~requests.failed)
    bins = np.floor(good.due / bin_s).astype(int)
    several = [good.latency[bins == index] for index in range(round(duration_s / bin_s))]
    return [float(np.median(some)) if len(some) >= FEWEST_IN_BIN else math.nan for some in several]


def failed(figures: Mapping[str, Mapping[str, float | None]], *names: str) -> tuple[int, int]:
    """Failures and requests of some phases together."""
    chosen = [figures[name] for name in names]
    return int(sum(one["failed"] or 0 for one in chosen)), int(sum(one["n"] or 0 for one in chosen))

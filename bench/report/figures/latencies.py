"""Latencies of all requests as cumulative distributions on a log axis."""

from pathlib import Path

import numpy as np

from bench import observations
from bench.model import ExperimentRecord, Figure, Role
from bench.report import words
from bench.report.figures.style import COLOURS, figure

NAME = "latencies"
COLUMNS = ("intended_s", "end_s", "status")
POINTS = 4_000
"""More of them do not show on a figure of a thousand pixels."""


def draw(experiment: ExperimentRecord, folder: Path, path: Path) -> Figure | None:
    """One curve per role; None where nothing was observed."""
    values = {role: _latencies(experiment, folder, role) for role in Role}
    values = {role: found for role, found in values.items() if len(found)}
    if not values:
        return None
    with figure(path, 3.6) as drawn:
        axes = drawn.add_subplot()
        for role, found in values.items():
            drawn_ms, share = _curve(found)
            axes.plot(drawn_ms, share, color=COLOURS[role], linewidth=1.8, drawstyle="steps-post",
                      label=f"{role} (p50 {words.seconds(float(np.median(found)))}, n = {len(found):,})")  # fmt: skip
        axes.set_xscale("log")
        axes.set_ylim(0, 1.01)
        axes.set_xlabel("latency from the intended start, ms")
        axes.set_ylabel("share of requests at most this slow")
        axes.legend(frameon=False, loc="lower right", fontsize=9)
        axes.set_title("Latency of every judged request")
    said = ", ".join(f"{role} median {words.seconds(float(np.median(found)))}" for role, found in values.items())
    counts = ", ".join(f"{len(found):,} of {role}" for role, found in values.items())
    return Figure(
        path=f"figures/{path.name}",
        title="Latency distributions",
        alt=f"Cumulative distributions of latency: {said}.",
        caption=f"All judged requests of all slots ({said}; n: {counts}). The verdicts rest on pairs of slots, not on "
        "this picture.",
    )


def _curve(latencies: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    """Milliseconds, and the share of requests up to them; of millions what a figure can show, the tails whole."""
    ordered, n = np.sort(latencies) * 1e3, len(latencies)
    places = np.arange(n)
    if n > POINTS:
        tail = np.unique(np.round(np.geomspace(1, n, POINTS // 4)).astype(int)) - 1
        places = np.unique(np.concatenate([tail, n - 1 - tail, np.linspace(0, n - 1, POINTS // 2).astype(int)]))
    return ordered[places], (places + 1) / n


def _latencies(experiment: ExperimentRecord, folder: Path, role: Role) -> "np.ndarray":
    parts = []
    for record in experiment.slots:
        file = folder / record.samples
        if record.slot.role is role and file.exists():
            # Only the columns that are drawn: a long run has millions of rows.
            table = observations.read(file, COLUMNS)
            due, end, status = (table.column(name).to_numpy() for name in COLUMNS)
            parts.append((end - due)[(due >= record.slot.discard_s) & (status > 0) & (status < 400)])
    return np.concatenate(parts) if parts else np.empty(0)

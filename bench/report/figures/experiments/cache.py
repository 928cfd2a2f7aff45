"""Hit ratio against latency with the break-even; and the requests around the death of a server."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bench import observations
from bench.model import ExperimentRecord, Figure
from bench.report import words
from bench.report.figures.experiments import PathOf
from bench.report.figures.style import THRESHOLD, figure
from bench.report.findings.cache import Point, balanced, pays_from, points
from bench.stats import outage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bench.stats.break_even import BreakEven

# Okabe and Ito, "Color Universal Design" (2008).
MEAN, P50, P95, WITHOUT = "#0072B2", "#009E73", "#D55E00", "#444444"
GROUPS: Mapping[str, tuple[str, str, str]] = {
    "killed": ("#D55E00", "o", "kept by the dead node"),
    "others": ("#0072B2", "x", "kept by the other nodes"),
    "all": ("#D55E00", "o", "kept by the dead server"),
}
"""Colour, marker and words of a group."""
ARMS: Mapping[str, str] = {"cluster": "a node of the cluster dies", "single": "the one Redis dies"}
BIN_S: Final = 0.3


def draw(experiment: ExperimentRecord, folder: Path, path_of: PathOf) -> Iterator[Figure]:
    """Both, where they were measured."""
    found = points(experiment.facts)
    if found:
        yield _ratios(found, pays_from(experiment.facts), path_of("hit_ratio"))
    deaths = {name: death for name, death in experiment.facts.get("deaths", {}).items() if name in ARMS}
    deaths = {name: death for name, death in deaths.items() if (folder / death["sample"]).is_file()}
    if deaths:
        yield _deaths(deaths, folder, path_of("deaths"))


def _ratios(found: Sequence[Point], balance: "BreakEven | None", path: Path) -> Figure:
    """The mean relative to no cache, with the line through the points; and the times themselves."""
    off, *levels = found
    with figure(path, 3.7) as drawn:
        relative, absolute = drawn.subplots(1, 2)
        hits = [point.hit_ratio * 100 for point in levels]
        relative.axhline(1, color=WITHOUT, linewidth=1.2, linestyle=(0, (4, 3)))
        relative.annotate("without the cache", (100, 1), xytext=(0, 3), textcoords="offset points", ha="right",
                          fontsize=8, color=WITHOUT)  # fmt: skip
        relative.plot(hits, [point.ratio for point in levels], "o", color=MEAN, markersize=5)
        for at, point in zip(hits, levels, strict=True):
            if point.relative is not None:
                ends = [point.relative.low, point.relative.high]
                relative.plot([at, at], ends, color=MEAN, linewidth=3.5, alpha=0.45, solid_capstyle="butt")
        if balance is not None:
            _balance(relative, balance)
        relative.set(xlim=(-3, 103), xlabel="requests answered from the cache, %")
        relative.set_ylabel("mean time / that without the cache")
        _logarithmic(relative)
        relative.set_title("From which hit ratio does it pay?")
        _times(absolute, off, levels)
    intervals = "bars: 95 % intervals over the blocks" if levels[0].relative else "too few blocks for intervals"
    return Figure(
        path=f"figures/{path.name}",
        title="Hit ratio against latency",
        alt=balanced(balance) if balance else f"{off.blocks} blocks of hit ratios; they say of no break-even.",
        caption=(
            f"{off.blocks} blocks; each sends the same requests once without the cache and once at every hit ratio, "
            f"{off.requests:,} requests at each ({intervals}). The grey line is fitted to the points of each block; "
            "where it crosses 1 the cache begins to pay. p95 is of all blocks together."
        ),
    )


def _balance(axes: "Axes", balance: "BreakEven") -> None:
    hits = np.linspace(0, 1, 50)
    line = 1 + balance.at_none + (balance.at_all - balance.at_none) * hits
    axes.plot(hits[line > 0] * 100, line[line > 0], color="#999999", linewidth=1, zorder=1)
    if balance.low is not None and balance.high is not None:
        axes.axvspan(balance.low * 100, balance.high * 100, color=THRESHOLD, alpha=0.12, linewidth=0)
    if balance.hit_ratio is not None:
        at = balance.hit_ratio * 100
        axes.axvline(at, color=THRESHOLD, linewidth=1.2)
        right = at < 60  # there is room
        axes.annotate(
            f"pays from {words.percent(balance.hit_ratio)}", (at, 0), xycoords=("data", "axes fraction"),
            xytext=(4 if right else -4, 5), textcoords="offset points", ha="left" if right else "right",
            color=THRESHOLD, fontsize=8,
        )  # fmt: skip


def _times(axes: "Axes", off: Point, levels: Sequence[Point]) -> None:
    hits = [point.hit_ratio * 100 for point in levels]
    lines: list[tuple[str, str, list[float | None], float | None]] = [
        ("mean", MEAN, [point.mean_s for point in levels], off.mean_s),
        ("p50", P50, [point.p50_s for point in levels], off.p50_s),
        ("p95", P95, [point.p95_s.estimate if point.p95_s else None for point in levels],
         off.p95_s.estimate if off.p95_s else None),
    ]  # fmt: skip
    for (name, colour, values, without), marker in zip(lines, "os^", strict=True):
        drawn = [value * 1e3 for value in values if value is not None]
        if len(drawn) < len(values):
            continue
        axes.plot(hits, drawn, color=colour, marker=marker, markersize=5, linewidth=1.5)
        axes.annotate(name, (hits[0], drawn[0]), xytext=(7, 4), textcoords="offset points", color=colour, fontsize=9)
        if without is not None:
            axes.axhline(without * 1e3, color=colour, linewidth=1, linestyle=(0, (4, 3)), alpha=0.7)
    for at, point in zip(hits, levels, strict=True):
        if point.p95_s is not None:
            axes.plot([at, at], [point.p95_s.low * 1e3, point.p95_s.high * 1e3], color=P95, linewidth=3, alpha=0.35)
    axes.set(xlim=(-3, 103), xlabel="requests answered from the cache, %", ylabel="latency from the intended start, ms")
    _logarithmic(axes)
    axes.set_title("Latency; dashed: no cache")


def _logarithmic(axes: "Axes") -> None:
    """A stall in one slot must not press all else flat."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    low, high = axes.get_ylim()
    axes.set_ylim(low / 1.25, high * 1.25)


def _deaths(deaths: Mapping[str, Mapping[str, Any]], folder: Path, path: Path) -> Figure:
    """Every request by when it was due, and good answers per second, with the death and the opening marked."""
    with figure(path, 4.6) as drawn:
        # squeeze=False: two rows of as many columns as there were deaths, one included.
        grid = drawn.subplots(2, len(deaths), squeeze=False, sharex="col", sharey="row", height_ratios=(2.2, 1))
        for column, (name, death) in enumerate(deaths.items()):
            table = observations.read(folder / death["sample"])
            requests = outage.Requests.of({each: table.column(each).to_numpy() for each in observations.COLUMNS})
            _requests(grid[0][column], requests, death)
            _goodput(grid[1][column], requests, death)
            grid[0][column].set_title(f"{ARMS[name][0].upper()}{ARMS[name][1:]}")
        grid[0][0].set_ylabel("latency, ms (log)")
        grid[1][0].set_ylabel("good answers/s")
    failed = {name: _failed(death) for name, death in deaths.items()}
    return Figure(
        path=f"figures/{path.name}",
        title="A server of the cache dies under load",
        alt="; ".join(f"{ARMS[name]}: {bad} of {all_} requests failed afterwards" for name, (bad, all_) in
                      failed.items()) + ".",
        caption=(
            "Every request of one slot each, by when it was due; one death each, killed at the solid red line, its "
            "circuit open from the dotted one on. Lines are medians. Failed requests stand at the upper edge as red "
            f"crosses; good answers are counted in steps of {BIN_S:g} s."
        ),
    )  # fmt: skip


def _failed(death: Mapping[str, Any]) -> tuple[int, int]:
    counts = [outage.failed(phases, outage.OPENING, outage.AFTER) for phases in death["groups"].values()]
    return sum(bad for bad, _ in counts), sum(asked for _, asked in counts)


def _requests(axes: "Axes", requests: outage.Requests, death: Mapping[str, Any]) -> None:
    mine = np.ones(len(requests.due), dtype=bool)
    groups = {"all": mine}
    if death["killed"] is not None:
        mine = np.char.endswith(requests.name, f"@{death['killed']}")
        groups = {"others": ~mine, "killed": mine}
    for name, chosen in groups.items():
        colour, marker, said = GROUPS[name]
        some = requests.only(chosen & ~requests.failed)
        axes.plot(some.due, some.latency * 1e3, marker, color=colour, markersize=3.2, alpha=0.45, label=said)
        middle = np.asarray(outage.medians(some, bin_s=BIN_S, duration_s=death["duration_s"])) * 1e3
        axes.plot((np.arange(len(middle)) + 0.5) * BIN_S, middle, color=colour, linewidth=2.2)
    lost = requests.due[requests.failed]
    axes.plot(lost, np.full(len(lost), 0.98), "X", color=THRESHOLD, markersize=6, transform=axes.get_xaxis_transform())
    _moments(axes, death, labelled=True)
    _logarithmic(axes)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * 2.5)
    axes.legend(fontsize=7.5, loc="upper left", handletextpad=0.2, borderaxespad=0.1, framealpha=0.9, edgecolor="none")


def _goodput(axes: "Axes", requests: outage.Requests, death: Mapping[str, Any]) -> None:
    rates = outage.goodput(requests, bin_s=BIN_S, duration_s=death["duration_s"])
    axes.stairs(rates, np.arange(len(rates) + 1) * BIN_S, color="#009E73", linewidth=1.8, baseline=None)
    axes.set(xlim=(0, death["duration_s"]), xlabel="seconds of the slot")
    axes.set_ylim(bottom=0)
    _moments(axes, death, labelled=False)


def _moments(axes: "Axes", death: Mapping[str, Any], *, labelled: bool) -> None:
    axes.axvline(death["died_s"], color=THRESHOLD, linewidth=1.3)
    if death["opening"] is not None:
        axes.axvline(death["opening"]["by_s"], color=THRESHOLD, linewidth=1.2, linestyle=(0, (1, 2)))
    if labelled:
        axes.annotate("kill -9", (death["died_s"], 0), xycoords=("data", "axes fraction"), xytext=(-3, 4),
                      textcoords="offset points", color=THRESHOLD, fontsize=8, ha="right",
                      bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1})  # fmt: skip

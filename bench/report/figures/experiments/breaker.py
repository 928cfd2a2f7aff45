"""One block on a clock, without a breaker and with it; and what each breaker prevents."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.criteria.breaker_prevention import FAULT, INTERLOCK, SEED, TIMELY, WITH, WITHOUT, harm, interval
from bench.model import ExperimentRecord, Figure, Role
from bench.report import words
from bench.report.figures.experiments import PathOf
from bench.report.figures.style import COLOURS, THRESHOLD, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = {WITHOUT: "without a breaker", WITH: "with the breaker", SEED: "the seed's breaker", INTERLOCK: "interlock-cb"}
ROUTES = {"plain": "requests that do not need Weaviate", "hybrid": "requests that ask it"}
ROUTE_COLOURS = {"plain": COLOURS[Role.CANDIDATE], "hybrid": COLOURS[Role.BASELINE]}
STATES = {"closed": "#009E73", "half_open": "#E69F00", "open": "#b00020"}
BIN_S, SMOOTH = 0.1, 3
CLAIM = 0.95
Slot = Mapping[str, Any]


def draw(experiment: ExperimentRecord, folder: Path, path_of: PathOf) -> Iterator[Figure]:  # noqa: ARG001
    """The timeline of the first complete block, and the prevented shares."""
    slots: Sequence[Slot] = experiment.facts.get("slots", ())
    shown = _block(slots)
    if shown:
        yield _timeline(shown, path_of("timeline"), experiment.facts["deadline_s"])
    asked = [(arm, fault) for fault in (FAULT, TIMELY) for arm in (WITH, SEED, INTERLOCK)]
    shares = {f"{NAMES[arm]}\n{fault}": _share(slots, arm, fault) for arm, fault in asked}
    measured = {name: share for name, share in shares.items() if share is not None}
    if measured:
        yield _prevented(measured, path_of("prevented"))


def _block(slots: Sequence[Slot]) -> dict[str, Slot]:
    """Both arms of the first block that has them."""
    for number in sorted({slot["block"] for slot in slots}):
        found = {slot["arm"]: slot for slot in slots if slot["block"] == number and slot["fault"] == FAULT}
        if {WITHOUT, WITH} <= found.keys():
            return {arm: found[arm] for arm in (WITHOUT, WITH)}
    return {}


def _timeline(shown: Mapping[str, Slot], path: Path, deadline_s: float) -> Figure:
    with figure(path, 5.6) as drawn:
        grid = drawn.subplots(3, 2, sharex=True, sharey="row", height_ratios=(3, 0.5, 2))
        for column, (arm, slot) in enumerate(shown.items()):
            begin, end, run_s = slot["window"]
            goodput, state, crowd = (grid[row][column] for row in range(3))
            for axes in (goodput, state, crowd):
                axes.axvspan(begin, end, color="#f3dede", zorder=0)
                axes.set_xlim(0, run_s)
            _goodput(goodput, slot)
            goodput.set_title(NAMES[arm])
            goodput.text(
                (begin + end) / 2, 106, "Weaviate hangs", ha="center", va="bottom", fontsize=8, color="#804040"
            )
            _state(state, slot)
            crowd.step(
                [one[0] for one in slot["seen"]], [one[2] for one in slot["seen"]], where="post", color="#333333"
            )
            crowd.set_xlabel("seconds")
        drawn.legend(*grid[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
        grid[0][0].set_ylim(-3, 118)
        grid[0][0].set_ylabel("answered in time, %")
        grid[1][0].set_ylabel("circuit", rotation=0, ha="right", va="center")
        grid[2][0].set_ylabel("requests under way")
    failed = {arm: f"{slot['collateral']} of {slot['due']}" for arm, slot in shown.items()}
    return Figure(
        path=f"figures/{path.name}",
        title="A dependency hangs: what happens to the requests that do not need it",
        alt=f"Of the requests beside it {failed[WITHOUT]} failed without a breaker, {failed[WITH]} with it.",
        caption=(
            f"One block, the same arrivals on both sides, while the shaded time Weaviate hangs. Answered in time: with "
            f"200 within {words.seconds(deadline_s)} of the moment it was due, over {BIN_S * SMOOTH:.1g} s. Seen ten "
            "times a second: the circuit (green closed, red open, orange half-open) and the requests under way."
        ),
    )


def _goodput(axes: "Axes", slot: Slot) -> None:
    for route, words_ in ROUTES.items():
        good, bad = slot["bins"][route]["good"], slot["bins"][route]["bad"]
        sums = [
            (sum(good[at : at + SMOOTH]), sum(good[at : at + SMOOTH]) + sum(bad[at : at + SMOOTH]))
            for at in range(len(good) - SMOOTH + 1)
        ]
        times = [(at + SMOOTH / 2) * BIN_S for at, (_, due) in enumerate(sums) if due]
        style = "-" if route == "plain" else "--"
        axes.plot(
            times,
            [100 * fine / due for fine, due in sums if due],
            style,
            color=ROUTE_COLOURS[route],
            lw=1.8,
            label=words_,
        )


def _state(axes: "Axes", slot: Slot) -> None:
    seen = slot["seen"]
    axes.set_yticks([])
    axes.grid(visible=False)
    if not any(one[1] for one in seen):
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", va="center", fontsize=8)
        return
    for this, following in zip(seen, [*seen[1:], [slot["window"][2]]], strict=True):
        axes.axvspan(this[0], following[0], color=STATES.get(this[1], "#dddddd"), lw=0)
    previous = ""
    for at_s, state, *_ in seen:
        if state != previous and state in {"closed", "open"} and (state == "open" or not previous):
            axes.text(at_s + 0.05, 0.5, state, transform=axes.get_xaxis_transform(), va="center", fontsize=8, color="w")
            previous = state


def _share(slots: Sequence[Slot], arm: str, fault: str) -> tuple[float, float, float, int] | None:
    """The prevented share, its interval (the share alone where the blocks are too few for one) and the blocks."""
    found = harm(slots, arm, fault)
    if not found.cascades:
        return None
    estimated = interval(found)
    if estimated is None:
        return found.ratio, found.ratio, found.ratio, len(found.without)
    return estimated.estimate, estimated.low, estimated.high, len(found.without)


def _prevented(shares: Mapping[str, tuple[float, float, float, int]], path: Path) -> Figure:
    with figure(path, 1.3 + 0.55 * len(shares)) as drawn:
        axes = drawn.subplots()
        for at, (value, low, high, _) in enumerate(shares.values()):
            axes.plot([100 * low, 100 * high], [at, at], color="#333333", lw=2)
            axes.plot([100 * value], [at], "o", color=COLOURS[Role.CANDIDATE])
            axes.annotate(
                words.percent(value), (100 * value, at), (0, 7), textcoords="offset points", ha="center", fontsize=8
            )
        axes.axvline(100 * CLAIM, color=THRESHOLD, lw=1)
        axes.text(100 * CLAIM, len(shares) - 0.45, "95 % ", color=THRESHOLD, fontsize=8, ha="right")
        axes.set_yticks(range(len(shares)), [f"{name}, {_blocks(of)}" for name, (*_, of) in shares.items()])
        axes.set_ylim(len(shares) - 0.3, -0.6)
        axes.set_xlabel("collateral failures prevented, %")
    told = "; ".join(
        f"{' under '.join(name.splitlines())} {words.percent(value)}" for name, (value, *_) in shares.items()
    )
    return Figure(
        path=f"figures/{path.name}",
        title="What each breaker prevents while the dependency hangs",
        alt=f"Prevented: {told}.",
        caption="The line is the 95 % interval; a point alone has too few blocks for one.",
    )


def _blocks(count: int) -> str:
    return "1 block" if count == 1 else f"{count} blocks"

"""Where the time of a mean request goes, by role: generator lag, queue, pool, database, cache and so on, rest."""

from collections.abc import Mapping
from pathlib import Path

from bench.model import ExperimentRecord, Figure, Role
from bench.report import words
from bench.report.figures.style import PART_COLOURS, figure

NAME = "split"
TOO_MUCH = "////"
LABELS = {
    "lag": "generator lag",
    "queue": "way there, queue",
    "pool": "waiting for the pool",
    "db": "database",
    "cache": "cache",
    "vector": "Weaviate",
    "app": "application",
    "encode": "encoding",
    "rest": "rest: way back, reading",
}


def draw(experiment: ExperimentRecord, path: Path) -> Figure | None:
    """Two panels, since the arms may differ by orders of magnitude: milliseconds, and shares."""
    split = {role: _split(experiment, role) for role in (Role.BASELINE, Role.CANDIDATE)}
    if not all(split.values()):
        return None
    with figure(path, 2.9) as drawn:
        absolute, shares = drawn.subplots(1, 2, sharey=True)
        named: set[str] = set()
        for row, parts in enumerate(reversed(split.values())):
            total, left = sum(parts.values()), 0.0
            for part, value in parts.items():
                label = None if part in named else LABELS[part]
                named.add(part)
                look = {"color": PART_COLOURS[part], "hatch": TOO_MUCH if value < 0 else None}
                absolute.barh(row, value * 1e3, left=left * 1e3, label=label, **look)
                shares.barh(row, value / total * 100, left=left / total * 100, **look)
                left += value
            absolute.annotate(f" {words.seconds(total)}", (total * 1e3, row), va="center", fontsize=9)
        absolute.set_yticks([0, 1], [str(role) for role in reversed(split)])
        absolute.margins(x=0.18)
        absolute.set_xlabel("mean time per request, ms")
        shares.set_xlabel("share of that time, %")
        absolute.set_title("Where the time goes")
        drawn.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    said = "; ".join(f"{role} {_most(parts)}" for role, parts in split.items())
    return Figure(
        path=f"figures/{path.name}",
        title="Where the time goes",
        alt=f"Mean time per request by part: {said}.",
        caption=f"Mean over {_slots(experiment)} judged slots of each arm, from the intended start on, by the "
        "Server-Timing header; `rest` is what no part explains. Shown without an interval: no verdict rests on it."
        + "".join(_too_much(role, parts) for role, parts in split.items()),
    )


def _too_much(role: Role, parts: Mapping[str, float]) -> str:
    if parts["rest"] >= 0:
        return ""
    return (
        f" The parts of the {role} sum to {words.seconds(-parts['rest'])} more than there was (hatched): some overlap, "
        "or a clock is wrong."
    )


def _split(experiment: ExperimentRecord, role: Role) -> Mapping[str, float]:
    slots = [slot for slot in experiment.slots if slot.slot.role is role and "mean" in slot.metrics]
    # Only an arm that tells where its time went has anything to show.
    if not any("app" in slot.parts for slot in slots):
        return {}
    parts = {part: sum(slot.parts.get(part, 0.0) for slot in slots) / len(slots) for part in LABELS if part != "rest"}
    parts = {part: value for part, value in parts.items() if value}
    mean = sum(slot.metrics["mean"] for slot in slots) / len(slots)
    return {**parts, "rest": mean - sum(parts.values())}


def _slots(experiment: ExperimentRecord) -> int:
    return sum(slot.slot.role is Role.CANDIDATE and "mean" in slot.metrics for slot in experiment.slots)


def _most(parts: Mapping[str, float]) -> str:
    total = sum(parts.values())
    part, value = max(parts.items(), key=lambda item: item[1])
    return f"{words.seconds(total)}, most of it {LABELS[part]} ({words.percent(value / total)})"

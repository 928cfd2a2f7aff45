"""The plans of a query on both databases, side by side."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.model import ExperimentRecord, Figure, Role
from bench.report import words
from bench.report.figures.style import COLOURS, figure

NAME = "plans"
LINE = 0.125
WRAP = 58


def draw(experiment: ExperimentRecord, query: str, folder: Path, path: Path) -> Figure | None:
    """Two trees of nodes with time, rows and buffers; None where a plan is missing."""
    files = experiment.facts.get("plans", {}).get(query, {})
    roles = [role for role in (Role.BASELINE, Role.CANDIDATE) if (folder / files.get(role, "?")).is_file()]
    if len(roles) < 2:
        return None
    plans = {role: json.loads((folder / files[role]).read_text()) for role in roles}
    lines = {role: [line for node in _nodes(plan["Plan"]) for line in _lines(*node)] for role, plan in plans.items()}
    with figure(path, 0.9 + LINE * max(len(found) for found in lines.values())) as drawn:
        for column, (role, found) in enumerate(lines.items()):
            axes = drawn.add_subplot(1, 2, column + 1)
            axes.set_axis_off()
            axes.set_title(f"{role}: {_time(plans[role])}", color=COLOURS[role], fontsize=10)
            axes.text(0, 1, "\n".join(found), va="top", family="monospace", fontsize=6.5, linespacing=1.35)
        drawn.suptitle(query.replace("_", " "), x=0.01, ha="left", fontweight="bold", fontsize=11)
    said = "; ".join(f"{role} {_time(plan)}, {_buffers(plan['Plan']):,} buffers" for role, plan in plans.items())
    return Figure(
        path=f"figures/{path.name}",
        title=f"Plans of {query.replace('_', ' ')}",
        alt=f"Query plans of {query}: {said}.",
        caption=f"EXPLAIN (ANALYZE, BUFFERS) of the same request on both databases: {said}. One execution, warm.",
    )


def _nodes(node: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[Mapping[str, Any], int]]:
    yield node, depth
    for child in node.get("Plans", ()):
        yield from _nodes(child, depth + 1)


def _lines(node: Mapping[str, Any], depth: int) -> list[str]:
    on = node.get("Index Name") or node.get("Relation Name") or node.get("CTE Name")
    title = f"{node['Node Type']}{f' on {on}' if on else ''}"
    rows = round(node["Actual Rows"] * node["Actual Loops"])
    facts = f"{words.seconds(node['Actual Total Time'] / 1e3)}, {rows:,} rows, {_buffers(node):,} buffers"
    indent = "  " * depth
    return [*textwrap.wrap(title, WRAP, initial_indent=indent, subsequent_indent=indent), f"{indent}  {facts}"]


def _buffers(node: Mapping[str, Any]) -> int:
    return int(node.get("Shared Hit Blocks", 0)) + int(node.get("Shared Read Blocks", 0))


def _time(plan: Mapping[str, Any]) -> str:
    return words.seconds(plan["Execution Time"] / 1e3)

"""The gate's answer on the terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.model import Gate
from bench.report.console import STYLES
from bench.report.gate.plain import headline
from bench.report.words import MARKS


def show(gate: Gate, console: Console | None = None) -> None:
    """Print every check with its verdict in words and shape, the doubts, and the answer last."""
    console = console or Console()
    table = Table(box=None, pad_edge=False)
    for column in ("verdict", "check", "because"):
        table.add_column(column, overflow="fold")
    for check in gate.checks:
        verdict = f"{MARKS[check.verdict]} {check.verdict.replace('_', ' ')}"
        table.add_row(Text(verdict, STYLES[check.verdict]), Text(check.name), Text(check.sentence))
    if gate.checks:
        console.print(table)
    for reason in gate.session.reasons:
        console.print(Text(f"Not fit to measure: {reason}"))
    for note in gate.notes:
        console.print(Text(f"Note: {note}"))
    console.print(Text(headline(gate)))

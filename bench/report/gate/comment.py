"""The gate's answer as Markdown."""

from collections.abc import Iterator

from bench.model import Gate, GateCheck
from bench.report.gate.plain import headline
from bench.report.markdown import plain, tabulated
from bench.report.words import MARKS, change

MARKER = "<!-- perflab gate -->"
"""Whoever posts the comment finds an earlier one by it and replaces that."""


def comment(gate: Gate) -> str:
    """A comment for a pull request, which also serves as a step summary."""
    return "\n".join(_lines(gate)) + "\n"


def _lines(gate: Gate) -> Iterator[str]:
    yield MARKER
    yield f"### {plain(headline(gate))}"
    yield ""
    if gate.checks:
        yield from tabulated(
            ("verdict", "check", "change", "interval", "delta", "because"), [_row(c) for c in gate.checks]
        )
        yield ""
    yield from (f"* **Not fit to measure:** {plain(reason)}" for reason in gate.session.reasons)
    yield from (f"* {plain(note)}" for note in gate.notes)


def _row(check: GateCheck) -> tuple[str, ...]:
    return (
        f"{MARKS[check.verdict]} {check.verdict}",
        check.name,
        "" if check.ratio is None else change(check.ratio),
        "" if check.ci is None else f"{check.ci[0]:.3f} to {check.ci[1]:.3f}",
        "" if check.delta is None else f"{check.delta:.1%}",
        check.sentence,
    )

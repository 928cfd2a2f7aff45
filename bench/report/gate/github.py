"""Annotations: workflow commands on standard output, which GitHub shows at the run and beside the code.

Form and escaping: docs.github.com, "Workflow commands for GitHub Actions"; the escapes are those of its own toolkit
(actions/toolkit, packages/core/src/command.ts).
"""

from collections.abc import Iterator

from bench.model import Gate, GateCheck, OnInconclusive, Verdict
from bench.report.gate.plain import headline

TITLE = "perflab gate"


def annotations(gate: Gate) -> tuple[str, ...]:
    """One line for the answer, one for each check that is not good, one for each doubt; the worst first.

    The worst come first because GitHub shows ten of a kind for a step at most.
    """
    return tuple(_lines(gate))


def _lines(gate: Gate) -> Iterator[str]:
    yield command("notice" if gate.exit_code == 0 else "error", TITLE, headline(gate))
    levels = {check: _level(check, gate.inconclusive) for check in gate.checks}
    for level in ("error", "warning", "notice"):
        for check, found in levels.items():
            if found == level:
                yield command(level, f"{check.verdict} {check.name}", check.sentence)
    yield from (command("error", "Not fit to measure", reason) for reason in gate.session.reasons)
    yield from (command("notice", TITLE, note) for note in gate.notes)


def command(level: str, title: str, message: str) -> str:
    """One workflow command."""
    return f"::{level} title={_property(title)}::{_data(message)}"


def _level(check: GateCheck, inconclusive: OnInconclusive) -> str:
    if check.verdict is Verdict.FAIL:
        return "error"
    if check.verdict is Verdict.INCONCLUSIVE:
        return "error" if inconclusive is OnInconclusive.FAIL else "warning"
    if check.verdict is Verdict.NOT_MEASURED:
        return "warning" if check.required else "notice"
    return ""


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

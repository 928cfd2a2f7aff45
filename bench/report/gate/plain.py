"""The gate's answer in one sentence, and as JSON."""

from typing import Any

from pydantic import TypeAdapter

from bench.model import Gate, OnInconclusive, Verdict

ANSWERS = {
    0: "The gate is open",
    1: "The gate is closed",
    3: "The gate cannot decide",
    4: "The gate cannot be believed",
}
NAMES = {
    Verdict.PASS: "passed",
    Verdict.FAIL: "failed",
    Verdict.INCONCLUSIVE: "inconclusive",
    Verdict.NOT_MEASURED: "not measured",
}
TREATED = {
    OnInconclusive.FAIL: "INCONCLUSIVE counts as failed",
    OnInconclusive.PASS: "INCONCLUSIVE counts as passed",
    OnInconclusive.EXIT_3: "INCONCLUSIVE is exit code 3",
}


def headline(gate: Gate) -> str:
    """The answer with the tally of its checks."""
    counts = {verdict: sum(check.verdict is verdict for check in gate.checks) for verdict in Verdict}
    tally = ", ".join(f"{count} {NAMES[verdict]}" for verdict, count in counts.items() if count) or "none"
    policy = f" ({TREATED[gate.inconclusive]})" if counts[Verdict.INCONCLUSIVE] else ""
    against = f" against {gate.against}" if gate.against else ""
    return f"{ANSWERS[gate.exit_code]}: {gate.subject}{against}, checks: {tally}{policy}; exit code {gate.exit_code}."


def as_json(gate: Gate) -> dict[str, Any]:
    """The answer with all its figures."""
    return dict(TypeAdapter(Gate).dump_python(gate, mode="json"))

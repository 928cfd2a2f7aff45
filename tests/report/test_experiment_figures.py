"""Figures and sentences of the experiments that count or time, from facts alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.criteria import catalogue
from bench.criteria.error_overhead import BESIDE, BOTH, KINDS, SUCCESS
from bench.experiments import explain
from bench.judge import scorecard
from bench.model import ExperimentRecord, Figure, Role, Status
from bench.report import findings
from bench.report.figures import experiments, plans, split
from tests.stored import make_run

PERFORMED = {
    "api": {"done": True, "undone": True, "requests": 80, "failed": 0, "failures": {}},
    "indexes": {"done": True, "undone": False, "requests": 70, "failed": 2, "failures": {"status 500": 2}},
    "pool": {"done": False, "undone": False, "reason": "It broke.", "requests": 30, "failed": 0, "failures": {}},
}
CONTRACT = {
    "parity": {"asked": 40, "different": 1, "shown": [], "rules": {}},
    "duplicates": {"baseline": {"routes": 9, "pairs": ["a and b"]}, "candidate": {"routes": 7, "pairs": []}},
    "errors": {"candidate": {"asked": 90, "bad": [], "kinds": []}},
}


def blocks(count: int = 12) -> list[dict[str, dict[str, float]]]:
    """Every kind takes a tenth of a millisecond more than a success, a defect a whole one."""
    candidate = dict.fromkeys((SUCCESS, *BESIDE.values()), 0.001) | dict.fromkeys(KINDS, 0.0011) | {"defect": 0.002}
    baseline = {SUCCESS: 0.002} | dict.fromkeys(BOTH, 0.0022)
    return [{"candidate": candidate, "baseline": baseline}] * count


def record(name: str, facts: dict[str, Any]) -> ExperimentRecord:
    """As a run keeps it."""
    return ExperimentRecord(
        name=name, question="", method="", status=Status.COMPLETE, reason="", arms=(), looks=(), slots=(), effects=(),
        facts=facts, duration_s=1.0,
    )  # fmt: skip


def drawn(name: str, facts: dict[str, Any], folder: Path) -> list[Figure]:
    """The experiment's own figures; each is written."""
    found = list(experiments.draw(record(name, facts), folder, lambda figure: folder / f"{name}.{figure}.png"))
    assert all((folder / Path(one.path).name).stat().st_size > 1000 for one in found)
    return found


@pytest.mark.parametrize(
    ("name", "facts", "said"),
    [
        ("error_overhead", {"blocks": blocks()}, "candidate defect, 1 ms"),
        ("rollback", {"procedures": PERFORMED}, "indexes: not undone, 2 failed"),
        ("contract", CONTRACT, "both answer alike: 39 of 40; baseline: operations without a twin: 8 of 9"),
    ],
)
def test_it_is_drawn_and_said(name: str, facts: dict[str, Any], said: str, tmp_path: Path) -> None:
    """One figure each, whose words hold its figures; without facts there is none."""
    (figure,) = drawn(name, facts, tmp_path)
    assert said in figure.alt.replace("1.00 ms", "1 ms")
    assert drawn(name, {}, tmp_path) == []


def test_every_procedure_is_told() -> None:
    """What came about, how many requests there were and which failed."""
    assert findings.of(record("rollback", {"procedures": PERFORMED})) == (
        "api: done and undone; of 80 requests meanwhile none failed.",
        "indexes: done, but not undone; of 70 requests meanwhile 2 failed (status 500 2).",
        "pool: not done (It broke); of 30 requests meanwhile none failed.",
    )


def test_every_scan_is_told() -> None:
    """What was found by severity, and why the image was not looked at."""
    scans = {
        "files": {"measured": True, "reason": "", "counted": {"CRITICAL": 0, "HIGH": 2}, "files": ["files.sarif"]},
        "image": {"measured": False, "reason": "No image.", "counted": {}, "files": []},
    }
    assert findings.of(record("scan", {"scans": scans})) == (
        "files: 2 high (scan/files.sarif).",
        "image: not looked at. No image.",
    )


def test_every_criterion_says_where_its_evidence_is() -> None:
    """A figure where there is one, else the experiment in run.json; what could not be judged has none."""
    facts = {"contract": CONTRACT, "scan": {"scans": {}}, "error_overhead": {"blocks": blocks()}}
    found = scorecard({name: record(name, each) for name, each in facts.items()}, tuple(catalogue().values()))
    evidence = {result.id: result.evidence for result in found}
    assert evidence["api_parity"] == evidence["single_api"] == ("run.json#/experiments/contract",)
    assert evidence["error_overhead"] == ("run.json#/experiments/error_overhead",)
    assert evidence["vulnerabilities"] == evidence["rollback"] == ()


@pytest.mark.parametrize(("again", "said"), [(40.0, "any machine gives them"), (41.0, "not exact: buffer pages")])
def test_the_caption_of_the_counts_knows_which_are_exact(again: float, said: str, tmp_path: Path) -> None:
    """What was not the same when counted again is not promised of any machine."""
    first = {"queries": 1.0, "buffers": 40.0, "redis_commands": 0.0, "bytes": 9.0}
    passes = {"stats": [first, {**first, "buffers": again}]}
    (figure,) = drawn("counters", {"counters": {"baseline": passes, "candidate": passes}}, tmp_path)
    assert said in figure.caption


@pytest.mark.parametrize("factor", [1.0, 1.4])
def test_the_parts_sum_to_the_latency_and_too_much_is_shown(factor: float, tmp_path: Path) -> None:
    """The rest is what is missing, with its sign: parts that sum to more than there was are told."""
    told = make_run(tmp_path, only=("response_time",)).experiments["response_time"]
    slots = tuple(
        replace(slot, parts={part: value * factor for part, value in slot.parts.items()}) for slot in told.slots
    )
    told = replace(told, slots=slots)
    for role in (Role.BASELINE, Role.CANDIDATE):
        means = [slot.metrics["mean"] for slot in slots if slot.slot.role is role]
        parts = split._split(told, role)
        assert sum(parts.values()) == pytest.approx(sum(means) / len(means))
        assert (parts["rest"] < 0) is (factor > 1.2)
    figure = split.draw(told, tmp_path / "split.png")
    assert figure is not None
    assert ("more than there was" in figure.caption) is (factor > 1.2)


def test_rows_of_many_loops_are_rounded() -> None:
    """PostgreSQL tells the mean of the loops: 0.33 in 3 loops is one row, not none."""
    node = {"Node Type": "Index Scan", "Actual Rows": 0.33, "Actual Loops": 3, "Actual Total Time": 1.0}
    assert explain.summary({"Plan": node, "Execution Time": 1.0})["rows"] == 1
    assert "1 rows" in " ".join(plans._lines(node, 0))

"""`perflab ablate` from nothing to a report, on a tiny spec."""

import json
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench.ablation import found
from bench.model import ExperimentRecord, Status
from bench.subject import KNOBS, SEARCH_KNOBS
from tests.lab.conftest import LIMIT_S, TINY, Perflab, ended
from tests.lab.test_run import left_running

pytestmark = [pytest.mark.servers, pytest.mark.slow]

SLOT_S, OVERHEAD_S, ARMS = 0.3, 0.2, len(SEARCH_KNOBS) + 3
BUDGET_S = 2 * ARMS * (SLOT_S + OVERHEAD_S)
SPEC = TINY.replace(
    "[criteria]", f"[experiments.ablation]\nbudget_s = {BUDGET_S:.2f}\nslot_s = {SLOT_S}\ndiscard_s = 0\n[criteria]"
)


def arguments(perflab: Perflab, *more: object) -> list[object]:
    """Of `perflab ablate` on the tiny spec."""
    perflab.spec.write_text(SPEC)
    return ["ablate", perflab.spec, "--out", perflab.reports, "--services", "embedded", "--seed", "5", *more]


def ablation(perflab: Perflab) -> ExperimentRecord:
    """What the latest run kept of it."""
    return perflab.latest().experiments["ablation"]


def test_one_command_measures_every_knob_and_what_it_costs(perflab: Perflab, tmp_path: Path) -> None:
    """Each arm is what its name says and has a slot in each block; terminal, file and run tell the same; all ends."""
    target = tmp_path / "ablation.json"
    result = perflab(*arguments(perflab, "--json", target))
    assert result.code == 0, result.err
    record = ablation(perflab)
    assert record.status is Status.COMPLETE
    assert list(perflab.latest().experiments) == ["ablation"]

    facts = record.facts
    shares = Counter((slot["block"], slot["arm"]) for slot in facts["slots"])
    assert set(shares.values()) == {1}
    assert len(shares) == 2 * ARMS
    assert all((perflab.reports / "latest" / slot["samples"]).is_file() for slot in facts["slots"])
    for knob in SEARCH_KNOBS:
        on = set(SEARCH_KNOBS) - {knob}
        assert facts["arms"][f"all but {knob}"] == {each: "on" if each in on else "off" for each in KNOBS}
    assert set(facts["arms"]["none"].values()) == {"off"}

    told: dict[str, Any] = json.loads(target.read_text())
    assert told == json.loads(json.dumps(found(facts)))
    assert {each["knob"] for each in told["contributions"]["knobs"]} == set(SEARCH_KNOBS)
    assert {each["arm"] for each in told["costs"]["memory"]} == set(facts["arms"])
    assert told["costs"]["writes"]
    assert told["costs"]["indexes"]
    assert [each["knob"] for each in told["costs"]["settings"]] == list(SEARCH_KNOBS)
    assert all(knob in result.out for knob in SEARCH_KNOBS)

    assert [Path(figure.path).stem for figure in record.figures] == ["ablation.waterfall"]
    again = perflab("report", perflab.reports / "latest", "--no-notebooks")
    assert again.complaint == ""
    assert found(ablation(perflab).facts) == found(facts)
    assert left_running(perflab) == []


def test_an_interrupted_ablation_keeps_its_blocks(perflab: Perflab) -> None:
    """Ctrl-C after a block: exit code 130, partial, the slots are there, nothing runs on."""
    process = perflab.start(*arguments(perflab, "--budget", BUDGET_S * 4))
    deadline = time.monotonic() + LIMIT_S

    def kept() -> int:
        there = (perflab.reports / "latest/run.json").exists()
        experiments = perflab.latest().experiments if there else {}
        return len(experiments["ablation"].facts["slots"]) if "ablation" in experiments else 0

    while not kept():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert ended(process).code == 130
    assert ablation(perflab).status is Status.PARTIAL
    assert ablation(perflab).facts["slots"]
    assert left_running(perflab) == []


def test_too_small_a_budget_is_told_before_anything_starts(perflab: Perflab) -> None:
    """With the budget that would do."""
    result = perflab(*arguments(perflab, "--budget", "2"))
    assert result.code == 2
    assert "--budget 2 is too small for ablation" in result.complaint
    assert not perflab.reports.exists()


def test_a_spec_without_the_experiment_is_told(perflab: Perflab) -> None:
    """By the name of what is missing."""
    result = perflab("ablate", perflab.spec)
    assert result.code == 2
    assert "unknown experiment" in result.complaint

"""The breaker's experiment: laid out from a budget, read from requests, judged in blocks."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.corpus import documents, harvest, workload
from bench.criteria import breaker_prevention as criterion
from bench.criteria import margin
from bench.criteria.breaker_prevention import CORE, FAULT, INTERLOCK, NONE, SEED, TIMELY, WITH, WITHOUT
from bench.criteria.catalogue import catalogue
from bench.criteria.reading import Reading, Unmeasured
from bench.environment import OwnProcesses
from bench.errors import BudgetTooSmall
from bench.experiments import Draft
from bench.experiments.breaker import EXPERIMENT, RATE, SCENARIO
from bench.experiments.breaker_layout import FAULT_S, FAULTS, FIELDS, OVERHEAD_S, SLOT_S, layout, whole_s
from bench.experiments.breaker_readings import HYBRID, PLAIN, Seen, Window, readings
from bench.experiments.breaker_run import ACTIVE, STATE
from bench.lifetime import Custody
from bench.model import Role, Verdict
from bench.observations import Observation
from bench.provision import Servers
from bench.report import findings
from bench.runner import Silent
from bench.spec import ExperimentSpec
from bench.subject import KNOBS
from tests.experiments.conftest import COUNT, STATES
from tests.experiments.test_counters import record

WINDOW = Window(1.0, 2.0, 3.0)


def slots(none: int, without: int, with_it: int, blocks: int = 6) -> list[dict[str, Any]]:
    """So many failures of a hundred requests in each block."""
    failures = {NONE: none, WITHOUT: without, WITH: with_it}
    return [
        {
            "block": block,
            "arm": arm,
            "fault": "" if arm == NONE else FAULT,
            "due": 100,
            "dropped": 0,
            "collateral": failures[arm] + block % 2,
            "wasted": 5,
            "probes": 1,
            "opened_s": 0.5,
            "ever_open": False,
            "recovered_s": {PLAIN: 0.0, HYBRID: None},
        }
        for block in range(blocks)
        for arm in CORE
    ]


def judged(measured: list[dict[str, Any]]) -> Verdict | str:
    """The verdict, or why there is none."""
    facts = {"slots": measured, "faults": {key: {} for key in FAULTS}, "deadline_s": 0.25, "rate": 120.0}
    reading = criterion.read({"breaker": replace(record(facts), name="breaker")})
    if isinstance(reading, Unmeasured):
        return reading.reason
    assert isinstance(reading, Reading)
    return margin.verdict(catalogue()["breaker_prevention"], reading)[0]


def test_the_verdict_follows_the_failures_that_are_left() -> None:
    """None left is a pass, a third is a fail; without the breaker in its arm nothing is prevented."""
    assert judged(slots(2, 80, 2)) is Verdict.PASS
    assert judged(slots(2, 80, 30)) is Verdict.FAIL
    assert judged(slots(2, 80, 80)) is Verdict.FAIL
    assert judged([*slots(0, 80, 0, 3), *[{**one, "block": one["block"] + 3} for one in slots(0, 80, 12, 3)]]) is (
        Verdict.INCONCLUSIVE
    )


def test_where_nothing_cascades_nothing_is_prevented() -> None:
    """Few failures, or a block with none: not measured, and the sentence says so."""
    assert "does not cascade" in str(judged(slots(2, 5, 2)))
    assert "does not cascade" in str(judged([*slots(2, 80, 2, 6)[3:], *slots(2, 2, 2, 1)]))
    assert "Too few blocks: 5" in str(judged(slots(2, 80, 2, 5)))
    assert "Too few blocks: 0" in str(judged([]))


def test_the_report_tells_every_arm() -> None:
    """The deciding fault in a sentence, every fault and arm in a row."""
    facts = {"slots": slots(2, 80, 2), "faults": {key: {} for key in FAULTS}, "deadline_s": 0.25, "rate": 120.0}
    told = replace(record(facts), name="breaker")
    assert "468 of 600" in findings.of(told)[0]
    (table,) = findings.tables(told)
    assert [row[1] for row in table.rows[:2]] == ["no breaker", "the breaker"]
    assert [row[-1] for row in table.rows[:2]] == ["never", "never"]
    assert [row[:2] for row in table.rows[2:]] == [[fault, "(budget)"] for fault in FAULTS if fault != FAULT]
    assert findings.of(replace(told, facts={})) == ()


@pytest.mark.parametrize("budget_s", [14.0, 60.0, 80.0, 150.0, 175.0])
def test_the_budget_is_kept_and_the_criterion_comes_first(budget_s: float) -> None:
    """Blocks for an interval before rivals, rivals before other faults; every block has all arms that it needs."""
    runs = layout(budget_s, 7)
    assert len(runs) * (SLOT_S + OVERHEAD_S) <= budget_s
    by_block = [{run.arm for run in runs if run.block == number} for number in range(runs[-1].block + 1)]
    assert all(set(CORE) <= arms for arms in by_block)
    complete = sum(run.fault == FAULT and run.arm == WITHOUT for run in runs)
    assert complete == criterion.FEWEST_BLOCKS or {run.fault for run in runs} == {FAULT, ""}
    if budget_s == 175.0:
        assert {run.fault for run in runs} == {*FAULTS, ""}
        assert {SEED, INTERLOCK} <= {run.arm for run in runs}
    assert runs == layout(budget_s, 7)


def test_other_breakers_are_compared_where_calls_end_within_the_fault() -> None:
    """All four arms in one block, each a service of its own with that timeout; the whole budget holds every fault."""
    runs = layout(whole_s(), 7)
    assert {run.fault for run in runs} == {*FAULTS, ""}
    assert {run.fault for run in layout(whole_s() - SLOT_S - OVERHEAD_S, 7)} < {run.fault for run in runs}
    rivals = [run for run in runs if run.fault == TIMELY]
    assert {run.arm for run in rivals} == {WITHOUT, WITH, SEED, INTERLOCK}
    assert len({run.block for run in rivals}) == 1
    assert all(run.fault == TIMELY for run in runs if run.arm in {SEED, INTERLOCK})
    assert {run.service for run in rivals}.isdisjoint(run.service for run in runs if run.fault != TIMELY)
    assert float(FIELDS[TIMELY]["weaviate_timeout_s"]) < FAULT_S < float(SCENARIO["weaviate_timeout_s"])
    filled_s = int(SCENARIO["most_requests"]) / (RATE / 2)
    assert filled_s < float(FIELDS[TIMELY]["weaviate_timeout_s"])


def test_the_report_tells_what_its_scenario_decides() -> None:
    """That calls outlast the fault, how little a few quiet runs say, and what was left out for want of time."""
    facts = {
        "slots": slots(2, 80, 2), "faults": {key: {} for key in FAULTS}, "deadline_s": 0.25, "rate": 120.0,
        "scenario": dict(SCENARIO), "fault_s": FAULT_S, "whole_s": whole_s(),
    }  # fmt: skip
    said = " ".join(findings.of(replace(record(facts), name="breaker")))
    assert "opened in 0 of 6 runs; from so few, 0.0 % to 46 % of all" in said
    assert "cannot open there by construction" in said
    assert f"Not measured (budget): {', '.join(list(FAULTS)[1:])}: a budget of {whole_s():g} s holds all." in said


def test_a_budget_without_a_block_is_refused() -> None:
    """And what it takes is told."""
    with pytest.raises(BudgetTooSmall, match=r"12\.6 s are needed"):
        EXPERIMENT.plan(ExperimentSpec(budget_s=12), 7)


def test_readings_of_a_run() -> None:
    """Late, refused and unanswered requests of the other route count from the fault on; the rest from what was seen."""
    rows = [Observation(PLAIN, at / 100, at / 100, at / 100 + 0.01, 200) for at in range(0, 300, 2)]
    rows += [
        Observation(PLAIN, 0.5, 0.5, 0.6, 503, "HTTP 503"),  # before the fault
        Observation(PLAIN, 1.2, 1.2, 1.3, 503, "HTTP 503"),
        Observation(PLAIN, 1.3, 1.3, 1.9, 200),
        Observation(PLAIN, 1.4, 1.4, 1.5, 0, "no answer"),
        Observation(HYBRID, 1.4, 1.4, 2.9, 200),
    ]
    states = [Seen(0.5, "closed", 1, 5), Seen(1.0, "closed", 9, 10), Seen(1.5, "open", 4, 30), Seen(1.9, "open", 4, 33)]
    said = readings(rows, states, WINDOW, 0.25)
    assert (said["due"], said["collateral"]) == (103, 3)
    assert (said["wasted"], said["probes"], said["opened_s"]) == (23, 3, 0.5)
    assert (said["ever_open"], said["most_in_flight"]) == (True, 9)
    assert said["recovered_s"] == {PLAIN: 0.0, HYBRID: None}
    assert sum(said["bins"][PLAIN]["bad"]) == 4


def test_the_metrics_page_is_read() -> None:
    """The one state that is 1, of the circuit to Weaviate alone."""
    page = (
        'circuitbreaker_state{name="redis",state="open"} 1.0\ncircuitbreaker_state{name="weaviate",state="open"} 0.0\n'
        'circuitbreaker_state{name="weaviate",state="half_open"} 1.0\nhttp_server_active_requests 12.0\n'
    )
    assert [found[1] for found in (STATE.search(page), ACTIVE.search(page)) if found] == ["half_open", "12"]


@pytest.mark.servers
@pytest.mark.slow
@pytest.mark.parametrize("knob", ["on", "off"])
async def test_a_block_on_real_services(knob: str, servers: Servers, tmp_path: Path) -> None:
    """Without the breaker its circuit is never seen open, in whichever arm it is missing."""
    (tmp_path / "samples").mkdir()
    operations = workload.record(documents(harvest(), COUNT, 7), 200, 7)
    workload.write(operations, tmp_path / "workload.jsonl", seed=7, corpus="tests")
    with Custody.open(tmp_path / "leases") as custody:
        bench: Any = SimpleNamespace(
            draft=Draft(),
            timing=ExperimentSpec(budget_s=3 * (SLOT_S + OVERHEAD_S)),
            seed=7,
            servers=servers,
            databases={role: servers.postgres.dsn(STATES[role].name) for role in Role},
            knobs={Role.CANDIDATE: {**dict.fromkeys(KNOBS, "on"), "breaker": knob}},
            custody=custody,
            own=OwnProcesses(),
            logs=tmp_path,
            folder=SimpleNamespace(samples=tmp_path / "samples"),
            workload=tmp_path / "workload.jsonl",
            spec=SimpleNamespace(workload=SimpleNamespace(arrivals="poisson")),
            progress=Silent(),
            save=lambda: None,
        )
        await EXPERIMENT.run(bench)
    measured = {slot["arm"]: slot for slot in bench.draft.facts["slots"]}
    assert set(measured) == set(CORE)
    assert not measured[WITHOUT]["ever_open"]
    assert measured[WITH]["ever_open"] is (knob == "on")
    assert measured[WITHOUT]["wasted"] > 0
    assert all(slot["due"] > 0 and slot["dropped"] == 0 for slot in measured.values())

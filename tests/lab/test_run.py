"""`perflab run` from nothing to a report, on a tiny spec."""

import json
from collections import Counter

import psutil
import pytest

from bench import store
from bench.lifetime.processes import MARK
from bench.model import Role, Status, Verdict
from bench.store import history
from tests.lab.conftest import Ended, Perflab

pytestmark = [pytest.mark.servers, pytest.mark.slow]

Finished = tuple[Perflab, Ended]


def left_running(perflab: Perflab) -> list[int]:
    """Processes that a lab with this state folder started and that still live."""
    state = perflab.environment["XDG_STATE_HOME"]
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except psutil.Error:
            continue
        if MARK in environment and environment.get("XDG_STATE_HOME") == state:
            found.append(process.pid)
    return found


def test_every_criterion_of_the_spec_gets_a_verdict_from_real_samples(finished: Finished) -> None:
    """One command: measured criteria have an effect, an interval and pairs; the others say why they have none."""
    perflab, ended = finished
    record = perflab.latest()
    by_id = {result.id: result for result in record.criteria}
    assert list(by_id) == ["response_time", "query_time", "breaker_prevention"]
    assert by_id["breaker_prevention"].verdict is Verdict.NOT_MEASURED
    assert by_id["breaker_prevention"].reason
    for name in ("response_time", "query_time"):
        result = by_id[name]
        assert result.n is not None, ended.err
        assert result.n >= 6
        assert result.ci is not None
        assert result.ci[0] <= (result.measured or 0) <= result.ci[1]
    assert ended.code == record.exit_code
    assert ended.code in (1, 3, 4)  # breaker_prevention is required and not measured: never 0


def test_the_slots_are_those_of_the_plan_and_each_has_its_samples(finished: Finished) -> None:
    """Three arms in equal shares, and as many rows in the files as the record counts."""
    perflab, _ = finished
    folder = perflab.reports / "latest"
    experiment = perflab.latest().experiments["response_time"]
    shares = Counter(slot.slot.role for slot in experiment.slots)
    assert set(shares) == set(Role)
    assert len(set(shares.values())) == 1
    stored = perflab.latest().experiments
    files = {slot.samples for each in stored.values() for slot in each.slots}
    assert files == {f"samples/{path.name}" for path in (folder / "samples").iterdir()}


def test_the_plans_of_both_databases_are_kept(finished: Finished) -> None:
    """EXPLAIN with buffers for each kind of query, once without and once with the tuning."""
    perflab, _ = finished
    plans = {path.name: json.loads(path.read_text()) for path in (perflab.reports / "latest/plans").iterdir()}
    assert {"stats.baseline.json", "stats.candidate.json"} <= set(plans)
    assert all("Shared Hit Blocks" in plan["Plan"] for plan in plans.values())


def test_people_get_a_report_figures_and_notebooks(finished: Finished) -> None:
    """All that the README promises lies in the folder."""
    perflab, ended = finished
    folder = perflab.reports / "latest"
    for name in ("run.json", "report.md", "report.html", "notebooks/01_scorecard.html"):
        assert (folder / name).stat().st_size > 0, name
    assert list((folder / "figures").glob("*.png"))
    assert "response_time" in ended.out
    assert str(folder.resolve()) in ended.out.replace("\n", "")


def test_progress_is_told_while_it_runs(finished: Finished) -> None:
    """Where there is no terminal: a line per stage and block, with what remains and the effect so far."""
    _, ended = finished
    assert "starting servers" in ended.err
    assert "s left, p50 ratio" in ended.err


def test_nothing_of_it_is_left_running(finished: Finished) -> None:
    """No server, service or generator outlives the command."""
    perflab, _ = finished
    assert left_running(perflab) == []


def test_a_run_can_be_judged_again_without_servers(finished: Finished) -> None:
    """`perflab report` computes everything from the samples and comes to the very same effects and verdicts."""
    perflab, _ = finished
    before = perflab.latest()
    copy = perflab.folder / "again.json"
    again = perflab("report", perflab.reports / "latest", "--no-notebooks", "--json", copy)
    after = perflab.latest()
    assert json.loads(copy.read_text()) == json.loads((perflab.reports / "latest/run.json").read_text())
    assert again.code == before.exit_code
    assert after.criteria == before.criteria
    assert {n: e.effects for n, e in after.experiments.items()} == {n: e.effects for n, e in before.experiments.items()}


def test_the_run_is_remembered(finished: Finished) -> None:
    """The history beside the run folders has its line, with commit, machine and effects; judging again adds none."""
    perflab, _ = finished
    kept = history.read(perflab.reports)
    record = perflab.latest()
    assert [entry.run_id for entry in kept.entries] == [record.run_id]
    assert kept.complaints == ()
    assert kept.entries[0].environment.commit == record.environment.commit
    assert {effect.experiment for effect in kept.entries[0].effects} == set(record.experiments)


def test_the_same_seed_lays_out_the_same_slots(finished: Finished) -> None:
    """Order and seeds of all slots follow from --seed."""
    from bench.experiments import find
    from bench.lab.options import Options, effective_spec, plans

    perflab, _ = finished
    spec = effective_spec(Options(spec=perflab.spec))
    for name, plan in plans(spec, 5).items():
        seen = [record.slot for record in perflab.latest().experiments[name].slots]
        assert list(plan.slots[: len(seen)]) == seen
        assert find()[name].plan(spec.experiments[name], 6).slots != plan.slots


def test_the_record_is_of_the_published_schema(finished: Finished) -> None:
    """run.json holds what docs/run.schema.json says, and reads back into the same record."""
    perflab, _ = finished
    raw = json.loads((perflab.reports / "latest/run.json").read_text())
    assert raw["schema_version"] == 1
    assert raw["experiments"]["response_time"]["status"] == Status.COMPLETE
    assert store.load(perflab.reports / "latest").run_id == raw["run_id"]

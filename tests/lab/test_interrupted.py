"""Runs that do not reach their end."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from bench.model import Status, Verdict
from bench.report.markdown import plain
from tests.lab.conftest import LIMIT_S, TINY, Perflab, ended
from tests.lab.test_run import left_running

pytestmark = [pytest.mark.servers, pytest.mark.slow]


def await_slots(perflab: Perflab, process: "subprocess.Popen[str]", experiment: str) -> None:
    """Wait until the run has kept the first slots of an experiment."""

    def kept() -> bool:
        experiments = perflab.latest().experiments if (perflab.reports / "latest/run.json").exists() else {}
        return experiment in experiments and bool(experiments[experiment].slots)

    _await(kept, process)


def _await(happened: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + LIMIT_S
    while not happened():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_an_interrupted_run_keeps_what_it_measured(perflab: Perflab) -> None:
    """Ctrl-C under load: exit code 130, a partial record that says so and can be reported, nothing running."""
    process = perflab.start(*perflab.run_arguments("--only", "response_time"))
    await_slots(perflab, process, "response_time")
    process.send_signal(signal.SIGINT)
    result = ended(process)
    assert result.code == 130
    assert "interrupted" in result.complaint
    assert left_running(perflab) == []

    partial = perflab.latest().experiments["response_time"]
    assert partial.status is Status.PARTIAL
    assert "interrupted" in partial.reason
    assert partial.slots
    assert all((perflab.reports / "latest" / slot.samples).exists() for slot in partial.slots)
    perflab("report", perflab.reports / "latest", "--no-notebooks")
    assert "interrupted" in (perflab.reports / "latest/report.md").read_text()


def test_a_pool_that_is_cut_off_within_a_block_is_kept_and_judged(perflab: Perflab) -> None:
    """Ctrl-C within the second block: the slots until then are kept; the run is reported, its criteria not measured."""
    timing = "[experiments.pool]\nbudget_s = 20\nslot_s = 0.4\ndiscard_s = 0.1\n"
    criteria = "[criteria]\npool_utilization = {}\npooling_gain = {}\n"
    perflab.spec.write_text(TINY.replace("[criteria]\n", timing + criteria))
    process = perflab.start(*perflab.run_arguments("--only", "pool"))
    samples = perflab.reports / "latest/samples"
    # Slots 0 to 4 are the first block; the probes before them have indexes of their own.
    _await(lambda: any(samples.glob("pool-0006-*")), process)
    process.send_signal(signal.SIGINT)
    assert ended(process).code == 130
    partial = perflab.latest().experiments["pool"]
    assert partial.status is Status.PARTIAL
    slots = partial.facts["slots"]
    assert len(slots) >= 6
    assert all((samples / Path(slot["samples"]).name).exists() for slot in slots)
    perflab("report", perflab.reports / "latest", "--no-notebooks")
    verdicts = {judged.id: judged.verdict for judged in perflab.latest().criteria}
    assert verdicts["pooling_gain"] is Verdict.NOT_MEASURED
    assert left_running(perflab) == []


def test_a_run_can_be_resumed(perflab: Perflab) -> None:
    """--resume measures what is not complete, in the same folder, by the same plan."""
    process = perflab.start(*perflab.run_arguments("--only", "query_time", "--budget", "15"))
    await_slots(perflab, process, "query_time")
    process.send_signal(signal.SIGINT)
    assert ended(process).code == 130
    before = perflab.latest()

    resumed = perflab.run("--resume", perflab.reports / "latest")
    after = perflab.latest()
    assert resumed.code == after.exit_code
    assert perflab.runs() == [after.run_id] == [before.run_id]
    assert after.experiments["query_time"].status is Status.COMPLETE
    old, new = (each.experiments["query_time"].slots for each in (before, after))
    assert [slot.slot for slot in new[: len(old)]] == [slot.slot for slot in old]
    assert len(new) > len(old)


def test_an_arm_that_dies_costs_its_experiment_alone(perflab: Perflab) -> None:
    """A killed service: its experiment is failed and not judged, the next one is measured and reported, exit code 2."""
    # A claim that holds anyhow: a FAIL would be told before the harness's own failure.
    perflab.spec.write_text(TINY.replace("query_time = {}", "query_time = { threshold = -100 }"))
    process = perflab.start(*perflab.run_arguments("--only", "response_time", "--only", "query_time"))
    await_slots(perflab, process, "response_time")
    _service_of(process).kill()
    result = ended(process)
    assert result.code == 2
    assert any(role in result.complaint for role in ("baseline", "control", "candidate")), result.complaint
    record = perflab.latest()
    broke = record.experiments["response_time"]
    assert (broke.status, bool(broke.slots), broke.effects) == (Status.FAILED, True, ())
    assert broke.reason in result.complaint
    assert record.experiments["query_time"].status is Status.COMPLETE
    verdicts = {judged.id: judged for judged in record.criteria}
    assert verdicts["response_time"].verdict is Verdict.NOT_MEASURED
    assert broke.reason in verdicts["response_time"].reason
    assert verdicts["query_time"].verdict is Verdict.PASS
    assert record.exit_code == 2
    assert plain(broke.reason) in (perflab.reports / "latest/report.md").read_text()
    assert left_running(perflab) == []


def test_a_server_that_dies_ends_the_run(perflab: Perflab) -> None:
    """PostgreSQL is killed under load: exit code 2 and a sentence, not a verdict about errors."""
    process = perflab.start(*perflab.run_arguments("--only", "query_time"))
    _await(lambda: any((perflab.reports / "latest/samples").glob("query_time-*")), process)
    postgres = next(
        child for child in psutil.Process(process.pid).children(recursive=True) if child.name() == "postgres"
    )
    postgres.send_signal(signal.SIGQUIT)
    result = ended(process)
    assert result.code == 2
    assert result.complaint.startswith("perflab: ")
    assert left_running(perflab) == []


def test_a_full_disk_is_told_and_costs_nothing_that_was_there(perflab: Perflab) -> None:
    """The reports' file system fills up in the middle: exit code 2, the reason, earlier files as they were."""
    perflab.reports.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(perflab.reports)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("Only root may mount the small file system that this test fills.")
    try:
        earlier = perflab.reports / "earlier"
        earlier.write_text("measured")
        process = perflab.start(*perflab.run_arguments("--only", "query_time"))
        _await(lambda: any((perflab.reports / "latest/samples").glob("query_time-*")), process)
        _fill(perflab.reports / "ballast")
        result = ended(process)
        assert result.code == 2
        assert "No space left on device" in result.complaint
        assert earlier.read_text() == "measured"
        assert perflab.latest().run_id  # the record that was there before is whole
    finally:
        for process in perflab.processes:
            process.kill()
            process.wait()
        subprocess.run(["umount", str(perflab.reports)], check=True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(os.urandom(4096))
        except OSError:
            return


def _service_of(process: "subprocess.Popen[str]") -> psutil.Process:
    for child in psutil.Process(process.pid).children(recursive=True):
        if child.cmdline()[-2:] == ["-m", "service"] or "service" in child.cmdline():
            return child
    raise AssertionError("no arm is running")

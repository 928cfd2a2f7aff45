import subprocess
import sys
import time
from pathlib import Path

from bench import environment
from bench.environment import OwnProcesses, Snapshot

BURN = "import time; end = time.process_time() + 0.8\nwhile time.process_time() < end: pass"


def test_the_machine_is_described(tmp_path: Path) -> None:
    """What a run records of the machine is there and plausible; outside a checkout there is no commit."""
    described = environment.describe(tmp_path)
    assert described.cores >= 1
    assert described.memory_bytes > 2**28
    assert described.packages["asyncpg"]
    assert described.commit is None
    assert described.dirty is None


def test_a_checkout_tells_its_commit_and_whether_it_is_clean(tmp_path: Path) -> None:
    """The commit is the one checked out, and an untracked file makes the tree dirty."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert environment.describe(tmp_path).commit == head
    assert environment.describe(tmp_path).dirty is False
    (tmp_path / "new").touch()
    assert environment.describe(tmp_path).dirty is True


def test_own_work_is_not_a_neighbour_and_a_stranger_s_is() -> None:
    """CPU time burnt by a child counts as the lab's own; the same seen without that child counts as a neighbour's."""
    own, blind = OwnProcesses(), OwnProcesses()
    blind._roots = []
    before, before_blind = Snapshot.take(own), Snapshot.take(blind)
    child = subprocess.Popen(
        [sys.executable, "-c", f"{BURN}\nprint(flush=True)\ntime.sleep(30)"], stdout=subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        child.stdout.readline()
        after, after_blind = Snapshot.take(own), Snapshot.take(blind)
    finally:
        child.kill()
        child.communicate()
    seen, unseen = before.until(after), before_blind.until(after_blind)
    assert seen.neighbour_cores is not None
    assert unseen.neighbour_cores is not None
    elapsed_s = (after.total_s - before.total_s) / after.cores
    assert (unseen.neighbour_cores - seen.neighbour_cores) * elapsed_s > 0.6  # of the 0.8 s that it burnt


def test_the_time_of_an_ended_process_is_not_forgotten() -> None:
    """The sum never falls when a member ends: a slot's own time would come out negative."""
    own = OwnProcesses()
    child = subprocess.Popen([sys.executable, "-c", f"{BURN}\ntime.sleep(30)"])
    try:
        time.sleep(1.0)
        during = own.cpu_s()
    finally:
        child.kill()
        child.wait()
    assert own.cpu_s() >= during


def test_the_work_of_a_grandchild_that_came_and_went_counts() -> None:
    """PostgreSQL's parallel workers begin and end within a slot: no look ever sees them, their time is ours."""
    brief = BURN.replace("0.8", "0.3")
    parent = f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {brief!r}])\nprint(flush=True)\n"
    own = OwnProcesses()
    before = own.cpu_s()
    child = subprocess.Popen([sys.executable, "-c", f"{parent}time.sleep(30)"], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        child.stdout.readline()
        assert own.cpu_s() - before >= 0.3
    finally:
        child.kill()
        child.communicate()

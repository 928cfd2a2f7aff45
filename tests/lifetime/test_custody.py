"""What custody makes while the lab lives, and how single things end early."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bench.errors import ProvisionError
from bench.lifetime import Custody, sweep
from bench.lifetime.lease import Held, Lease
from bench.lifetime.processes import birth, end


@pytest.fixture
def custody(state: Path) -> Iterator[Custody]:
    """Custody with a state folder of its own."""
    with Custody.open(state) as opened:
        yield opened


def test_folders_are_private_and_end_with_custody(state: Path, tmp_path: Path) -> None:
    """A folder is for its user only, two never collide, and closing removes them with their contents."""
    with Custody.open(state) as custody:
        first, second = custody.directory("a-", parent=tmp_path), custody.directory("a-", parent=tmp_path)
        (first / "file").touch()
        assert first != second
        assert stat.S_IMODE(first.stat().st_mode) == 0o700
    assert not first.exists()
    assert not second.exists()


def test_closing_twice_is_closing_once(state: Path) -> None:
    """`close` may be called again and after the context ended."""
    with Custody.open(state) as custody:
        custody.close()
    custody.close()
    assert list(state.iterdir()) == []


def test_nothing_starts_once_custody_is_closed(custody: Custody) -> None:
    """A thread that comes late gets an error: nobody would end what it makes."""
    custody.close()
    with pytest.raises(OSError, match="closed"):
        custody.spawn(["sleep", "300"])
    with pytest.raises(OSError, match="closed"):
        custody.directory("perflab-test-")


def test_a_program_that_does_not_exist_is_an_oserror(custody: Custody) -> None:
    """The caller learns what could not be started and can say it in its own words."""
    with pytest.raises(FileNotFoundError):
        custody.spawn(["/no/such/program"])


def test_a_state_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    """Where the lease cannot be kept nothing is started, and the error says what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(ProvisionError, match="XDG_STATE_HOME"):
        Custody.open(tmp_path / "file" / "leases")


def test_end_takes_the_grandchildren_and_nobody_else(custody: Custody) -> None:
    """Ending one program ends its orphans in other sessions too, and leaves its siblings running."""
    sibling = custody.spawn(["sleep", "300"])
    parent = custody.spawn(["sh", "-c", "(setsid sleep 300 & echo $!)"], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout:
        orphan = int(parent.stdout.readline())
    assert psutil.pid_exists(orphan)
    custody.end(parent.pid)
    assert not psutil.pid_exists(orphan) or psutil.Process(orphan).status() == psutil.STATUS_ZOMBIE
    assert sibling.poll() is None


def test_end_asks_before_it_kills(custody: Custody, tmp_path: Path) -> None:
    """A program that handles its stop signal may finish; the signal is the one asked for."""
    script = "trap 'echo quit > \"$1\"; exit 0' QUIT; echo ready; while :; do sleep 0.01; done"
    child = custody.spawn(
        ["sh", "-c", script, "sh", str(tmp_path / "said")], stdout=subprocess.PIPE, stop=signal.SIGQUIT
    )
    assert child.stdout is not None
    with child.stdout:
        child.stdout.readline()
        custody.end(child.pid)
    assert (tmp_path / "said").read_text() == "quit\n"
    assert child.returncode == 0


def test_end_kills_what_does_not_listen(custody: Custody) -> None:
    """A program that ignores its stop signal is killed."""
    child = custody.spawn(
        ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.01; done"], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    with child.stdout:
        child.stdout.readline()
        custody.end(child.pid, grace_s=0.1)
    assert child.returncode == -signal.SIGKILL


def test_a_frozen_program_is_woken_to_end(custody: Custody) -> None:
    """A program stopped by SIGSTOP ends by its stop signal, not by being killed."""
    child = custody.spawn(["sleep", "300"])
    child.send_signal(signal.SIGSTOP)
    custody.end(child.pid)
    assert child.returncode == -signal.SIGTERM


def test_end_leaves_strangers_alone(custody: Custody) -> None:
    """A process that custody did not start is not ended by its number."""
    with subprocess.Popen(["sleep", "300"]) as stranger:
        custody.end(stranger.pid)
        assert stranger.poll() is None
        stranger.kill()


def test_a_number_given_to_another_process_is_not_ended() -> None:
    """A record whose birth is not the living process's birth touches nothing; the true birth does."""
    with subprocess.Popen(["sleep", "300"], start_new_session=True) as process:
        true = birth(process.pid)
        assert true is not None
        other = Held(process.pid, f"{true}0", signal.SIGTERM, "sleep")
        assert end([other], "no-such-mark") == []
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)
        end([Held(process.pid, true, signal.SIGTERM, "sleep")], "no-such-mark", process.poll)
        assert process.returncode == -signal.SIGTERM


def test_the_lab_itself_is_never_among_the_doomed(custody: Custody) -> None:
    """The lab's own environment carries no mark: closing cannot end the lab."""
    child = custody.spawn(
        [sys.executable, "-c", "import os; print(os.environ['PERFLAB_CUSTODY'])"], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.read().decode().startswith(custody._lease.token)
    assert "PERFLAB_CUSTODY" not in os.environ


def test_sweep_survives_a_torn_last_line(state: Path, tmp_path: Path) -> None:
    """A lease whose last line was cut off is settled by its other lines."""
    folder = tmp_path / "left"
    folder.mkdir()
    lease = Lease.create(state)
    lease.note(folder=str(folder))
    os.write(lease.descriptor, b'{"folder": "/half')
    lease.release()
    assert len(sweep(state)) == 1
    assert not folder.exists()


def test_what_was_ended_early_is_not_swept(state: Path, tmp_path: Path) -> None:
    """A folder that the lab removed and someone made anew belongs to that someone."""
    lease = Lease.create(state)
    lease.note(folder=str(tmp_path / "left"))
    lease.note(removed=str(tmp_path / "left"))
    lease.release()
    (tmp_path / "left").mkdir()
    assert sweep(state) == []
    assert (tmp_path / "left").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file to another user takes root")
def test_another_users_lease_is_not_believed(state: Path, tmp_path: Path) -> None:
    """Sweeping as root does not remove what another user's lease names."""
    folder = tmp_path / "precious"
    folder.mkdir()
    lease = Lease.create(state)
    lease.note(folder=str(folder))
    lease.release()
    os.chown(lease.path, 65534, -1)
    assert sweep(state) == []
    assert folder.exists()
    os.chown(lease.path, 0, -1)
    assert len(sweep(state)) == 1
    assert not folder.exists()

"""The first start of ./perflab: it installs once, whole, and says in one sentence what it misses."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

UV_THAT_HANGS = """
case "$*" in *"pip sync"*) echo there >"{reached}"; exec sleep 60 ;; esac
exec "{uv}" "$@"
"""


def explains(run: subprocess.CompletedProcess, *words: str) -> bool:
    """Exit 2, no traceback, and these words in the last line."""
    last = run.stderr.strip().splitlines()[-1]
    return run.returncode == 2 and "Traceback" not in run.stderr and all(word in last for word in words)


def wait_for(path: Path) -> None:
    """Until another process has made this file."""
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.02)


def test_pip_steps_in_where_uv_reaches_nothing(bare, tmp_path):
    """What only pip's settings reach is fetched by pip: here, uv is offline and pip is not."""
    bare.environment = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}
    run = bare.run()
    assert run.returncode == 0, run.stderr


def test_two_first_starts_at_once_install_once(fresh):
    """The second of two simultaneous first starts waits for the first and then runs as well."""
    both = [fresh.start(), fresh.start()]
    outputs = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert sum("installing into" in err for _, err in outputs) == 1
    assert all(json.loads(out) for out, _ in outputs)


def test_a_killed_installation_is_made_anew(fresh, tmp_path):
    """After kill -9 in the middle, the next start installs from scratch and leaves no mark of the accident."""
    reached, uv = tmp_path / "reached", (fresh.bin / "uv").resolve()
    fresh.program("uv", UV_THAT_HANGS.format(reached=reached, uv=uv))
    with fresh.start(start_new_session=True) as first:
        wait_for(reached)
        leftover = fresh.path / ".venv/leftover"
        leftover.touch()
        os.killpg(first.pid, signal.SIGKILL)
    fresh.link("uv", uv)
    second = fresh.run()
    assert second.returncode == 0, second.stderr
    assert not leftover.exists()
    assert not (fresh.path / ".venv/perflab-unfinished").exists()
    assert fresh.run().stderr == ""


def test_an_environment_made_by_hand_is_completed_in_place(fresh):
    """A .venv that the user made before is kept and gets what it lacks."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", fresh.path / ".venv"], check=True)
    mine = fresh.path / ".venv/mine"
    mine.touch()
    run = fresh.run()
    assert run.returncode == 0, run.stderr
    assert mine.exists()


def test_the_users_own_settings_do_not_lead_elsewhere(fresh, tmp_path):
    """Variables that point uv at another environment leave the project's own alone, and reach perflab unchanged."""
    fresh.environment = {"VIRTUAL_ENV": str(tmp_path / "other"), "UV_SYSTEM_PYTHON": "1", "UV_PYTHON": "3.7"}
    run = fresh.run()
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["prefix"] == str(fresh.path / ".venv")


def test_no_python_is_one_sentence(bare):
    """Without any Python on PATH the message says what to install."""
    (bare.bin / "python3").unlink()
    assert explains(bare.run(), "no Python was found", "3.11")


def test_a_too_old_python_is_named(bare):
    """Only a Python 3.10 on PATH: the message says which program is which version, and nothing is made."""
    bare.program("python3", "echo 3.10")
    assert explains(bare.run(), "python3 is 3.10", "3.11 or newer")
    assert not (bare.path / ".venv").exists()


def test_a_newer_python_behind_an_old_one_is_found(fresh):
    """An old python3 does not hide a python3.12 that serves."""
    fresh.link("python3.12", (fresh.bin / "python3").resolve())
    fresh.program("python3", "echo 3.9")
    assert fresh.run().returncode == 0


@pytest.mark.parametrize(("script", "words"), [("echo 2.7", ["is Python 2.7"]), ("exit 1", ["does not start"])])
def test_a_named_python_that_does_not_serve_is_an_error(bare, script, words):
    """PERFLAB_PYTHON is taken at its word: no other Python is used instead."""
    bare.environment = {"PERFLAB_PYTHON": str(bare.program("mine", script))}
    assert explains(bare.run(), "PERFLAB_PYTHON", *words)


def test_a_python_without_venv_is_one_sentence(bare, tmp_path):
    """Debian's Python without its venv package: the message names the package."""
    (tmp_path / "ensurepip.py").write_text("raise ImportError('not packaged')")
    bare.environment = {"PYTHONPATH": str(tmp_path)}
    assert explains(bare.run(), "no venv module", "python3-venv")


OFFLINE = {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "PIP_NO_CACHE_DIR": "1", "PIP_FIND_LINKS": ""}


def test_no_network_is_one_sentence_and_is_repaired(fresh, tmp_path):
    """Nothing can be fetched: the message points at network and index; the next start with a network succeeds."""
    fresh.environment = {**OFFLINE, "UV_CACHE_DIR": str(tmp_path / "cache")}
    assert explains(fresh.run(), "could not be installed", "network", "install.log")
    fresh.environment = {}
    assert fresh.run().returncode == 0


def test_python_alone_is_enough(bare):
    """Where there is no uv, pip fetches the locked one, which does the rest; offline, the message is the same."""
    bare.environment = OFFLINE
    assert explains(bare.run(), "could not be installed", "network", "install.log")
    bare.environment = {}
    run = bare.run()
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["prefix"] == str(bare.path / ".venv")
    assert (bare.path / ".venv/bin/uv").exists()


def test_a_package_that_is_not_the_locked_one_is_refused(fresh):
    """A wrong hash in the lock stops the installation."""
    lock = fresh.path / "requirements.lock"
    text = lock.read_text()
    start = text.index("iniconfig==")
    entry = text[start : text.index("\nsetuptools")]
    first_line = entry.splitlines()[0]
    lock.write_text(text.replace(entry, f"{first_line}\n    --hash=sha256:{'0' * 64}"))
    assert explains(fresh.run(), "could not be installed")
    assert "Hash mismatch" in (fresh.path / ".venv/install.log").read_text()


def test_a_folder_that_cannot_be_written_is_one_sentence(bare):
    """An ordinary user in somebody else's checkout: the message says that, before anything is tried."""
    bare.program("python3", "echo 3.12")
    # pytest's own folders are closed to other users.
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        shutil.copytree(bare.path, place / "checkout")
        shutil.copytree(bare.bin, place / "bin", symlinks=True)
        bare.path, bare.bin = place / "checkout", place / "bin"
        bare.path.chmod(0o555)
        place.chmod(0o755)
        somebody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        assert explains(bare.run(**somebody), "cannot be written to")
        bare.path.chmod(0o755)

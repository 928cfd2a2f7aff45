"""`perflab compare` with real services: what it says, what it keeps, what it refuses."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import store
from bench.lifetime import sweep
from bench.model import Status
from tests.lab.conftest import LIMIT_S, Ended, Perflab, ended
from tests.lab.test_run import left_running

SERVE = f"{sys.executable} -m uvicorn slowly:app --port {{port}} --log-level warning --lifespan off"
TIMING = ("--budget", "150", "--slot", "0.6", "--rate", "200", "--ready", "/ready")
"""Twelve pairs and more before the first look, so that one spoilt pair does not decide; it ends there if it may."""
MACHINE = (
    "Other processes kept",
    "The hypervisor took",
    "The processor quota",
    "A second process",
    "The load generator",
)
"""How reasons begin that are the machine's, not the arms': a test must stand on a busy one."""


def arm(**environment: object) -> str:
    """The tiny service with these variables."""
    return f"cmd:{' '.join(f'{name}={value}' for name, value in environment.items())} {SERVE}"


@dataclass(frozen=True)
class Compare:
    """`perflab compare` in a folder with the tiny service."""

    perflab: Perflab

    def __call__(self, baseline: str, candidate: str, *more: object, timing: Sequence[str] = TIMING) -> Ended:
        """Compare to the end."""
        return ended(self.start(baseline, candidate, *more, timing=timing))

    def start(
        self, baseline: str, candidate: str, *more: object, timing: Sequence[str] = TIMING
    ) -> "subprocess.Popen[str]":
        """Start comparing."""
        (self.perflab.folder / "tmp").mkdir(exist_ok=True)
        words = ["--baseline", baseline, "--candidate", candidate, "--out", self.perflab.reports, *timing, *more]
        return self.perflab.start("compare", *words, TMPDIR=str(self.perflab.folder / "tmp"))

    @property
    def left(self) -> list[Path]:
        """What is left of its folders."""
        return list((self.perflab.folder / "tmp").glob("perflab-*"))


@pytest.fixture
def compare(perflab: Perflab) -> Compare:
    """The command, standing beside the tiny service."""
    shutil.copy(Path(__file__).with_name("slowly.py"), perflab.folder)
    return Compare(perflab)


def await_pairs(compare: Compare, process: "subprocess.Popen[str]") -> None:
    """Wait until the first block was kept."""
    deadline = time.monotonic() + LIMIT_S
    latest = compare.perflab.reports / "latest" / "run.json"
    while not (latest.exists() and store.load(latest).experiments):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


NEVER_SENT = re.compile(r"\d+ arrivals at the \w+ were never sent")
"""What a stalled machine does to an open model."""


def assert_slower(found: dict[str, Any], code: int) -> None:
    """A regression that was confirmed, or would have been on a quieter machine."""
    assert found["ci"][0] > 1.05
    assert found["confirmation"] is None or found["confirmation"]["ratio"] > 1.05
    if found["verdict"] == "INVALID":
        assert code == 4
        reasons = [reason.partition(": ")[2] for reason in found["session"]["reasons"]]
        assert all(reason.startswith(MACHINE) or NEVER_SENT.match(reason) for reason in reasons), reasons
    else:
        assert (found["verdict"], code) == ("REGRESSION", 1)
        assert found["confirmation"]["confirmed"]


@pytest.mark.slow
def test_a_slower_service_is_a_regression(compare: Compare) -> None:
    """Four times as slow: exit code 1, confirmed by fresh pairs; screen, --json, run.json and report say the same."""
    file = compare.perflab.folder / "found.json"
    result = compare(arm(DELAY=0.005), arm(DELAY=0.02), "--path", "/x", "--path", "/y", "--seed", 3, "--json", file)
    assert result.code in (1, 4), result.err
    found = json.loads(file.read_text())
    assert_slower(found, result.code)
    assert {"ratio", "ci", "metric", "n_pairs", "mde", "delta", "aa", "session", "counters", "arms"} <= found.keys()
    assert (found["metric"], found["delta"], found["n_pairs"] >= 6) == ("p50", 0.05, True)
    assert found["counters"]["GET /x"]["bytes"] == {"baseline": 2.0, "candidate": 2.0, "exact": True}
    assert found["verdict"] in result.out
    assert "DELAY=0.02" in result.out

    record = compare.perflab.latest()
    assert record.comparison is not None
    assert record.comparison.ratio == found["ratio"]
    assert record.exit_code == result.code
    again = compare.perflab("report", compare.perflab.reports / "latest", "--no-notebooks")
    assert again.code == result.code
    assert store.load(compare.perflab.reports / "latest").comparison == record.comparison
    assert record.comparison.sentence[:20] in (compare.perflab.reports / "latest" / "report.html").read_text()
    assert left_running(compare.perflab) == []
    assert compare.left == []


@pytest.mark.slow
def test_two_revisions_each_run_their_own_files(compare: Compare) -> None:
    """The command comes from perflab.toml, younger than one of the revisions; nothing is left in the repository."""
    folder = compare.perflab.folder
    file = folder / "found.json"
    commit(folder, "quick", "slowly.py", "slowly.py")
    slower = (folder / "slowly.py").read_text().replace('"0.004"', '"0.02"')
    (folder / "slowly.py").write_text(slower)
    (folder / "perflab.toml").write_text(f'[compare]\ncommand = "{SERVE}"\nready = "/ready"\npath = ["/x"]\n')
    commit(folder, "slow", "slowly.py", "perflab.toml")
    (folder / "slowly.py").write_text("raise SystemExit('what is not committed is not what was asked for')")

    result = compare("git:HEAD~1", "git:HEAD", "--json", file, timing=TIMING[:-2])
    found = json.loads(file.read_text())
    assert_slower(found, result.code)
    assert found["arms"]["baseline"]["facts"]["commit"].endswith(" quick")
    assert found["arms"]["candidate"]["facts"]["commit"].endswith(" slow")
    assert compare.left == []
    assert git(folder, "worktree", "list").count("\n") == 1


@pytest.mark.slow
def test_an_arm_that_stops_half_way_is_no_verdict(compare: Compare) -> None:
    """Exit code 2 and what it said last; the pairs until then are kept, and nothing is claimed of them."""
    process = compare.start(arm(), arm(LINES="candidate-here", DELAY=0.02), "--path", "/x")
    await_pairs(compare, process)
    while process.poll() is None:
        for each in psutil.Process(process.pid).children(recursive=True):
            if _environment(each).get("LINES") == "candidate-here":
                with suppress(psutil.Error):  # it may have ended by itself
                    each.kill()
        time.sleep(0.2)
    result = ended(process)
    assert result.code == 2
    assert "candidate" in result.complaint
    # By the moment at which it was killed: between slots, under load, or while it is asked whether it is the same.
    assert re.search(r"ended|began to answer errors|does not answer", result.complaint), result.complaint
    record = compare.perflab.latest()
    assert record.experiments["comparison"].slots
    assert record.comparison is None
    assert record.exit_code == 4
    assert left_running(compare.perflab) == []


@pytest.mark.slow
def test_an_interrupted_comparison_claims_nothing(compare: Compare) -> None:
    """Ctrl-C under load: exit code 130, the pairs kept as partial, no verdict, nothing running."""
    file = compare.perflab.folder / "found.json"
    process = compare.start(arm(), arm(DELAY=0.02), "--path", "/x", "--json", file)
    await_pairs(compare, process)
    process.send_signal(signal.SIGINT)
    result = ended(process)
    assert result.code == 130
    assert (result.out, file.exists()) == ("", False)
    record = compare.perflab.latest()
    assert record.experiments["comparison"].status is Status.PARTIAL
    assert record.comparison is None
    assert left_running(compare.perflab) == []
    assert compare.perflab("report", compare.perflab.reports / "latest", "--no-notebooks").code == 4
    assert "interrupted" in (compare.perflab.reports / "latest" / "report.md").read_text()


@pytest.mark.slow
def test_a_killed_comparison_leaves_no_work_tree(compare: Compare) -> None:
    """Kill -9 under load: processes and the checked out revision go with the lab, the repository stays as it was."""
    folder = compare.perflab.folder
    commit(folder, "one", "slowly.py", "slowly.py")
    process = compare.start("git:HEAD", arm(DELAY=0.01), "--path", "/x", "--command", SERVE)
    await_pairs(compare, process)
    assert any((each / "tree" / "slowly.py").exists() for each in compare.left)
    process.send_signal(signal.SIGKILL)
    ended(process)
    deadline = time.monotonic() + LIMIT_S
    while compare.left or left_running(compare.perflab):
        assert time.monotonic() < deadline, compare.left
        sweep(folder / "state" / "perflab" / "leases")
        time.sleep(0.2)
    assert git(folder, "status", "--porcelain", "--untracked-files=no") == ""
    assert git(folder, "worktree", "list").count("\n") == 1


@pytest.mark.parametrize(
    ("baseline", "candidate", "more", "said"),
    [
        (arm(), arm(EXIT=7, LINES="no-such-database"), ["--path", "/x"], "exit code 7 at start: no-such-database"),
        (arm(), "cmd:no-such-program {port}", ["--path", "/x"], "`no-such-program {port}` cannot be started"),
        (arm(), arm(DELAY=0.1), ["--path", "/fail"], "GET /fail of http://127.0.0.1:"),
        (arm(), arm(), ["--path", "/x"], "are one and the same arm, so there is nothing to compare"),
        ("url:http://127.0.0.1:9", arm(), ["--path", "/x"], "The baseline (url:http://127.0.0.1:9) does not answer"),
        (arm(), arm(DELAY=0.1), ["--path", "/x", "--rate", "90000"], "--rate 90000: no arm holds that"),
        (arm(), arm(DELAY=0.1), ["--path", "/x", "--budget", "9"], "--budget 9 holds too few pairs: six, and four"),
        (arm(), arm(DELAY=0.1), [], "what is to be requested? Give --path /x"),
        (arm(), arm(DELAY=0.1), ["--workload", "absent.py"], "absent.py; check --workload"),
        (arm(), arm(DELAY=0.1), ["--path", "x"], "--path x: a path begins with /"),
        (arm(), arm(DELAY=0.1), ["--path", "/x", "--delta", "200%"], "--delta 2: give a share between 0 and 1"),
        (arm(), "git:HEAD", ["--path", "/x"], "is no git repository"),
        (arm(), "knobs:cach=on", ["--path", "/x"], "unknown knob `cach`; did you mean `cache`?"),
        (arm(), "spec:phas2", ["--path", "/x"], "the spec phas2 cannot be read"),
        ("serve", arm(), ["--path", "/x"], "--baseline 'serve' is no arm; write cmd:"),
        (
            arm(),
            arm(DELAY=0.1),
            ["--path", "/x", "--json", "/nowhere/found.json"],
            "'--json': there is no folder /nowhere; make it",
        ),
        (arm(), arm(IDENTITY="pid"), ["--path", "/x"], "is not what it was when the comparison began: /identity told"),
    ],
)
def test_bad_input_is_told_and_is_no_verdict(
    compare: Compare, baseline: str, candidate: str, more: list[str], said: str
) -> None:
    """One sentence, exit code 2; no run folder that could be taken for an answer, nothing left running."""
    result = compare(baseline, candidate, *more)
    assert result.code == 2
    assert said in result.complaint
    assert result.out == ""
    assert not list(compare.perflab.reports.glob("*-compare-*"))
    assert left_running(compare.perflab) == []


def test_an_earlier_answer_is_not_left_for_that_of_a_failure(compare: Compare) -> None:
    """A script that reads --json after a failure finds nothing rather than the last good answer."""
    file = compare.perflab.folder / "found.json"
    file.write_text("{}")
    assert compare(arm(), arm(), "--path", "/x", "--json", file).code == 2
    assert not file.exists()


def test_a_repository_that_does_not_say_how_it_starts_is_told(compare: Compare) -> None:
    """The revision is there, its command is not; the message shows what to write."""
    commit(compare.perflab.folder, "one", "slowly.py", "slowly.py")
    result = compare("git:HEAD", arm(), "--path", "/x")
    assert result.code == 2
    assert "Write a perflab.toml with [compare] command = 'uvicorn app:app --port {port}'" in result.complaint


def test_help_has_an_example(perflab: Perflab) -> None:
    """The kinds of arms, the exit codes and an example stand in --help."""
    said = perflab("compare", "--help").out
    for words in ("url:http://", "git:REVISION", "knobs:", "spec:", "Exit code: 0 IMPROVEMENT", "Example: perflab"):
        assert words in said


def commit(folder: Path, subject: str, *files: str) -> None:
    """Commit these files; makes the repository at first."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", *set(files))
    git(folder, "commit", "-qm", subject)


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody."""
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    return subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True, text=True).stdout


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except (psutil.Error, OSError):
        return {}

"""Which commit made it slower: git's list of commits, halved with `perflab compare`."""

import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from bench.errors import PerflabError, UsageError
from bench.judge.bisection import Bisection, Compare, bisect
from bench.lifetime import Custody
from bench.model import ComparisonVerdict
from bench.runner import Progress

COMMAND = (sys.executable, "-c", "from bench.cli import main; main()", "compare")
USAGE = 2


def bisected(good: str, bad: str, repository: Path, compare: Compare, progress: Progress) -> Bisection:
    """Halve the commits after `good` up to `bad`, with one comparison a step: about log2 of their number.

    Raises UsageError when git knows no such range.
    """
    chosen = commits(good, bad, repository)

    def told(baseline: str, candidate: str) -> ComparisonVerdict:
        progress.stage(f"comparing {candidate[:12]} with {baseline[:12]}, one of {len(chosen)} commits")
        verdict = compare(baseline, candidate)
        progress.note(f"{candidate[:12]} against {baseline[:12]}: {verdict}")
        return verdict

    return bisect(good, chosen, told)


def commits(good: str, bad: str, repository: Path) -> list[str]:
    """The commits after `good` up to and with `bad`, oldest first, along first parents.

    Merged branches count as their merge: a commit within one was never what the main line served. Raises UsageError
    when git does not know them, or when nothing lies between.
    """
    done = subprocess.run(
        ["git", "-C", str(repository), "rev-list", "--reverse", "--first-parent", f"{good}..{bad}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UsageError(f"git knows no range {good}..{bad} in {repository}: {last}")
    found = done.stdout.split()
    if not found:
        raise UsageError(f"No commit lies between {good} and {bad}; the older one comes first.")
    return found


def by_command(metric: str, reports: Path, repository: Path) -> Compare:
    """Compare by `perflab compare` on the two revisions, in a process of its own.

    The comparison raises PerflabError when it broke; whatever it decided is a verdict.
    """
    return partial(_compared, metric, reports, repository)


def _compared(metric: str, reports: Path, repository: Path, baseline: str, candidate: str) -> ComparisonVerdict:
    with tempfile.TemporaryDirectory(prefix="perflab-bisect-") as folder, Custody.open() as custody:
        answer, said = Path(folder) / "answer.json", Path(folder) / "stderr"
        arms = ["--baseline", f"git:{baseline}", "--candidate", f"git:{candidate}"]
        options = ["--metric", metric, "--out", str(reports.absolute()), "--json", str(answer)]
        with said.open("wb") as log:
            process = custody.spawn([*COMMAND, *arms, *options], cwd=repository, stdout=subprocess.DEVNULL, stderr=log)
            code = process.wait()
        if code == USAGE or not answer.exists():
            last = (said.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
            raise PerflabError(f"`perflab compare` of {baseline[:12]} and {candidate[:12]} broke: {last}")
        return ComparisonVerdict(json.loads(answer.read_bytes())["verdict"])

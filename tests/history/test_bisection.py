"""Halving a range of commits: few comparisons, and never a commit that was only guessed."""

import math
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import PerflabError, UsageError
from bench.judge.bisection import Bisection, answer, bisect
from bench.lab.bisecting import bisected, by_command, commits
from bench.model import ComparisonVerdict
from bench.runner import Silent

COMMITS = [f"{letter}" * 40 for letter in "bcdefghijklmnopq"]
GOOD = "a" * 40


def scripted(slow_from: str, untold: str = "") -> Callable[[str, str], ComparisonVerdict]:
    """A comparison that knows: all from one commit on are slower, some cannot be told."""

    def compare(baseline: str, candidate: str) -> ComparisonVerdict:
        assert baseline == GOOD
        if candidate[0] in untold:
            return ComparisonVerdict.INCONCLUSIVE
        slow = COMMITS.index(candidate) >= COMMITS.index(slow_from * 40)
        return ComparisonVerdict.REGRESSION if slow else ComparisonVerdict.EQUIVALENT

    return compare


@pytest.mark.parametrize("culprit", [commit[0] for commit in COMMITS])
def test_the_commit_is_found_wherever_it_is(culprit: str) -> None:
    """Every place in the range, in the log2 of its length and one comparison of the ends."""
    found = bisect(GOOD, COMMITS, scripted(culprit))
    assert found.bad[0] == culprit
    assert found.between == ()
    assert len(found.steps) <= 1 + math.ceil(math.log2(len(COMMITS)))


@pytest.mark.parametrize("length", range(1, 9))
def test_ranges_of_any_length_are_halved(length: int) -> None:
    """One commit needs no more than the check of the ends."""
    found = bisect(GOOD, COMMITS[:length], scripted(COMMITS[length - 1][0]))
    assert found.bad == COMMITS[length - 1]
    assert (found.good == GOOD) is (length == 1)


def test_a_commit_that_cannot_be_told_is_gone_around() -> None:
    """The middle stays undecided; its neighbours still lead to the culprit where they can."""
    found = bisect(GOOD, COMMITS, scripted("d", untold="ij"))
    assert found.bad[0] == "d"
    assert found.between == ()


def test_where_the_culprit_itself_cannot_be_told_a_range_is_left() -> None:
    """The change lies at one of three: all are named, none is blamed."""
    found = bisect(GOOD, COMMITS, scripted("f", untold="ef"))
    assert (found.good[0], found.bad[0]) == ("d", "g")
    assert [commit[0] for commit in found.between] == ["e", "f"]
    assert "since one of 3 commits" in answer(found)


def test_if_nothing_can_be_told_the_whole_range_is_left() -> None:
    """Each commit was asked once, and that is the end of it."""
    found = bisect(GOOD, COMMITS, scripted("f", untold="bcdefghijklmnop"))
    assert (found.good, found.bad) == (GOOD, COMMITS[-1])
    assert len(found.between) == len(COMMITS) - 1
    assert len(found.steps) == len(COMMITS)


@pytest.mark.parametrize("verdict", ["EQUIVALENT", "IMPROVEMENT", "INCONCLUSIVE", "INVALID"])
def test_ends_that_do_not_differ_are_told(verdict: str) -> None:
    """One comparison, and no commit is named: the history's change was the machine's, or the budget is too small."""
    found = bisect(GOOD, COMMITS, lambda *_: ComparisonVerdict(verdict))
    assert not found.confirmed
    assert len(found.steps) == 1
    assert f"is {verdict}: the range cannot be halved" in answer(found)


def test_the_answer_names_the_commit() -> None:
    """One sentence, with the last commit that was still good."""
    assert answer(Bisection(GOOD, COMMITS[0], (), (), confirmed=True)) == (
        f"Slower since {'b' * 12}; {'a' * 12} before it is not."
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of six commits and a merged branch."""
    folder = tmp_path / "repository"
    folder.mkdir()

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch=main")
    for number in range(4):
        git("commit", "--quiet", "--allow-empty", "-m", str(number))
    git("checkout", "--quiet", "-b", "side")
    git("commit", "--quiet", "--allow-empty", "-m", "on the side")
    git("checkout", "--quiet", "main")
    git("merge", "--quiet", "--no-ff", "side", "-m", "merge")
    return folder


def test_a_real_range_is_halved_along_the_main_line(repository: Path) -> None:
    """Git's commits in order; what was merged counts as its merge."""
    chosen = commits("HEAD~4", "HEAD", repository)
    assert len(chosen) == 4
    slow = set(chosen[2:])

    def compare(_: str, candidate: str) -> ComparisonVerdict:
        return ComparisonVerdict.REGRESSION if candidate in slow else ComparisonVerdict.EQUIVALENT

    found = bisected("HEAD~4", "HEAD", repository, compare, Silent())
    assert (found.good, found.bad) == (chosen[1], chosen[2])


@pytest.mark.parametrize(
    ("good", "bad", "said"), [("nowhere", "HEAD", "knows no range"), ("HEAD", "HEAD", "lies between")]
)
def test_a_range_that_is_none_is_told(repository: Path, good: str, bad: str, said: str) -> None:
    """An unknown revision, or the same one twice."""
    with pytest.raises(UsageError, match=said):
        commits(good, bad, repository)


def _standing_in(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a script stand in for `perflab compare`."""
    script = folder / "compare.py"
    script.write_text(f"import json, sys\nfrom pathlib import Path\nwords = sys.argv[1:]\n{body}\n")
    import bench.lab.bisecting as module

    monkeypatch.setattr(module, "COMMAND", (module.sys.executable, str(script)))


def test_the_command_s_answer_is_the_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both revisions, metric and place are handed over; a verdict is read whatever the exit code."""
    _standing_in(
        tmp_path,
        "answer = Path(words[words.index('--json') + 1])\n"
        "answer.write_text(json.dumps({'verdict': 'REGRESSION'}))\n"
        "Path('words').write_text(' '.join(words))\nsys.exit(1)",
        monkeypatch,
    )
    assert by_command("p95", tmp_path / "reports", tmp_path)("one", "two") is ComparisonVerdict.REGRESSION
    said = (tmp_path / "words").read_text()
    assert said.startswith("--baseline git:one --candidate git:two --metric p95 --out ")


def test_a_comparison_that_broke_is_an_error_not_a_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last line is told; the bisection does not go on with a guess."""
    _standing_in(tmp_path, "sys.exit('perflab: the arm did not start.')", monkeypatch)
    with pytest.raises(PerflabError, match="broke: perflab: the arm did not start"):
        by_command("p50", tmp_path, tmp_path)("one", "two")

"""Revisions of a repository as work trees of their own."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.lifetime import Custody
from bench.subject.revision import repository, resolve


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody."""
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    return subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Two commits of one file."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for text in ("one", "two"):
        (folder / "app.py").write_text(text)
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", f"say {text}")
    return folder


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    """A custody whose lease is the test's own."""
    with Custody.open(tmp_path / "leases") as opened:
        yield opened


def test_a_revision_is_checked_out_beside_the_repository(repo: Path, custody: Custody) -> None:
    """Its files, not those one stands in; the user's repository knows nothing of it."""
    (repo / "app.py").write_text("not committed")
    before = sorted(path for path in (repo / ".git").rglob("*") if path.is_file())
    tree = resolve(repo, "HEAD~1").checked_out(custody)
    assert (tree / "app.py").read_text() == "one"
    assert git(tree, "status", "--porcelain") == ""
    assert sorted(path for path in (repo / ".git").rglob("*") if path.is_file()) == before
    assert git(repo, "worktree", "list").count("\n") == 1


def test_it_ends_with_custody(repo: Path, tmp_path: Path) -> None:
    """No work tree survives the lab."""
    with Custody.open(tmp_path / "leases") as custody:
        tree = resolve(repo, "main").checked_out(custody)
        assert tree.exists()
    assert not tree.exists()


def test_a_shallow_checkout_does_as_well(repo: Path, custody: Custody, tmp_path: Path) -> None:
    """As CI has it: one commit, no branch that names it."""
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", repo.as_uri(), str(shallow))
    git(shallow, "checkout", "-q", "--detach")
    git(shallow, "branch", "-q", "-D", "main")
    assert (resolve(shallow, "HEAD").checked_out(custody) / "app.py").read_text() == "two"
    with pytest.raises(UsageError, match="has no such revision"):
        resolve(shallow, "HEAD~1")


def test_it_is_known_by_commit_and_files(repo: Path) -> None:
    """Commit, first line, and the contents of a file without checking it out."""
    revision = resolve(repo, "HEAD~1")
    assert revision.subject == "say one"
    assert revision.file("app.py") == b"one"
    assert revision.file("absent.py") is None
    assert git(repo, "rev-parse", "HEAD~1").startswith(revision.short)


def test_commits_of_the_same_files_have_the_same_tree(repo: Path) -> None:
    """An empty commit changes no service."""
    git(repo, "commit", "-q", "--allow-empty", "-m", "nothing")
    assert resolve(repo, "HEAD").tree == resolve(repo, "HEAD~1").tree != resolve(repo, "HEAD~2").tree


@pytest.mark.parametrize("name", ["nowhere", "HEAD~9", "--help", "HEAD:app.py"])
def test_what_is_no_revision_is_told(repo: Path, name: str) -> None:
    """A misspelt name, one before the first, an option, a file."""
    with pytest.raises(UsageError, match=f"git:{name}: .* has no such revision"):
        resolve(repo, name)


def test_a_folder_outside_any_repository_is_told(tmp_path: Path) -> None:
    """With git's own reason."""
    with pytest.raises(UsageError, match="is no git repository"):
        repository(tmp_path)

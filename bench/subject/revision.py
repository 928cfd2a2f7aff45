"""A revision of the user's repository as a work tree of its own.

A repository of its own that borrows the user's objects, not `git worktree add`: that would write into the user's
repository, and what a killed lab leaves there would be theirs to prune. It lies in custody and ends with the lab.
Nothing is fetched or copied, so a shallow checkout and a commit that no branch names do as well.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.errors import UsageError
from bench.lifetime import Custody

SHORT = 12


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit of a repository."""

    repository: Path
    commit: str
    tree: str
    """Hash of all its files: two commits of one tree are the same service."""
    subject: str
    """The first line of its message."""

    @property
    def short(self) -> str:
        """The commit as people read it."""
        return self.commit[:SHORT]

    def file(self, path: str) -> bytes | None:
        """The contents of a file in it; None where it has none."""
        done = _git(self.repository, "show", f"{self.commit}:{path}")
        return done.stdout if done.returncode == 0 else None

    def checked_out(self, custody: Custody) -> Path:
        """A work tree of it, which ends with `custody`.

        Raises UsageError when git refuses.
        """
        folder = custody.directory("perflab-revision-") / "tree"
        theirs = self.repository / _ok(_git(self.repository, "rev-parse", "--git-common-dir"))
        form = _ok(_git(self.repository, "rev-parse", "--show-object-format"))
        _ok(_git(self.repository, "init", "--quiet", f"--object-format={form}", str(folder)))
        own = folder / ".git"
        (own / "objects" / "info" / "alternates").write_text(f"{(theirs / 'objects').resolve()}\n")
        if (theirs / "shallow").exists():
            (own / "shallow").write_bytes((theirs / "shallow").read_bytes())
        _ok(_git(folder, "checkout", "--quiet", "--detach", self.commit))
        return folder


def repository(folder: Path) -> Path:
    """The repository that `folder` lies in.

    Raises UsageError when it lies in none.
    """
    try:
        done = _git(folder, "rev-parse", "--show-toplevel")
    except OSError as error:
        raise UsageError("git: arms need git, which is not on PATH; install it.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it gave no reason"]
        raise UsageError(f"{folder} is no git repository ({said[0]}); stand in the one whose revisions you compare.")
    return Path(done.stdout.decode().strip())


def resolve(folder: Path, name: str) -> Revision:
    """The commit that `name` means in a repository.

    Raises UsageError when it means none.
    """
    done = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if done.returncode:
        raise UsageError(
            f"git:{name}: {folder} has no such revision; name a commit, a tag or a branch that was fetched."
        )
    commit = done.stdout.decode().strip()
    tree, _, subject = _ok(_git(folder, "show", "--no-patch", "--format=%T %s", commit)).partition(" ")
    return Revision(folder, commit, tree, subject)


def _git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)


def _ok(done: "subprocess.CompletedProcess[bytes]") -> str:
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(f"git {done.args[3]} failed: {words[-1] if words else 'it gave no reason'}.")
    return done.stdout.decode(errors="replace").strip()

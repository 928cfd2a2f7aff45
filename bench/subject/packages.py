"""An environment as a revision's lock file asks for it: made with uv, kept by the lock file's contents."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.errors import SubjectError, UsageError

LOCK_FILES = ("uv.lock", "pylock.toml", "requirements.lock", "requirements.txt")
"""In the order in which they are believed; one alone decides, since the others follow from it."""
COMPLETE = "perflab-complete"
"""Written last: an environment without it was not finished and is made anew."""


@dataclass(frozen=True, slots=True)
class LockFile:
    """What a revision says it runs with."""

    name: str
    text: bytes
    project: bytes = b""
    """pyproject.toml, which uv.lock is read with."""

    @property
    def hash(self) -> str:
        """Tells apart environments, interpreters included."""
        parts = (self.name.encode(), self.text, self.project if self.name == "uv.lock" else b"", sys.version.encode())
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def lock_file(read: Callable[[str], bytes | None]) -> LockFile | None:
    """The lock file of a tree, of which `read` answers the contents by path; None where it has none."""
    found = ((name, read(name)) for name in LOCK_FILES)
    return next((LockFile(name, text, read("pyproject.toml") or b"") for name, text in found if text is not None), None)


def environment(lock: LockFile, cache: Path) -> Path:
    """The virtual environment with what a lock file names, made below `cache` at its first use.

    Raises UsageError where there is no uv, SubjectError with uv's last line where it refuses.
    """
    folder = cache / lock.hash
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # another comparison may be making the same one
        if not (folder / COMPLETE).exists():
            _make(lock, folder)
            (folder / COMPLETE).touch()
    return folder / "venv"


def variables(venv: Path) -> Mapping[str, str]:
    """What a program's environment needs so that `python` and scripts are those of a virtual environment."""
    return {"VIRTUAL_ENV": str(venv), "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _make(lock: LockFile, folder: Path) -> None:
    venv = folder / "venv"
    shutil.rmtree(venv, ignore_errors=True)
    (folder / lock.name).write_bytes(lock.text)
    uv = _uv()
    if lock.name == "uv.lock":
        (folder / "pyproject.toml").write_bytes(lock.project)
        # The project itself is the work tree's, not the environment's: --no-install-project.
        own = {"UV_PROJECT_ENVIRONMENT": str(venv)}
        steps = [[uv, "sync", "--frozen", "--no-install-project", "--python", sys.executable]]
    else:
        own = {}
        install = [uv, "pip", "install", "--python", str(venv / "bin" / "python"), "-r", lock.name]
        steps = [[uv, "venv", "--quiet", "--python", sys.executable, str(venv)], install]
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    for step in steps:
        done = subprocess.run(step, cwd=folder, env={**kept, **own}, capture_output=True, text=True, check=False)
        if done.returncode:
            words = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["it gave no reason"]
            raise SubjectError(
                f"uv cannot make the environment of {lock.name} ({' '.join(words[-3:])}); "
                "check the network, or write a --command that brings its own environment."
            )


def _uv() -> str:
    beside = Path(sys.prefix) / "bin" / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise UsageError("the revisions' lock files differ, and uv, which makes their environments, is not on PATH.")
    return found

"""Runs a scanner to its end and reads its JSON."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.errors import ToolError

LIMIT_S = 600.0


def program(name: str) -> str:
    """Where a scanner is: beside the interpreter, or on PATH. Raises ToolError when it is not there."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise ToolError(f"{name} is not installed; it comes with the project's development packages (./perflab test).")
    return found


def output(command: Sequence[str], *, good: Sequence[int] = (0,), cwd: Path | None = None) -> str:
    """What a scanner writes to standard output.

    Raises ToolError when it does not start, takes longer than LIMIT_S, or ends with a code that is not among `good`.
    """
    name = Path(command[0]).name
    try:
        ended = subprocess.run(command, capture_output=True, timeout=LIMIT_S, cwd=cwd, check=False)
    except subprocess.TimeoutExpired as error:
        raise ToolError(
            f"{name} did not end within {LIMIT_S:.0f} s; scan less, or look at what it waits for."
        ) from error
    except OSError as error:
        raise ToolError(f"{name} does not start ({error.strerror}); install it again.") from error
    if ended.returncode not in good:
        last = (ended.stderr.decode(errors="replace").strip().splitlines() or ["it gave no reason"])[-1].replace(
            "\t", " "
        )
        raise ToolError(f"{name} ended with code {ended.returncode} ({last}); nothing can be said of what it scans.")
    with read(name):
        return ended.stdout.decode()


def parsed(text: str, name: str) -> Any:
    """A scanner's JSON. Raises ToolError for anything else."""
    with read(name):
        return json.loads(text)


def kept(path: Path, name: str) -> Any:
    """The JSON that a scanner wrote to a file. Raises ToolError when there is none, or it is something else."""
    with read(name):
        return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def read(name: str) -> Iterator[None]:
    """Whatever goes wrong within, while a scanner's report is read, is a ToolError: it is none, or was not written."""
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ToolError(f"{name} wrote no report ({why}); nothing can be said of what it scans.") from error


def fresh(path: Path) -> Path:
    """The place of a report, without an earlier one there. Raises ToolError when that cannot be removed."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ToolError(f"{path} cannot be replaced ({error.strerror}); choose another place with --out.") from error
    return path

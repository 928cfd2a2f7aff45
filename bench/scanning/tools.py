"""Runs a scanner to its end and reads its JSON."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
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
        ended = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, cwd=cwd, check=False)
    except subprocess.TimeoutExpired as error:
        raise ToolError(
            f"{name} did not end within {LIMIT_S:.0f} s; scan less, or look at what it waits for."
        ) from error
    except OSError as error:
        raise ToolError(f"{name} does not start ({error.strerror}); install it again.") from error
    if ended.returncode not in good:
        last = (ended.stderr.strip().splitlines() or ["it gave no reason"])[-1].replace("\t", " ")
        raise ToolError(f"{name} ended with code {ended.returncode} ({last}); nothing can be said of what it scans.")
    return ended.stdout


def parsed(text: str, name: str) -> Any:
    """A scanner's JSON. Raises ToolError for anything else."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ToolError(f"{name} wrote no JSON ({error.msg}); nothing can be said of what it scans.") from error

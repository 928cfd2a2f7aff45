"""Runs Terraform."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import ToolError

LIMIT_S = 900.0
MISSING = "terraform is not on PATH; install it to check what needs it."


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended, and what it wrote to both streams, without colours."""

    code: int
    text: str

    @property
    def last(self) -> tuple[str, ...]:
        """Its complaints: the lines that name an error, else the last one."""
        lines = [line.strip(" │╷╵") for line in self.text.splitlines()]
        errors = [line for line in lines if line.startswith("Error:")]
        return tuple(errors or [line for line in lines if line][-1:])


def there() -> bool:
    """Whether it is installed."""
    return shutil.which("terraform") is not None


def run(folder: Path, *words: str, limit_s: float = LIMIT_S, good: Sequence[int] | None = None) -> Ended:
    """Run it in a folder, never asking anybody.

    Raises ToolError when it does not start or end, or ends with a code that is not among `good`.
    """
    environment = os.environ | {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
    # A configuration file that is named and not there makes every command complain.
    if not Path(environment.get("TF_CLI_CONFIG_FILE", os.devnull)).exists():
        del environment["TF_CLI_CONFIG_FILE"]
    try:
        done = subprocess.run(
            ("terraform", *words), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=limit_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ToolError(
            f"terraform {words[0]} did not end within {limit_s:.0f} s; look at what it waits for."
        ) from error
    except OSError as error:
        raise ToolError(f"terraform does not start ({error.strerror}); install it again.") from error
    ended = Ended(done.returncode, done.stdout)
    if good is not None and ended.code not in good:
        raise ToolError(f"terraform {words[0]} ended with code {ended.code}: {' '.join(ended.last)}")
    return ended

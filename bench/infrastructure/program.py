"""Runs Terraform."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench.errors import ToolError

LIMIT_S = 900.0
HEED_S = 20.0
"""How long it is given to end by itself after an interrupt, which a terminal sends to both."""
STOP_S = 60.0
"""And how long to write down what it made, once it was told to stop."""
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


def run(folder: Path, *words: str, limit_s: float = LIMIT_S, good: Sequence[int] = (0, 1)) -> Ended:
    """Run it in a folder, never asking anybody; an interrupt is raised once it has ended.

    Raises ToolError when it does not start or end, or ends with a code that is not among `good`.
    """
    environment = os.environ | {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
    # A configuration file that is named and not there makes every command complain.
    if not Path(environment.get("TF_CLI_CONFIG_FILE", os.devnull)).exists():
        del environment["TF_CLI_CONFIG_FILE"]
    with _Interrupts() as interrupts:
        try:
            process = subprocess.Popen(
                ("terraform", *words), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
            )  # fmt: skip
        except OSError as error:
            raise ToolError(f"terraform does not start ({error.strerror}); install it again.") from error
        with process:
            text = _said(process, words[0], limit_s, interrupts)
    ended = Ended(process.returncode, text)
    if ended.code not in good:
        raise ToolError(f"terraform {words[0]} ended with code {ended.code}: {' '.join(ended.last)}")
    return ended


class _Interrupts:
    """Keeps an interrupt that comes while a program starts until there is somebody who tells the program.

    Python starts it in several steps, and an interrupt between them would leave it running, known to nobody.
    """

    def __init__(self) -> None:
        self._came = False
        self._usual: Any = None

    def __enter__(self) -> Self:
        # Only the main thread may set a handler, and only it is interrupted; one that ignores interrupts is left to it.
        if threading.current_thread() is threading.main_thread() and callable(signal.getsignal(signal.SIGINT)):
            self._usual = signal.signal(signal.SIGINT, self._keep)
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def _keep(self, *_: object) -> None:
        self._came = True

    def _restore(self) -> None:
        if self._usual is not None:
            usual, self._usual = self._usual, None
            signal.signal(signal.SIGINT, usual)

    def let_come(self) -> None:
        """From now on they come as usual. Raises KeyboardInterrupt for one that came."""
        self._restore()
        if self._came:
            raise KeyboardInterrupt


def _said(process: "subprocess.Popen[str]", word: str, limit_s: float, interrupts: _Interrupts) -> str:
    try:
        interrupts.let_come()
        return process.communicate(timeout=limit_s)[0]
    except subprocess.TimeoutExpired as error:
        _stop(process)
        raise ToolError(f"terraform {word} did not end within {limit_s:.0f} s; look at what it waits for.") from error
    except KeyboardInterrupt:
        # Told twice, it would leave at once, and what it was making would be nobody's.
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=HEED_S)
        _stop(process)
        raise


def _stop(process: "subprocess.Popen[str]") -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()

"""Live progress on the terminal: what runs, which slot, time left, the effect as it looks so far.

On a terminal one panel that is redrawn; elsewhere (CI, a pipe) one plain line per stage and block.
Everything goes to standard error, so that standard output holds the scorecard alone.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bench.model import Effect, Plan, Slot, SlotRecord
from bench.runner import Progress, Watched


@contextmanager
def watching() -> Iterator[Progress]:
    """Show progress while the block runs."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console)
        return
    panel = _Panel(console)
    with Live(panel, console=console, refresh_per_second=4, transient=True):
        yield panel


class _Lines:
    """One line per stage and block, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._state = Watched()
        self._began = time.monotonic()

    def stage(self, text: str) -> None:
        self._print(text)

    def planned(self, plan: Plan) -> None:
        self._state.plan = plan
        self._print(
            f"{plan.experiment}: {len(plan.slots)} slots, {sum(s.duration_s for s in plan.slots):.0f} s of load"
        )

    def slot_started(self, slot: Slot) -> None:
        self._state.begin(slot)

    def slot_ended(self, record: SlotRecord, provisional: Effect | None) -> None:
        self._state.effect = provisional
        if self._state.plan and _last_of_block(self._state.plan, record.slot):
            self._print(
                f"{self._state.plan.experiment}: slot {record.slot.index + 1} of {len(self._state.plan.slots)}, "
                f"at most {self._state.remaining_s():.0f} s left, {self._state.provisional()}"
            )

    def note(self, text: str) -> None:
        self._print(text)

    def _print(self, text: str) -> None:
        elapsed = time.monotonic() - self._began
        self._console.print(f"[{elapsed:6.1f} s] {text}", markup=False, highlight=False, soft_wrap=True)


class _Panel:
    """A few lines that are redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._state = Watched()
        self._stage = "starting"
        self._began = time.monotonic()

    def stage(self, text: str) -> None:
        self._stage = text
        self._state = Watched()

    def planned(self, plan: Plan) -> None:
        self._state.plan = plan

    def slot_started(self, slot: Slot) -> None:
        self._state.begin(slot)

    def slot_ended(self, record: SlotRecord, provisional: Effect | None) -> None:  # noqa: ARG002 - the protocol
        self._state.effect = provisional

    def note(self, text: str) -> None:
        self._console.print(Text(text, style="dim"))

    def __rich__(self) -> Table:
        grid = Table.grid(padding=(0, 2))
        grid.add_row(Text(f"{time.monotonic() - self._began:5.0f} s", style="dim"), Text(self._stage, style="bold"))
        plan, slot = self._state.plan, self._state.slot
        if plan is not None and slot is not None:
            grid.add_row("", ProgressBar(total=len(plan.slots), completed=slot.index, width=40))
            grid.add_row(
                "",
                f"slot {slot.index + 1} of {len(plan.slots)} on {slot.role}, "
                f"at most {self._state.remaining_s():.0f} s left",
            )
            grid.add_row("", self._state.provisional())
        return grid


def _last_of_block(plan: Plan, slot: Slot) -> bool:
    following = plan.slots[slot.index + 1 : slot.index + 2]
    return not following or following[0].block != slot.block

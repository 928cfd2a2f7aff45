"""Live progress in a notebook's cell: what runs, how long, which slot, the effect as it looks so far."""

import threading
import time
from html import escape
from typing import Any, Self

from bench.model import Effect, Plan, Slot, SlotRecord
from bench.runner import Watched

LEAST_S = 0.2
"""Between two drawings: a browser need not follow every slot of a quick run."""
EVERY_S = 1.0
"""So often the seconds move, whatever happens."""


class Display:
    """A `bench.runner.Progress` that redraws one output of the cell, every second while its block runs."""

    def __init__(self) -> None:
        import IPython.display as shown

        untyped: Any = shown
        self._html = untyped.HTML
        self._began = time.monotonic()
        self._drawn = 0.0
        self._stage = "starting"
        self._notes: list[str] = []
        self._watched = Watched()
        self._over = threading.Event()
        self._ticking = threading.Thread(target=self._tick, daemon=True)
        self._handle: Any = untyped.display(self._html(self.page()), display_id=True)

    def __enter__(self) -> Self:
        self._ticking.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop the clock, and leave the last word: done, or what ended it."""
        self._over.set()
        self._ticking.join()
        self._stage, self._watched = "done" if kind is None else f"ended by {kind.__name__}", Watched()
        self._draw(always=True)

    def stage(self, text: str) -> None:
        """See Progress."""
        self._stage, self._watched = text, Watched()
        self._draw()

    def planned(self, plan: Plan) -> None:
        """See Progress."""
        self._watched.plan = plan

    def slot_started(self, slot: Slot) -> None:
        """See Progress."""
        self._watched.begin(slot)
        self._draw()

    def slot_ended(self, record: SlotRecord, provisional: Effect | None) -> None:  # noqa: ARG002 - the protocol
        """See Progress."""
        self._watched.effect = provisional

    def note(self, text: str) -> None:
        """See Progress."""
        self._notes.append(text)
        self._draw(always=True)

    def page(self) -> str:
        """What the cell shows now."""
        said = [f"<b>{escape(self._stage)}</b> ({time.monotonic() - self._began:.0f} s)"]
        plan, slot = self._watched.plan, self._watched.slot
        if plan is not None and slot is not None:
            said.append(
                f"<progress max='{len(plan.slots)}' value='{slot.index}'></progress> slot {slot.index + 1} of "
                f"{len(plan.slots)} on {slot.role}, at most {self._watched.remaining_s():.0f} s left; "
                f"{escape(self._watched.provisional())}"
            )
        return "<br>".join([*said, *(f"<small>{escape(note)}</small>" for note in self._notes)])

    def _tick(self) -> None:
        while not self._over.wait(EVERY_S):
            self._draw(always=True)

    def _draw(self, *, always: bool = False) -> None:
        now = time.monotonic()
        if self._handle is not None and (always or now - self._drawn >= LEAST_S):
            self._drawn = now
            self._handle.update(self._html(self.page()))

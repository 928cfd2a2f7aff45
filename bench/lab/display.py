"""Live progress in a notebook's cell: what runs, how long, which slot, the effect as it looks so far."""

import time
from html import escape
from typing import Any

from bench.model import Effect, Plan, Slot, SlotRecord
from bench.runner import Watched

LEAST_S = 0.2
"""Between two drawings: a browser need not follow every slot of a quick run."""


class Display:
    """A `bench.runner.Progress` that redraws one output of the cell."""

    def __init__(self) -> None:
        import IPython.display as shown

        untyped: Any = shown
        self._html = untyped.HTML
        self._began = time.monotonic()
        self._drawn = 0.0
        self._stage = "starting"
        self._notes: list[str] = []
        self._watched = Watched()
        self._handle: Any = untyped.display(self._html(self.page()), display_id=True)

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

    def _draw(self, *, always: bool = False) -> None:
        now = time.monotonic()
        if self._handle is not None and (always or now - self._drawn >= LEAST_S):
            self._drawn = now
            self._handle.update(self._html(self.page()))

"""What a run tells while it runs. The terminal and the notebooks show it; tests record it."""

from typing import Protocol

from bench.model import Effect, Plan, Slot, SlotRecord


class Progress(Protocol):
    """Someone who watches a run."""

    def stage(self, text: str) -> None:
        """Tell that something begins: servers, documents, an experiment."""

    def planned(self, plan: Plan) -> None:
        """Show the slots to come of an experiment."""

    def slot_started(self, slot: Slot) -> None:
        """Tell that load begins on an arm."""

    def slot_ended(self, record: SlotRecord, provisional: Effect | None) -> None:
        """Show what a slot gave, and the main effect as it looks so far."""

    def note(self, text: str) -> None:
        """Tell a fact that a reader of the log will want."""


class Silent:
    """Nobody watches."""

    def stage(self, text: str) -> None:
        """Say nothing."""

    def planned(self, plan: Plan) -> None:
        """Say nothing."""

    def slot_started(self, slot: Slot) -> None:
        """Say nothing."""

    def slot_ended(self, record: SlotRecord, provisional: Effect | None) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

"""What whoever watches a run knows of it: the state behind every live display."""

import time

from bench.model import Effect, Plan, Slot


class Watched:
    """What is going on, in words."""

    def __init__(self) -> None:
        self.plan: Plan | None = None
        self.slot: Slot | None = None
        self.effect: Effect | None = None
        self._slot_began = 0.0

    def begin(self, slot: Slot) -> None:
        """Load begins on a slot."""
        self.slot = slot
        self._slot_began = time.monotonic()

    def remaining_s(self) -> float:
        """Time until the last slot ends; a look may decide earlier."""
        if self.plan is None or self.slot is None:
            return 0.0
        ahead = sum(slot.duration_s for slot in self.plan.slots[self.slot.index :])
        return max(ahead - (time.monotonic() - self._slot_began), 0.0)

    def provisional(self) -> str:
        """The main effect so far; only the verdict at a look counts."""
        effect = self.effect
        if effect is None:
            return "no effect yet"
        low, high = effect.ci
        return f"{effect.metric} ratio {effect.ratio:.3g} [{low:.3g}, {high:.3g}] after {effect.n_pairs} pairs"

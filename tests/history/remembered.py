"""Lines of a history of a chosen course."""

from dataclasses import replace
from typing import Any

from bench.model import Session, machine
from bench.model.history import HISTORY_VERSION, HistoryEntry, KeptEffect
from tests.store.records import smallest_run


def entry(
    number: int, ratio: float = 0.5, *, valid: bool = True, commit: str | None = None, **changes: Any
) -> HistoryEntry:
    """Run number so-and-so, with this p50 ratio of response_time."""
    record = smallest_run()
    environment = replace(
        record.environment, commit=commit or f"{number:040x}", dirty=False, **changes.pop("environment", {})
    )
    effect = KeptEffect("response_time", "p50", "candidate/baseline", ratio, (ratio * 0.97, ratio * 1.03), 12, 0.03,
                        ratio * 0.02, 0.02)  # fmt: skip
    return replace(
        HistoryEntry(
            HISTORY_VERSION, f"run-{number:03d}", "phase2", f"2026-01-01T{number // 60:02d}:{number % 60:02d}:00Z",
            machine(environment), environment, Session(valid), (effect,), {"response_time": "PASS"}, 0, None,
        ),
        **changes,
    )  # fmt: skip


def course(*levels: tuple[int, float]) -> list[HistoryEntry]:
    """Runs on levels of (how many, ratio), with a scatter of 1 % that repeats."""
    ratios = [ratio for count, ratio in levels for _ in range(count)]
    return [entry(number, ratio * (1 + 0.01 * ((number * 7) % 5 - 2))) for number, ratio in enumerate(ratios)]

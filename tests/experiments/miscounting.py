"""The reference service, whose pool counts a tenth too much wherever it counts time: `python -m` this module."""

from dataclasses import replace
from typing import Any

from service.__main__ import main
from service.db.usage import PoolSnapshot, Usage

TIMES = ("wait_s", "waiting_s", "use_s", "busy_s")
_honest = Usage.snapshot


def _snapshot(usage: Usage, **sizes: int) -> PoolSnapshot:
    told = _honest(usage, **sizes)
    wrong: dict[str, Any] = {name: 1.1 * getattr(told, name) for name in TIMES}
    return replace(told, **wrong)


if __name__ == "__main__":
    Usage.snapshot = _snapshot  # type: ignore[method-assign, assignment]
    main()

"""What an error costs in process, kind by kind beside a success; the old API's handlers in the same group.

`python -m bench.micro.error_path` has the differences with their intervals.
"""

import asyncio
from collections.abc import Callable

import pytest

from bench.micro import failing
from bench.micro.conftest import Round
from bench.micro.failing import LEGACY, REQUESTS, Asked
from service import logs

IN_A_ROUND = 20
SENT = {**{(True, kind): asked for kind, asked in REQUESTS.items()}, **{(False, k): a for k, a in LEGACY.items()}}


@pytest.fixture(scope="module", autouse=True)
def quiet() -> None:
    """Log lines are written as the service writes them; pytest keeps them from the screen."""
    logs.configure("info")


@pytest.mark.benchmark(group=f"error path: µs per {IN_A_ROUND}")
@pytest.mark.parametrize(
    ("is_v1", "asked"),
    [(is_v1, asked) for (is_v1, _), asked in SENT.items()],
    ids=[f"{'v1' if is_v1 else 'legacy'}, {kind}" for is_v1, kind in SENT],
)
def test_answer(is_v1: bool, asked: Asked, measure: Callable[[Round], None]) -> None:
    """One after another, through all middleware."""
    app = failing.application(asked, api="v1" if is_v1 else "legacy")
    status, _ = asyncio.run(failing.answered(app, asked))
    assert status == asked.status

    async def one_round() -> None:
        for _ in range(IN_A_ROUND):
            await failing.drained(app, asked)

    measure(one_round)

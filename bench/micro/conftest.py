"""What the suites share: one event loop, entered once a round."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

Round = Callable[[], Awaitable[None]]
ROUNDS = 100


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """An event loop."""
    with asyncio.Runner() as opened:
        yield opened


@pytest.fixture
def measure(benchmark: BenchmarkFixture, runner: asyncio.Runner) -> Callable[[Round], None]:
    """Time rounds of something asynchronous inside one running loop."""
    loop = runner.get_loop()

    def rounds(one_round: Round) -> None:
        benchmark.pedantic(lambda: loop.run_until_complete(one_round()), rounds=ROUNDS, warmup_rounds=5)

    return rounds

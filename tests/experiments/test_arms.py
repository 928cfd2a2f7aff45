"""Arms start a few at a time, and none outlives its experiment."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from bench.errors import SubjectError
from bench.experiments.arms import AT_A_TIME, Arm, together


class Starts:
    """Arms that are numbers, started by nobody; what is under way and what was ended."""

    def __init__(self) -> None:
        self.under_way = self.most = 0
        self.ended: list[int] = []
        self.bench: Any = SimpleNamespace(custody=SimpleNamespace(end=self.ended.append))

    def one(self, pid: int, *, fails: bool = False) -> Any:
        """How to start one."""

        async def start() -> Arm:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await asyncio.sleep(0)
            self.under_way -= 1
            if fails:
                raise SubjectError("did not start")
            whatever: Any = SimpleNamespace(pid=pid)
            return Arm(whatever, whatever, whatever, whatever, whatever, "")

        return start


async def test_all_end_with_the_block() -> None:
    """In their order while they last; no more start at a time than a machine starts in time."""
    starts = Starts()
    async with together(starts.bench, [starts.one(pid) for pid in range(9)]) as arms:
        assert [arm.running.pid for arm in arms] == list(range(9))
        assert starts.ended == []
    assert starts.ended == list(range(9))
    assert starts.most == AT_A_TIME


async def test_those_that_started_end_when_another_does_not() -> None:
    """What an experiment that broke leaves running would be the next one's neighbour."""
    starts = Starts()
    with pytest.raises(SubjectError, match="did not start"):
        async with together(starts.bench, [*(starts.one(pid) for pid in range(3)), starts.one(3, fails=True)]):
            raise AssertionError("measured without an arm")
    assert starts.ended == [0, 1, 2]

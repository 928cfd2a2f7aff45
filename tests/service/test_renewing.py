"""Renewing the version of answers while it changes."""

import asyncio

import pytest

from service.cache import NoAnswers
from service.content import Freshness, freshness


class Told(NoAnswers):
    """What it was told, in order."""

    def __init__(self) -> None:
        self.versions: list[str] = []

    def invalidate(self, version: str, workspace: str | None = None) -> None:
        """Note it."""
        self.versions.append(version)


async def test_an_older_version_never_follows_a_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two renew at once, the reply to the first is late: what is in force in the end is the latest version."""
    current, first_reply = 1, asyncio.Event()

    async def read(_: object) -> str:
        seen = current
        if seen == 1:
            await first_reply.wait()
        return str(seen)

    monkeypatch.setattr(freshness, "version", read)
    answers = Told()
    renewing = Freshness(None, answers)  # type: ignore[arg-type] # the version is read from `current`
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(renewing.renew())
        await asyncio.sleep(0)
        current = 2
        tasks.create_task(renewing.renew())
        for _ in range(5):
            await asyncio.sleep(0)
        first_reply.set()
    assert answers.versions[-1] == "2"

"""Where answers are kept, and what is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import redis.asyncio

from service.cache import RedisAnswers
from service.settings import Settings, load


def settings(redis_url: str, **values: Any) -> Settings:
    """Settings with a deadline that only a Redis that does not answer can miss."""
    return load(database_url="postgresql://unused/unused", redis_url=redis_url, **{"cache_deadline_s": 5.0, **values})


@dataclass(frozen=True, slots=True)
class Kept:
    """A Redis or all nodes of a cluster."""

    mode: Literal["single", "cluster"]
    urls: tuple[str, ...]

    @asynccontextmanager
    async def opened(self, version: str = "corpus", **values: Any) -> AsyncIterator[RedisAnswers]:
        """Answers remembered there, as in another process."""
        answers = RedisAnswers(settings(self.urls[0], redis_mode=self.mode, **values), version)
        await answers.open()
        yield answers
        await answers.close()

    async def remaining_s(self) -> list[float]:
        """For how long each key will be there."""
        seconds = []
        for url in self.urls:
            async with redis.asyncio.Redis.from_url(url) as client:
                seconds += [await client.pttl(key) / 1000 for key in await client.keys()]
        return seconds

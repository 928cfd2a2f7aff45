"""A primary dies and its replica takes over."""

import asyncio
from urllib.parse import urlsplit

from bench.lifetime import Custody
from bench.provision.redis_cluster import redis_cluster
from service.access import RateLimits
from service.cache import RedisAnswers
from tests.service.cache.kept import settings
from tests.service.cache.test_cluster import by_node, node_at
from tests.service.work import Work

LIMIT_S = 60.0


async def test_answers_are_kept_by_the_replica_that_took_over(custody: Custody) -> None:
    """Without a restart: what the dead primary's keys ask for is computed for a while, then remembered again.

    So are requests counted again for its callers.
    """
    async with redis_cluster(custody, replicas=1) as cluster:
        tuned = settings(cluster.urls[0], redis_mode="cluster", rate_limit="1000/hour")
        answers, limits = RedisAnswers(tuned, "corpus"), RateLimits(tuned, "1000/hour")
        for one in (answers, limits):
            await one.open()
        theirs = by_node(answers)[node_at(answers, cluster.urls[1]).url]
        callers = [f"key:{number}" for number in range(20)]
        cluster.kill(1)
        async with asyncio.timeout(LIMIT_S):
            while True:
                work = Work.ready()
                for request in theirs:
                    assert await answers.get_or_compute("search", request, work) == b"answer"
                await answers._flights.settle()
                if not work.times:
                    break
                await asyncio.sleep(0.1)
            while not all([await limits.count(who) for who in callers]):  # noqa: ASYNC110 - nodes elect
                await asyncio.sleep(0.1)
        heir = urlsplit(cluster.replicas[1].url).port
        assert heir in {urlsplit(url).port for url in by_node(answers)}
        assert await answers.healthy()
        for one in (answers, limits):
            await one.close()

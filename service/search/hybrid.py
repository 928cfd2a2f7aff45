"""Hybrid search: Weaviate says which documents, PostgreSQL says what they are; without Weaviate, full text answers.

While Weaviate is asked no database connection is held. Weaviate alone stands behind the guards: what PostgreSQL does
is no reason to leave Weaviate alone, and a lost database is no reason to ask it again.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from service import queries
from service.db import Database
from service.errors import VectorSearchUnavailableError
from service.resilience import (
    BreakerConfig,
    Bulkhead,
    CallTimeoutError,
    Circuit,
    CircuitBreaker,
    Fallback,
    Listener,
    Policy,
    RejectedError,
    Retry,
    Timeout,
)
from service.resilience.rivals.interlock import Interlock
from service.resilience.rivals.seed import Seed
from service.search.catalogue import Catalogue
from service.search.model import Hit, Ranked
from service.settings import Settings
from service.vector import Hybrid, Match, WeaviateClient

log = structlog.get_logger(__name__)

Ask = Callable[[Hybrid], Awaitable[Sequence[Match]]]
CIRCUIT = "weaviate"
QUEUE_WAIT_S = 0.1
"""Longest wait for a place: a Weaviate that is well frees one sooner, and for one that is not full text is quicker."""
SLOW_SHARE = 0.5
"""A call that takes longer than this share of its time limit is slow, however short the limit."""


def breaker_config(settings: Settings) -> BreakerConfig:
    """When the circuit to Weaviate opens: half of the latest calls failed, or three in ten were slow."""
    return BreakerConfig(
        failure_rate_threshold=0.5,
        # Sooner than for failures: those that hang hold on to what others need (experiment `breaker`).
        slow_call_rate_threshold=0.3,
        slow_call_s=_slow_s(settings),
        # Calls, not seconds: the more there are, the sooner they pile up, and seconds of good ones would outweigh those
        # that hang (experiment `breaker`).
        window_calls=20,
        # Not more than the default number of places: calls that hang then open the circuit before the first times out.
        minimum_calls=10,
        recovery_timeout_s=settings.breaker_recovery_s,
        recovery_jitter=0.1,
        # With no deadline for these: where requests are rare, five may take long to come, and none of them can hang.
        half_open_calls=5,
    )


def circuit(settings: Settings, listeners: Sequence[Listener] = ()) -> Circuit | None:
    """What guards the calls to Weaviate, by the settings; None where nothing does.

    Raises ConfigurationError for a kind that is not installed.
    """
    if not settings.breaker:
        return None
    match settings.breaker_kind:
        case "seed":
            return Seed(CIRCUIT, recovery_timeout_s=settings.breaker_recovery_s)
        case "interlock":
            return Interlock(CIRCUIT, breaker_config(settings))
        case "own":
            return CircuitBreaker(CIRCUIT, breaker_config(settings), listeners=listeners)


def _slow_s(settings: Settings) -> float:
    return min(settings.weaviate_slow_s, settings.weaviate_timeout_s * SLOW_SHARE)


def is_weaviate_s(error: Exception) -> bool:
    """Whether an error is Weaviate's failure, or a guard's refusal to ask it."""
    return isinstance(error, VectorSearchUnavailableError | RejectedError | CallTimeoutError)


class HybridSearch:
    """Searches with Weaviate where there is one and it answers, with full text otherwise."""

    def __init__(
        self,
        settings: Settings,
        weaviate: WeaviateClient | None,
        database: Database,
        catalogue: Catalogue,
        *,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._documents = queries.load()["documents_by_id"]
        self.breaker = circuit(settings, listeners)
        """The circuit to Weaviate, unless the setting `breaker` is off."""
        places = settings.weaviate_concurrency
        # The breaker sees the wait, too: alone it must not make a call slow.
        wait_s = min(QUEUE_WAIT_S, _slow_s(settings) / 2)
        policy = Policy(
            retry=Retry(settings.weaviate_attempts) if settings.weaviate_attempts > 1 else None,
            breaker=self.breaker,
            bulkhead=Bulkhead(places, queue=places, wait_s=wait_s),
            timeout=Timeout(settings.weaviate_timeout_s),
        )
        self._ask: Ask | None = None if weaviate is None else policy.guard(weaviate.hybrid)

    def breakers(self) -> Sequence[Circuit]:
        """The one to Weaviate, where there is a Weaviate and the setting `breaker` is on."""
        return () if self._ask is None or self.breaker is None else (self.breaker,)

    async def search(self, asked: Hybrid) -> Ranked:
        """One page of documents, best first, and where the order comes from.

        Raises DatabaseUnavailableError.
        """
        if self._ask is None:
            return await self._by_full_text(asked)
        # The outermost guard of the policy; it stands here because its substitute needs the question.
        fallback = Fallback(partial(self._instead, asked), answers=is_weaviate_s)
        return await fallback.call(self._by_weaviate, self._ask, asked)

    async def _by_weaviate(self, ask: Ask, asked: Hybrid) -> Ranked:
        matches = await ask(asked)
        if not matches:
            return Ranked("hybrid", None, ())
        rows = await self._database.fetch(
            self._documents,
            ids=[match.document_id for match in matches],
            scores=[match.score for match in matches],
            workspace=asked.workspace,
            technology=asked.technology,
        )
        return Ranked("hybrid", None, tuple(Hit(*row) for row in rows))

    async def _instead(self, asked: Hybrid, error: Exception) -> Ranked:
        log.debug("full text instead of weaviate", reason=str(error))
        return await self._by_full_text(asked)

    async def _by_full_text(self, asked: Hybrid) -> Ranked:
        found = await self._catalogue.search(asked.query, asked.workspace, asked.technology, asked.limit, asked.offset)
        return Ranked("fulltext", found.total, found.hits)

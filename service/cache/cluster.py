"""A Redis Cluster: each key on its node, each node behind a breaker of its own.

A node that is away costs the keys that it owns and no others. This is why redis-py's RedisCluster does not carry the
commands: there, after any node fails, the next command, for whichever node, first learns the whole cluster anew and
drops the connections to all nodes; for that it reads the server's list of commands, which keeps the event loop busy for
tens of milliseconds, and it begins again when a deadline breaks it off.

Here a map of the slots is learnt at the start and again when a node says that a key has moved and when a circuit opens
(a replica may have taken over), beside the requests: what they ask meanwhile is a miss.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import ClusterDownError, MovedError, ResponseError

from service.cache import slots
from service.cache.deadline import Deadline
from service.cache.node import AWAY, BREAKER, FIRST_S, Node, Purpose, answers, place
from service.errors import ConfigurationError
from service.resilience import CircuitBreaker, CircuitState, Listener, Timeout

T = TypeVar("T")

LEARN_S = 1.0
"""A node that is silent for so long does not tell; the next is asked."""
LEARN_EVERY_S = 1.0
"""Nodes that contradict each other are not asked again and again."""


class Cluster:
    """A `Store` in a Redis Cluster; it listens to its nodes' breakers."""

    def __init__(
        self,
        urls: Sequence[str],
        deadline_s: float,
        *,
        listeners: Sequence[Listener],
        clock: Callable[[], float],
        purpose: Purpose | None = None,
    ) -> None:
        self._purpose = purpose or answers(deadline_s)
        self._urls = tuple(urls)
        self._deadline = Deadline(deadline_s)
        self._listeners = tuple(listeners)
        self._clock = clock
        self._nodes: dict[str, Node] = {}
        self._owners: Sequence[Node | None] = ()
        """The node of each slot; empty before anything was learnt."""
        self._learning: asyncio.Task[None] | None = None
        self._learn_from = clock()
        self._breaker = CircuitBreaker(f"{self._purpose.name} cluster", BREAKER, listeners=self._listeners, clock=clock)
        """In front of the first learning: while no node is found, requests do not all wait for one."""

    async def open(self) -> None:
        """Learn which node owns which slots.

        Raises ConfigurationError if a Redis answers that is no node of a cluster.
        """
        try:
            await Timeout(FIRST_S).call(self._known)
        except ResponseError as error:
            if "cluster support disabled" in str(error):
                raise ConfigurationError(
                    f"DOCAICHE_REDIS_MODE is cluster, but the Redis at {place(self._urls[-1])} stands alone; set the "
                    "mode to single, or name a node of a cluster in DOCAICHE_REDIS_URL."
                ) from error
        except AWAY:
            pass

    async def get(self, key: str) -> bytes | None:
        """What is kept under a key, if anything. Raises what AWAY lists."""
        return await self.at(key, lambda node: node.get(key))

    async def set(self, key: str, value: bytes, lifetime_ms: int) -> None:
        """Keep a value for a while. Raises what AWAY lists."""
        await self.at(key, lambda node: node.set(key, value, lifetime_ms))

    async def at(self, key: str, ask: Callable[[Node], Awaitable[T]]) -> T:
        """What `ask` answers, given the node of a key. Raises what AWAY lists."""
        node = await self._owner(key)
        try:
            return await ask(node)
        except MovedError:
            self._learn_anew()
            raise

    def breakers(self) -> Sequence[CircuitBreaker]:
        """One for each node that is known, and one for finding any."""
        return (self._breaker, *(node.breaker for node in self._nodes.values()))

    async def healthy(self) -> bool:
        """Whether every node that owns slots answers a PING within the deadline."""
        try:
            await self._deadline.call(self._known)
        except AWAY:
            return False
        return all(await asyncio.gather(*(node.healthy() for node in self._nodes.values())))

    async def close(self) -> None:
        """Close the connections."""
        if self._learning is not None:
            self._learning.cancel()
            await asyncio.wait([self._learning])
        for node in self._nodes.values():
            await node.close()

    def on_transition(self, breaker: CircuitBreaker, before: CircuitState, after: CircuitState) -> None:  # noqa: ARG002
        """A node is away: perhaps another owns its slots by now."""
        if after is CircuitState.OPEN:
            self._learn_anew()

    def on_rejected(self, breaker: CircuitBreaker) -> None:
        """Nothing new."""

    async def _owner(self, key: str) -> Node:
        if not self._owners:
            await self._breaker.call(self._deadline.call, self._known)
        node = self._owners[key_slot(key.encode())]
        if node is None:
            raise ClusterDownError("no node owns the slot of this key")
        return node

    async def _known(self) -> None:
        """Return when the slots are known: those who come first wait for the same learning."""
        if not self._owners:
            # Shielded: who gives up waiting must not break it off for the others.
            await asyncio.shield(self._learn())

    def _learn_anew(self) -> None:
        """Begin to learn, beside what goes on; what was known holds until then, and if nobody tells."""
        now = self._clock()
        if now >= self._learn_from:
            self._learn_from = now + LEARN_EVERY_S
            self._learn()

    def _learn(self) -> "asyncio.Task[None]":
        if self._learning is None or self._learning.done():
            self._learning = asyncio.create_task(self._ask_around())
            # Perhaps nobody waits for it; then its failure is not to be reported as lost.
            self._learning.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._learning

    async def _ask_around(self) -> None:
        """Learn from the first that tells: nodes that answer requests before those that do not."""
        known = sorted(self._nodes.values(), key=lambda node: node.breaker.state is not CircuitState.CLOSED)
        failure: Exception | None = None
        for url in dict.fromkeys([*(node.url for node in known), *self._urls]):
            try:
                await self._take(await Timeout(LEARN_S).call(slots.read, url))
            except AWAY as error:
                failure = error
            else:
                return
        assert failure is not None
        raise failure

    async def _take(self, told: Iterable[slots.Owned]) -> None:
        """Let keys go to these nodes from now on; nodes that stay keep their connections and their breaker."""
        nodes: dict[str, Node] = {}
        owners: list[Node | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        for owned, url in told:
            if url not in nodes:
                nodes[url] = self._nodes.get(url) or self._node(url)
            owners[owned.start : owned.stop] = [nodes[url]] * len(owned)
        gone = [node for url, node in self._nodes.items() if url not in nodes]
        self._nodes, self._owners = nodes, owners
        for node in gone:
            await node.close()

    def _node(self, url: str) -> Node:
        listeners = (self, *self._listeners)
        return Node(url, self._deadline.seconds, listeners=listeners, clock=self._clock, purpose=self._purpose)

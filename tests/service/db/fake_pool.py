"""A pool under a fake clock: connections without a server, and a clock that only the test moves."""

import asyncio
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from service.db.checkout import Checkout, Lender
from service.db.gate import Gate
from service.db.shelf import Shelf
from service.db.usage import PoolSnapshot, Usage
from service.queries import Query

ANY = Query("any", "SELECT 1", ())


@dataclass
class FakeClock:
    """Seconds since whenever; whole eighths add up exactly."""

    now: float = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclass(eq=False)
class FakeConnection:
    """Queries take as long as `takes_s` says."""

    clock: FakeClock
    takes_s: float = 0.0
    closed: bool = False
    returned: bool = False
    in_transaction: bool = False
    terminated: bool = False
    resets: list[float | None] = field(default_factory=list)
    reset_fails: BaseException | None = None

    async def reset(self, *, timeout: float | None) -> None:  # noqa: ASYNC109 - asyncpg's
        """As asyncpg's."""
        self.resets.append(timeout)
        if self.reset_fails is not None:
            raise self.reset_fails

    async def fetch(self, *_: object) -> list[object]:
        """No rows."""
        self.clock.now += self.takes_s
        return []

    def is_closed(self) -> bool:
        """As asyncpg's."""
        if self.returned:
            raise asyncpg.InterfaceError("connection has been released back to the pool")
        return self.closed

    def is_in_transaction(self) -> bool:
        """As asyncpg's."""
        return self.in_transaction

    def terminate(self) -> None:
        """As asyncpg's."""
        self.terminated = self.closed = True


@dataclass
class FakePool:
    """Lends new connections; can be told to wait, to fail, and to take time for a release."""

    clock: FakeClock = field(default_factory=FakeClock)
    acquired: int = 0
    released: list[tuple[FakeConnection, float | None]] = field(default_factory=list)
    comes: asyncio.Event | None = None
    fails: BaseException | None = None
    release_fails: BaseException | None = None
    release_takes_s: float = 0.0
    query_takes_s: float = 0.0

    def acquire(self) -> "FakePool":
        """Something to await."""
        return self

    def __await__(self) -> Generator[Any, Any, FakeConnection]:
        """As asyncpg's context of an acquire."""
        return self._acquire().__await__()

    async def _acquire(self) -> FakeConnection:
        if self.comes is not None:
            await self.comes.wait()
        if self.fails is not None:
            raise self.fails
        self.acquired += 1
        return FakeConnection(self.clock, self.query_takes_s)

    async def release(self, connection: FakeConnection, *, timeout: float | None) -> None:  # noqa: ASYNC109 - asyncpg's
        """Take it back."""
        self.released.append((connection, timeout))
        self.clock.now += self.release_takes_s
        if self.release_fails is not None:
            raise self.release_fails


@dataclass
class Lending:
    """A lender of `size` fake connections."""

    pool: FakePool
    lender: Lender
    size: int

    @classmethod
    def of(
        cls, size: int = 1, *, queue: int = 10, timeout_s: float = 5.0, keeps: bool = True, resets: bool = False
    ) -> "Lending":
        """As the tuned pool, of one connection unless told otherwise."""
        pool = FakePool()
        gate = Gate(size, queue=queue, timeout_s=timeout_s)
        return cls(pool, Lender(pool, gate, Shelf(keeps=keeps), Usage(pool.clock), timeout_s, resets), size)

    def checkout(self) -> Checkout:
        """Borrow one."""
        return Checkout(self.lender)

    def now(self) -> PoolSnapshot:
        """Everything up to now."""
        return self.lender.usage.snapshot(size=self.size, open=self.size)

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.pool.clock.now += seconds

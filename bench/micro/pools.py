"""A pool whose connections are at hand at once and do nothing, and ways to borrow from it."""

from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager
from typing import Any

from service.db.checkout import Checkout, Lender
from service.db.gate import Gate
from service.db.shelf import Shelf
from service.db.usage import Usage

Borrow = Callable[[], AbstractAsyncContextManager[object]]
SIZE = 5


class IdleConnection:
    """Always fit for the next."""

    def is_closed(self) -> bool:
        """As asyncpg's."""
        return False

    def is_in_transaction(self) -> bool:
        """As asyncpg's."""
        return False


class InstantPool:
    """The outside of asyncpg's pool, and nothing inside."""

    def __init__(self) -> None:
        self._connection = IdleConnection()

    def acquire(self) -> "InstantAcquire":
        """To be awaited or entered, as asyncpg's."""
        return InstantAcquire(self)

    async def take(self) -> IdleConnection:
        """The connection."""
        return self._connection

    async def release(self, connection: IdleConnection, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's
        """Nothing to do."""


class InstantAcquire:
    """As asyncpg's PoolAcquireContext."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: InstantPool) -> None:
        self._pool = pool

    def __await__(self) -> Generator[Any, Any, IdleConnection]:
        return self._pool.take().__await__()

    async def __aenter__(self) -> IdleConnection:
        self._connection = await self._pool.take()
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._pool.release(self._connection)


def none() -> Borrow:
    """The pool's own `async with pool.acquire()`: no gate, no counters."""
    return InstantPool().acquire


def through_the_pool() -> Borrow:
    """A checkout that asks the pool and gives back to it, as with the knob `pool` off: counted, and not kept."""
    return _checkouts(keeps=False)


def from_the_shelf() -> Borrow:
    """A checkout of the tuned pool."""
    return _checkouts(keeps=True)


def _checkouts(*, keeps: bool) -> Borrow:
    gate = Gate(SIZE, queue=100, timeout_s=5.0)
    lender = Lender(InstantPool(), gate, Shelf(keeps=keeps), Usage(), timeout_s=5.0)
    return lambda: Checkout(lender)


WAYS: dict[str, Callable[[], Borrow]] = {
    "none": none,
    "through the pool": through_the_pool,
    "from the shelf": from_the_shelf,
}

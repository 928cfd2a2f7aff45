"""Database calls of this process, one at a time: how long the queries take without a service around them."""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from bench import observations
from bench.errors import LoadError
from bench.load import Sample, Target, sample_path
from bench.model import Slot
from bench.observations import Observation

if TYPE_CHECKING:
    import asyncpg

CONNECT_LIMIT_S = 10.0


def _broken() -> tuple[type[BaseException], ...]:
    """What asyncpg raises of a connection that breaks; of a server that leaves between two calls, the third."""
    import asyncpg

    return asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement with its values."""

    sql: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """What one request asks of the database: its statements in their order, timed together."""

    name: str
    """The same for both arms, also where their SQL differs."""
    statements: tuple[Statement, ...]


_Prepared = Sequence[tuple[Any, tuple[Any, ...]]]
"""asyncpg's prepared statements with their values."""
Calls = Callable[[Slot, Target], Sequence[Call]]
"""The calls of a slot, drawn from `slot.seed`; as many for each arm, since pairs compare like with like."""


@dataclass(slots=True)
class _Arm:
    connection: "asyncpg.Connection"
    prepared: dict[str, Any] = field(default_factory=dict)


class QueriesLoad:
    """A `bench.load.Load` that runs a fixed sequence of calls per slot on one connection per arm.

    `dsns` maps each arm's name to its database; `calls` chooses what a slot runs. Statements are prepared
    once per connection, as the service's driver keeps them. A slot lasts as long as its calls take; its
    `duration_s` is the experiment's estimate of that and does not cut it.
    """

    def __init__(
        self,
        *,
        dsns: Mapping[str, str],
        calls: Calls,
        samples: Path,
        server_settings: Mapping[str, str] | None = None,
        prefix: str = "queries",
    ) -> None:
        self._dsns = dsns
        self._calls = calls
        self._samples = samples
        self._server_settings = dict(server_settings or {})
        self._prefix = prefix
        self._arms: dict[str, _Arm] = {}

    async def run(self, slot: Slot, target: Target) -> Sample:
        """Run the slot's calls, one after the other.

        A call that PostgreSQL refuses is an observation with its error; a connection that breaks, or a query
        that cannot be prepared, is a LoadError.
        """
        arm = await self._arm(target.arm)
        calls = self._calls(slot, target)
        try:
            ready = [(call.name, await _prepared(arm, call)) for call in calls]
            started, rows, cores = await _timed(ready)
        except _broken() as error:
            raise LoadError(f"The connection to the database of {target.arm} broke: {error}.") from error
        path = sample_path(self._samples, self._prefix, slot)
        observations.write(path, observations.columns(rows))
        return Sample(path, started, len(rows), 0, cores, {"calls": len(calls)})

    async def _arm(self, name: str) -> _Arm:
        import asyncpg

        if name not in self._dsns:
            raise LoadError(f"There is no database for the arm {name}; known are {', '.join(self._dsns)}.")
        if name not in self._arms:
            try:
                connection = await asyncpg.connect(
                    self._dsns[name], timeout=CONNECT_LIMIT_S, server_settings=self._server_settings
                )
            except (asyncpg.PostgresError, OSError) as error:
                raise LoadError(f"The database of {name} cannot be reached: {error}.") from error
            self._arms[name] = _Arm(connection)
        return self._arms[name]

    async def __aenter__(self) -> Self:
        for name in self._dsns:
            await self._arm(name)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        arms, self._arms = self._arms, {}
        for arm in arms.values():
            arm.connection.terminate()


async def _prepared(arm: _Arm, call: Call) -> _Prepared:
    import asyncpg

    for statement in call.statements:
        if statement.sql not in arm.prepared:
            try:
                arm.prepared[statement.sql] = await arm.connection.prepare(statement.sql)
            except asyncpg.SyntaxOrAccessError as error:
                raise LoadError(f"The query {call.name} cannot be prepared: {error}.") from error
    return [(arm.prepared[statement.sql], statement.arguments) for statement in call.statements]


async def _timed(calls: Sequence[tuple[str, _Prepared]]) -> tuple[datetime, list[Observation], float]:
    rows: list[Observation] = []
    gc.collect()
    gc.disable()
    try:
        started, cpu = datetime.now(UTC), time.process_time()
        zero = time.perf_counter()
        for name, statements in calls:
            begin = time.perf_counter()
            reason = await _fetch(statements)
            end = time.perf_counter()
            status = 0 if reason else 200
            rows.append(Observation(name, begin - zero, begin - zero, end - zero, status, reason))
        cores = (time.process_time() - cpu) / max(time.perf_counter() - zero, 1e-9)
    finally:
        gc.enable()
    return started, rows, cores


async def _fetch(statements: _Prepared) -> str:
    """Run the statements of one call; answers why PostgreSQL refused one, empty when it did not."""
    import asyncpg

    try:
        for statement, arguments in statements:
            await statement.fetch(*arguments)
    except asyncpg.PostgresConnectionError:
        raise
    except asyncpg.PostgresError as error:
        return f"{type(error).__name__}: {error}"
    return ""

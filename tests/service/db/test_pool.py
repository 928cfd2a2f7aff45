import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from bench.faults.wire import Wire
from service import queries
from service.app import create
from service.db import Connection, Database
from service.db.usage import efficiency, utilisation
from service.errors import DatabaseUnavailableError, PoolQueueFullError
from service.queries import Query
from service.settings import Settings
from tests.service.running import OFF, ON, Databases, running

WHO = Query("who", "SELECT pg_backend_pid() AS pid, current_setting('application_name') AS name", ())
ASLEEP = "SELECT true FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%pg_sleep%'"
SLEEP = Query("sleep", "SELECT pg_sleep($1)", ("seconds",))
LOCKS = Query("locks", "SELECT count(*) AS held FROM pg_locks WHERE locktype = 'advisory' AND pid = $1", ("pid",))
ALIVE = "SELECT true FROM pg_stat_activity WHERE pid = $1"
END_OTHERS = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
FOR_EVER_S = 600


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """A pool."""
    database = Database(settings)
    await database.open()
    yield database
    await database.close()


def one_connection(databases: Databases, reset: str = "dirty", **values: float) -> Settings:
    """Settings for a tuned pool of one connection: whoever comes next gets the same."""
    return databases.settings(ON, reset=reset, pool_size=1, **values)


@pytest.mark.parametrize(
    "change",
    [
        "SET application_name = 'changed'",
        "SELECT set_config('application_name', 'changed', false)",
    ],
)
@pytest.mark.parametrize("reset", ["dirty", "full"])
async def test_a_changed_setting_is_undone(change: str, reset: str, databases: Databases) -> None:
    """Whoever takes the session changes it for himself alone: the next user finds it as new."""
    async with opened(one_connection(databases, reset)) as database:
        async with database.connection() as connection:
            before = (await connection.fetch(WHO))[0]
            await connection.session().execute(change)
            assert (await connection.fetch(WHO))[0]["name"] == "changed"
        assert (await database.fetch(WHO))[0] == before


@pytest.mark.parametrize("reset", ["dirty", "full"])
async def test_a_lock_of_the_session_is_given_back(reset: str, databases: Databases) -> None:
    """An advisory lock does not travel to the next user of the connection."""
    async with opened(one_connection(databases, reset)) as database:
        async with database.connection() as connection:
            await connection.session().execute("SELECT pg_advisory_lock(1)")
            pid = (await connection.fetch(WHO))[0]["pid"]
            assert (await connection.fetch(LOCKS, pid=pid))[0]["held"] == 1
        assert (await database.fetch(LOCKS, pid=pid))[0]["held"] == 0


async def test_listening_ends_with_the_checkout(databases: Databases) -> None:
    """Nobody gets the notifications that an earlier user of the connection asked for."""
    channels = Query("channels", "SELECT pg_listening_channels() AS name", ())
    async with opened(one_connection(databases)) as database:
        async with database.connection() as connection:
            await connection.session().execute("LISTEN news")
            assert await connection.fetch(channels)
        assert not await database.fetch(channels)


async def test_a_session_that_failed_is_still_reset(databases: Databases) -> None:
    """An error half-way through does not let a changed session escape."""
    async with opened(one_connection(databases)) as database:

        async def change_and_fail() -> None:
            async with database.connection() as connection:
                await connection.session().execute("SET application_name = 'changed'")
                await connection.session().execute("SELECT * FROM nowhere")

        with pytest.raises(asyncpg.UndefinedTableError):
            await change_and_fail()
        assert (await database.fetch(WHO))[0]["name"] != "changed"


@pytest.mark.parametrize(("reset", "resets"), [("dirty", 0), ("full", 5)])
async def test_a_reset_is_sent_only_where_it_is_needed(reset: str, resets: int, databases: Databases) -> None:
    """Five checkouts that only read: no reset with the knob on, one each with it off."""
    sent: list[str] = []
    async with opened(one_connection(databases, reset)) as database:
        async with database.connection() as connection:
            # Asks for the session, so this checkout itself ends in a reset in both cases; the logger survives it.
            connection.session().add_query_logger(lambda record: sent.append(record.query))
        await asyncio.sleep(0)
        sent.clear()
        for _ in range(5):
            await database.fetch(queries.load()["answers"])
        # Loggers are called in a later round of the event loop.
        await asyncio.sleep(0)
        assert sum("RESET ALL" in query for query in sent) == resets
        assert sum("SELECT 1" in query for query in sent) == 5


async def test_a_reset_that_is_broken_off_is_done_all_the_same(databases: Databases) -> None:
    """Cancelled at any moment of a checkout that ends in a reset, the connection is as new for the next."""
    async with opened(one_connection(databases, "full")) as database:

        async def work() -> None:
            async with database.connection() as connection:
                await connection._lent.execute("SET application_name = 'changed'")

        for number in range(20):
            task = asyncio.create_task(work())
            await asyncio.sleep(0.0001 * number)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert (await database.fetch(WHO))[0]["name"] != "changed"
        await _assert_whole(database)


async def test_what_goes_behind_the_session_s_back_would_stay(databases: Databases) -> None:
    """The negative case of all above: without `session`, nothing is reset, which is why there is no other way."""
    async with opened(one_connection(databases)) as database:
        async with database.connection() as connection:
            await connection._lent.execute("SET application_name = 'changed'")
        assert (await database.fetch(WHO))[0]["name"] == "changed"


@pytest.mark.parametrize("knobs", [ON, {**ON, "reset": "off"}, OFF], ids=["tuned", "full reset", "baseline"])
async def test_cancelled_work_leaks_no_connection(knobs: dict[str, str], databases: Databases) -> None:
    """Cancelled while waiting, while asking, while giving back: afterwards the pool is whole and nothing runs on."""
    async with opened(databases.settings(knobs)) as database:

        async def work(number: int) -> None:
            async with database.connection() as connection:
                await connection.fetch(SLEEP, seconds=0.001 * (number % 3))

        for round_ in range(6):
            tasks = [asyncio.create_task(work(number)) for number in range(40)]
            await asyncio.sleep(0.002 * round_)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await _assert_whole(database)


@pytest.mark.usefixtures("unannounced")
@pytest.mark.parametrize("knobs", [ON, OFF], ids=["v1", "legacy"])
async def test_clients_that_leave_leak_no_connection(knobs: dict[str, str], databases: Databases) -> None:
    """A request cancelled at any moment gives its connection back."""
    app = create(databases.settings({**knobs, "cache": "off"}))
    async with app.router.lifespan_context(app):
        prefix = "/api/v1" if knobs["api"] == "on" else "/api"
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            for round_ in range(8):
                asking = [
                    asyncio.create_task(client.get(f"{prefix}/search", params={"q": "return", "workspace": "team-1"}))
                    for _ in range(12)
                ]
                await asyncio.sleep(0.002 * round_)
                for task in asking:
                    task.cancel()
                await asyncio.gather(*asking, return_exceptions=True)
        await _assert_whole(app.state.resources.database)


async def test_no_connection_in_time_is_unavailable(databases: Databases) -> None:
    """The tuned pool does not let requests wait for ever; the next one is served."""
    async with opened(one_connection(databases, acquire_timeout_s=0.05)) as database:
        async with database.connection():
            with pytest.raises(DatabaseUnavailableError, match="no database connection is free"):
                await database.fetch(WHO)
        assert await database.fetch(WHO)


async def test_a_query_that_takes_too_long_is_unavailable(databases: Databases) -> None:
    """The tuned pool ends it, on the server too, and the connection is fit for the next."""
    async with opened(one_connection(databases, command_timeout_s=1.0)) as database:
        with pytest.raises(DatabaseUnavailableError, match="sleep"):
            await database.fetch(SLEEP, seconds=FOR_EVER_S)
        await _assert_whole(database)


async def test_an_ended_backend_is_unavailable_and_replaced(databases: Databases) -> None:
    """When the administrator ends a backend in the middle of a query, that request fails and the next does not."""
    async with opened(one_connection(databases, command_timeout_s=FOR_EVER_S)) as database:
        pid = (await database.fetch(WHO))[0]["pid"]
        asking = asyncio.create_task(database.fetch(SLEEP, seconds=FOR_EVER_S))
        other = await asyncpg.connect(databases.by_tunings[()])
        while not await other.fetchval(ASLEEP, pid):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.01)
        await other.execute("SELECT pg_terminate_backend($1)", pid)
        with pytest.raises(DatabaseUnavailableError):
            await asking
        assert (await database.fetch(WHO))[0]["pid"] != pid
        await other.close()


@pytest.mark.parametrize("knobs", [ON, {**ON, "reset": "off"}, OFF], ids=["tuned", "full reset", "baseline"])
async def test_backends_that_ended_while_idle_are_replaced(knobs: dict[str, str], databases: Databases) -> None:
    """After a restart of the server nobody gets a dead connection, wherever it lay when it died."""
    async with opened(databases.settings(knobs)) as database:
        await _assert_whole(database)
        await _end_all(databases, database)
        await _assert_whole(database)
        assert database.usage().open == database.usage().size


async def test_requests_under_way_and_waiting_survive_an_end_of_all_backends(databases: Databases) -> None:
    """Those whose query ran fail as unavailable, those who waited are served, and the pool is whole."""
    async with opened(databases.settings(ON, pool_size=2, command_timeout_s=FOR_EVER_S)) as database:
        running_ = [asyncio.create_task(database.fetch(SLEEP, seconds=FOR_EVER_S)) for _ in range(2)]
        await _until(lambda: database.usage().busy == 2)
        waiting = [asyncio.create_task(database.fetch(WHO)) for _ in range(10)]
        await _until(lambda: database.usage().waiting == 10)
        await _end_all(databases, database)
        for failed in await asyncio.gather(*running_, return_exceptions=True):
            assert isinstance(failed, DatabaseUnavailableError)
        assert all(await asyncio.gather(*waiting))
        await _assert_whole(database)
        assert database.usage().failures == 0


async def test_a_session_whose_server_ended_is_unavailable_and_replaced(databases: Databases) -> None:
    """The reset at its release cannot be sent: the work is not told as failed for that, and the next one works."""
    async with opened(one_connection(databases)) as database:
        async with database.connection() as connection:
            pid = (await connection.fetch(WHO))[0]["pid"]
            await connection.session().execute("SET application_name = 'changed'")
            await _end_all(databases, database)
        after = (await database.fetch(WHO))[0]
        assert after["pid"] != pid
        assert after["name"] != "changed"


async def test_a_server_that_is_gone_is_unavailable(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """While no connection can be made every request is told so, and none is lost for when it can again."""
    async with opened(one_connection(databases)) as database:
        connect = asyncpg.connect

        async def refuse(*_: object, **__: object) -> asyncpg.Connection:
            raise ConnectionRefusedError("refused")

        await database.fetch(WHO)
        monkeypatch.setattr(asyncpg, "connect", refuse)
        other = await connect(databases.by_tunings[()])
        await _end_all(databases, database, other)
        for _ in range(3):
            with pytest.raises(DatabaseUnavailableError):
                await database.fetch(WHO)
        monkeypatch.setattr(asyncpg, "connect", connect)
        await _until_answered(database)
        await _assert_whole(database)


async def test_a_full_queue_is_unavailable_at_once(databases: Databases) -> None:
    """The tuned pool lets so many wait and no more; those who wait are served all the same."""
    async with opened(one_connection(databases, acquire_queue=2, acquire_timeout_s=FOR_EVER_S)) as database:
        async with database.connection():
            waiting = [asyncio.create_task(database.fetch(WHO)) for _ in range(2)]
            await _until(lambda: database.usage().waiting == 2)
            with pytest.raises(PoolQueueFullError):
                await database.fetch(WHO)
        assert all(await asyncio.gather(*waiting))
        assert database.usage().rejections == 1


@pytest.mark.usefixtures("unannounced")
async def test_a_request_that_may_not_wait_is_answered_503(databases: Databases) -> None:
    """Shedding load is an answer like that of any other outage, and passes with it."""
    settings = databases.settings({**ON, "cache": "off"}, pool_size=1, acquire_queue=0)
    async with running(settings) as service:
        async with service.resources.database.connection():
            assert (await service.get("/collections")).status_code == 503
        assert (await service.get("/collections")).status_code == 200


async def test_the_basic_pool_lets_any_number_wait(databases: Databases) -> None:
    """It stays asyncpg's own, limits and all, but is counted as the tuned one is."""
    async with opened(databases.settings(OFF, acquire_queue=0, acquire_timeout_s=0.001)) as database:
        size = database.usage().size
        everyone = asyncio.Barrier(size)

        async def hold() -> None:
            async with database.connection():
                await everyone.wait()

        await asyncio.gather(*(hold() for _ in range(3 * size)))
        now = database.usage()
        assert (now.returned, now.waited) == (3 * size, 2 * size)
        assert (now.timeouts, now.rejections, now.failures) == (0, 0, 0)


@pytest.mark.parametrize("knobs", [ON, {**ON, "reset": "off"}, OFF], ids=["tuned", "full reset", "baseline"])
async def test_every_checkout_is_counted(knobs: dict[str, str], databases: Databases) -> None:
    """What is borrowed is returned, its use holds its queries, and each connection was made once."""
    async with opened(databases.settings(knobs)) as database:
        before = database.usage()
        await asyncio.gather(*(database.fetch(WHO) for _ in range(50)))
        after = database.usage()
    assert (after.busy, after.waiting) == (0, 0)
    assert after.borrowed == after.returned == sum(after.wait_counts) == sum(after.use_counts) == 50
    assert before.created == after.created == after.open == after.size
    assert 0 < after.query_s < after.use_s == after.busy_s
    used = utilisation(before, after)
    # asyncpg hands a connection on before its release returns, so the basic pool's checkouts overlap a little.
    assert 0 < used <= 1 if knobs["pool"] == "on" else used > 0
    assert 0 < efficiency(before, after) < 1
    assert after.create_s > 0


async def test_closing_ends_every_connection(databases: Databases) -> None:
    """Those that were kept between checkouts too, and one that is in use when its checkout ends."""
    settings = databases.settings(ON, pool_size=2)
    database = Database(settings)
    await database.open()
    await _assert_whole(database)
    borrowed = database.connection()
    pid = (await (await borrowed.__aenter__()).fetch(WHO))[0]["pid"]
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    assert not closing.done()
    await borrowed.__aexit__()
    await closing
    with pytest.raises(DatabaseUnavailableError):
        await database.fetch(WHO)
    other = await asyncpg.connect(databases.by_tunings[()])
    while await other.fetchval(ALIVE, pid):  # noqa: ASYNC110 - another process is waited for
        await asyncio.sleep(0.01)
    await other.close()


async def test_a_programming_error_is_no_outage(databases: Databases) -> None:
    """A wrong number of arguments is not told as an unavailable database."""
    async with opened(one_connection(databases)) as database:
        with pytest.raises(asyncpg.InterfaceError):
            await database.fetch(Query("bad", "SELECT 1", ("unused",)), unused=1)


@pytest.mark.usefixtures("unannounced")
@pytest.mark.parametrize(("api", "held"), [("on", False), ("off", True)], ids=["v1", "legacy"])
async def test_who_waits_for_redis_holds_a_connection_or_not(
    api: str, held: bool, databases: Databases, fresh_redis: str
) -> None:
    """v1 borrows a connection for queries alone; legacy keeps its one while it asks the cache."""
    async with Wire(fresh_redis) as wire:
        settings = databases.settings({**ON, "api": api}, redis_url=wire.url, pool_size=1, cache_deadline_s=FOR_EVER_S)
        async with running(settings) as service:
            wire.mode = "silent"
            wire.asked.clear()
            asking = asyncio.create_task(service.get("/collections"))
            await wire.asked.wait()
            assert service.resources.database.usage().busy == (1 if held else 0)
            await wire.cut()
            assert (await asking).status_code == 200


async def test_a_pool_that_was_not_opened_says_so(databases: Databases) -> None:
    """Use before the start is an error of the service's own kind."""
    with pytest.raises(DatabaseUnavailableError, match="not opened"):
        await Database(databases.settings(ON)).fetch(WHO)


async def _end_all(databases: Databases, database: Database, by: asyncpg.Connection | None = None) -> None:
    """End every backend of the pool, and wait until the pool's sockets know."""
    other = by or await asyncpg.connect(databases.by_tunings[()])
    await other.execute(END_OTHERS)
    await other.close()
    await _until(lambda: database.usage().open == 0 or database.usage().created > database.usage().size)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.001)


async def _until_answered(database: Database) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await database.fetch(WHO)
            except DatabaseUnavailableError:
                await asyncio.sleep(0.001)
            else:
                return


async def _assert_whole(database: Database) -> None:
    """Every connection is free, fit for use, and alone with its session."""
    now = database.usage()
    assert (now.busy, now.waiting, database._opened().gate.inside) == (0, 0, 0)
    size = now.size
    everyone = asyncio.Barrier(size)

    async def use() -> int:
        async with database.connection() as connection:
            await everyone.wait()
            pid: int = (await connection.fetch(WHO))[0]["pid"]
            assert isinstance(connection, Connection)
            return pid

    async with asyncio.timeout(30):
        pids = await asyncio.gather(*(use() for _ in range(size)))
    assert len(set(pids)) == size

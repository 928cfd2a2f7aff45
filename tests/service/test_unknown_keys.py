"""Keys that nobody knows: what they cost, and how often somebody may try."""

import pytest

from service.access import Caller, Keys, Standing, hashed
from service.access.keys import MOST_REMEMBERED, UNKNOWN_S
from service.api.v1.strangers import MOST_BARRED, Strangers
from service.db import Database
from service.errors import UnknownKeyError
from tests.service.running import ON, Databases, Service, running
from tests.service.test_access import add_key
from tests.service.test_v1_errors import GOOD, envelope

KNOBS = {**ON, "cache": "off"}


class Counted(Keys):
    """Keys, with the number of looks into the database."""

    def __init__(self, database: Database, now: float = 100.0) -> None:
        super().__init__(database, clock=lambda: self.now)
        self.now = now
        self.looked_up: list[bytes] = []

    async def _look_up(self, digest: bytes) -> Caller | None:
        self.looked_up.append(digest)
        return await super()._look_up(digest)


def watched(service: Service, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The digests that the running service looks up from now on."""
    keys, looked_up = service.resources.keys, list[bytes]()
    look_up = keys._look_up

    async def noted(digest: bytes) -> Caller | None:
        looked_up.append(digest)
        return await look_up(digest)

    monkeypatch.setattr(keys, "_look_up", noted)
    return looked_up


async def refused(keys: Keys, key: str) -> None:
    """Show a key that nobody knows."""
    with pytest.raises(UnknownKeyError):
        await keys.recognise(key)


async def test_an_unknown_key_is_looked_up_once_in_a_while(databases: Databases) -> None:
    """Whoever goes on with a wrong key costs no query each time; the memory ends, and at once when keys change."""
    async with running(databases.settings(KNOBS)) as service:
        keys = Counted(service.resources.database)
        for _ in range(3):
            await refused(keys, "wrong")
        assert keys.looked_up == [hashed("wrong")]
        keys.now += UNKNOWN_S
        await refused(keys, "wrong")
        assert len(keys.looked_up) == 2
        await keys.forget()
        await refused(keys, "wrong")
        assert len(keys.looked_up) == 3


async def test_guesses_do_not_make_the_service_forget_who_is_known(databases: Databases, own_copy: str) -> None:
    """What is remembered of wrong keys is bounded, and apart from the right ones."""
    async with running(databases.settings(KNOBS, database_url=own_copy)) as service:
        keys = Counted(service.resources.database)
        good = await add_key(service, "reader", "reader")
        await keys.recognise(good)
        for number in range(MOST_REMEMBERED + 1):
            await refused(keys, f"guess-{number}")
        assert len(keys._unknown) == MOST_REMEMBERED
        asked = len(keys.looked_up)
        assert (await keys.recognise(good)).name == "reader"
        assert len(keys.looked_up) == asked


async def test_what_was_read_before_the_keys_changed_is_looked_up_again(databases: Databases, own_copy: str) -> None:
    """An announcement that comes while a key is looked up is not lost on it; who was recognised is no stranger."""

    class Overtaken(Counted):
        async def _look_up(self, digest: bytes) -> Caller | None:
            found = await super()._look_up(digest)
            await self.forget()
            return found

    async with running(databases.settings(KNOBS, database_url=own_copy)) as service:
        keys = Overtaken(service.resources.database)
        for _ in range(2):
            await refused(keys, "wrong")
        assert len(keys.looked_up) == 2
        good = await add_key(service, "reader", "reader")
        for _ in range(2):
            await keys.recognise(good)
        assert len(keys.looked_up) == 4
        assert not keys.is_new(good)


async def test_whoever_guesses_is_counted_and_soon_not_looked_up(
    databases: Databases, fresh_redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guesses count against their address, each refusal says where it stands, and past the limit none is a query."""
    async with running(databases.settings(KNOBS, redis_url=fresh_redis, rate_limit="2/hour")) as service:
        looked_up = watched(service, monkeypatch)
        answers = [await service.get("/search", headers={"X-API-Key": f"guess-{n}"}, **GOOD) for n in range(5)]
        anonymous = await service.get("/search", **GOOD)
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429, 429]
    assert anonymous.status_code == 429
    # The third is known to be one too many only once it has been counted.
    assert looked_up == [hashed(f"guess-{n}") for n in range(3)]
    assert [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers] == [
        f'"default";r={left}' for left in (1, 0, 0, 0, 0)
    ]
    assert envelope(answers[0])["type"] == "AuthenticationError"
    assert envelope(answers[-1])["type"] == "RateLimitError"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 3600


async def test_a_key_that_was_recognised_is_served_beside_guesses(
    databases: Databases, own_copy: str, fresh_redis: str
) -> None:
    """Somebody who guesses from the same address keeps out keys that are new here, and nobody who is known."""
    settings = databases.settings(KNOBS, database_url=own_copy, redis_url=fresh_redis, rate_limit="2/hour")
    async with running(settings) as service:
        known, new = await add_key(service, "known", "reader"), await add_key(service, "new", "reader")
        assert (await service.get("/search", headers={"X-API-Key": known}, **GOOD)).status_code == 200
        for number in range(3):
            await service.get("/search", headers={"X-API-Key": f"guess-{number}"}, **GOOD)
        assert (await service.get("/search", headers={"X-API-Key": known}, **GOOD)).status_code == 200
        assert (await service.get("/search", headers={"X-API-Key": new}, **GOOD)).status_code == 429


async def test_barred_addresses_are_bounded_and_let_in_again(databases: Databases, fresh_redis: str) -> None:
    """An address is looked at again once a request is free; of very many the oldest make room."""
    now = 100.0
    async with running(databases.settings(KNOBS, redis_url=fresh_redis, rate_limit="1/hour")) as service:
        strangers, resources = Strangers(clock=lambda: now), service.resources
        for number in range(MOST_BARRED + 1):
            strangers._bar(f"address:{number}", Standing(False, 1, 3600, 0, 3600))
        assert len(strangers._barred) == MOST_BARRED
        scope = {"type": "http", "client": ("1000", 1)}
        with pytest.raises(UnknownKeyError, match="too many"):
            await strangers.recognise("wrong", resources, scope)
        now += 3601
        with pytest.raises(UnknownKeyError, match="not known"):
            await strangers.recognise("wrong", resources, scope)

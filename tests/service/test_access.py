"""Who may do what."""

import asyncio

import pytest

from bench.faults.wire import Wire
from service import queries
from service.access import Caller, Keys, Role, generate, hashed
from service.errors import UnknownKeyError
from tests.service.running import ON, Databases, Service, running
from tests.service.test_v1_errors import GOOD, envelope

KEY = "an-operator-s-key-of-thirty-two-or-more"
ADMIN = {"X-API-Key": KEY}
KNOBS = {**ON, "cache": "off"}


async def add_key(service: Service, name: str, role: str) -> str:
    """Put a new key into the database."""
    key = generate()
    values = {"name": name, "role": role, "key_hash": hashed(key), "request_id": "test"}
    assert await service.resources.database.fetch(queries.load()["key_add"], **values)
    return key


@pytest.mark.parametrize("path", ["/config", "/admin/audit", "/admin/search-content"])
async def test_admin_routes_need_an_admin(path: str, databases: Databases, own_copy: str) -> None:
    """Without a key and with a reader's it is a 403; an admin's key and the operator's are let through."""
    async with running(databases.settings(KNOBS, database_url=own_copy, admin_key=KEY)) as service:
        reader, admin = await add_key(service, "reader", "reader"), await add_key(service, "admin", "admin")
        for headers, status in (({}, 403), ({"X-API-Key": reader}, 403), ({"X-API-Key": admin}, 200), (ADMIN, 200)):
            answer = await service.get(path, headers=headers)
            assert answer.status_code == status
            if status == 403:
                assert envelope(answer)["type"] == "AuthorizationError"


async def test_who_is_no_admin_is_told_so_before_anything_is_read(databases: Databases) -> None:
    """Whatever they sent: what is wrong with it is for those who may. An admin is told."""
    async with running(databases.settings(KNOBS, admin_key=KEY)) as service:
        for headers, status in (({}, 403), (ADMIN, 400)):
            declared = {**headers, "Content-Type": "application/json"}
            path = f"{service.prefix}/config/search.x"
            assert (await service.client.put(path, content=b"{", headers=declared)).status_code == status
            assert (await service.get("/admin/audit", headers=headers, limit=0)).status_code == status


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
async def test_an_unknown_key_is_refused_everywhere(header: str, databases: Databases) -> None:
    """A wrong key is a 401 also where no key is needed: its owner believes to be somebody."""
    value = "wrong" if header == "X-API-Key" else "Bearer wrong"
    async with running(databases.settings(KNOBS, admin_key=KEY)) as service:
        answer = await service.get("/search", headers={header: value}, **GOOD)
        assert (answer.status_code, envelope(answer)["type"]) == (401, "AuthenticationError")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert (await service.get("/health", headers={header: value})).status_code == 200


async def test_another_scheme_is_not_ours(databases: Databases) -> None:
    """Basic credentials belong to a proxy in front; the request is anonymous."""
    async with running(databases.settings(KNOBS)) as service:
        assert (await service.get("/search", headers={"Authorization": "Basic eDp5"}, **GOOD)).status_code == 200


async def test_readers_may_be_asked_for_a_key(databases: Databases, own_copy: str) -> None:
    """With DOCAICHE_ANONYMOUS=nobody a search needs a key, any; health does not."""
    settings = databases.settings(KNOBS, database_url=own_copy, anonymous="nobody")
    async with running(settings) as service:
        assert (await service.get("/search", **GOOD)).status_code == 401
        assert (await service.get("/health")).status_code == 200
        reader = await add_key(service, "reader", "reader")
        for headers in ({"X-API-Key": reader}, {"Authorization": f"Bearer {reader}"}):
            assert (await service.get("/search", headers=headers, **GOOD)).status_code == 200


async def test_a_revoked_key_is_forgotten_at_once(databases: Databases, own_copy: str) -> None:
    """Revoking is announced: a process that remembers the key looks it up again."""
    async with running(databases.settings(KNOBS, database_url=own_copy)) as service:
        headers = {"X-API-Key": await add_key(service, "reader", "reader")}
        assert (await service.get("/search", headers=headers, **GOOD)).status_code == 200
        revoke = {"name": "reader", "request_id": "test"}
        assert await service.resources.database.fetch(queries.load()["key_revoke"], **revoke)
        async with asyncio.timeout(10):
            while (await service.get("/search", headers=headers, **GOOD)).status_code != 401:
                pass


async def test_a_recognised_key_is_looked_up_again_after_a_while(databases: Databases, own_copy: str) -> None:
    """Should the announcement get lost, a revocation counts a few seconds later."""
    async with running(databases.settings(KNOBS, database_url=own_copy)) as service:
        key = await add_key(service, "reader", "reader")
        now = 100.0
        keys = Keys(service.resources.database, clock=lambda: now)
        assert await keys.recognise(key) == Caller("reader", Role.READER)
        await service.resources.database.fetch(queries.load()["key_revoke"], name="reader", request_id="test")
        assert await keys.recognise(key) == Caller("reader", Role.READER)
        now = 106.0
        with pytest.raises(UnknownKeyError):
            await keys.recognise(key)


async def test_keys_are_kept_as_hashes(databases: Databases, own_copy: str) -> None:
    """What stands in the database lets nobody in; two keys are never the same."""
    async with running(databases.settings(KNOBS, database_url=own_copy)) as service:
        key = await add_key(service, "reader", "reader")
        (row,) = await service.resources.database.fetch(queries.load()["key_by_hash"], key_hash=hashed(key))
        assert key.encode() not in bytes(row["key_hash"])
        assert len(row["key_hash"]) == 32
    assert generate() != generate()


async def test_a_key_while_the_database_is_gone_is_a_503(databases: Databases) -> None:
    """Nobody can tell whether it is right: not the client's mistake."""
    settings = databases.settings(KNOBS)
    async with (
        Wire(settings.database_url.get_secret_value()) as wire,
        running(databases.settings(KNOBS, database_url=wire.url)) as service,
    ):
        await wire.cut()
        answer = await service.get("/search", headers={"X-API-Key": "some"}, **GOOD)
    assert (answer.status_code, envelope(answer)["type"]) == (503, "ServiceUnavailableError")

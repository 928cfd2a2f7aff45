"""Settings that are changed while the service runs."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.service.running import ON, Databases, Service, running
from tests.service.test_access import ADMIN, KEY
from tests.service.test_v1_errors import envelope

KNOBS = {**ON, "cache": "off"}


async def put(service: Service, key: str, body: Any, headers: dict[str, str] = ADMIN) -> httpx.Response:
    """Write a setting."""
    return await service.client.put(f"{service.prefix}/config/{key}", json=body, headers=headers)


async def test_a_setting_is_written_and_read(databases: Databases, own_copy: str) -> None:
    """The answer tells the new version, and so does the list; the audit tells before and after."""
    async with running(databases.settings(KNOBS, database_url=own_copy, admin_key=KEY)) as service:
        assert (await service.get("/config", headers=ADMIN)).json() == {"entries": []}
        first = (await put(service, "search.default_limit", {"value": "20"})).json()
        second = (await put(service, "search.default_limit", {"value": "30"})).json()
        assert [(entry["value"], entry["version"]) for entry in (first, second)] == [("20", 1), ("30", 2)]
        assert (await service.get("/config", headers=ADMIN)).json() == {"entries": [second]}
        audit = (await service.get("/admin/audit", headers=ADMIN)).json()["entries"]
    assert [(entry["before"], entry["after"], entry["actor"]) for entry in audit] == [
        ("20", "30", "operator"), (None, "20", "operator"),
    ]  # fmt: skip


async def test_of_two_who_change_the_same_the_second_is_told(databases: Databases, own_copy: str) -> None:
    """A write with an old version is a 409 and changes nothing; with the right one it counts."""
    async with running(databases.settings(KNOBS, database_url=own_copy, admin_key=KEY)) as service:
        assert (await put(service, "cache.ttl_s", {"value": "1", "version": 1})).status_code == 409
        assert (await put(service, "cache.ttl_s", {"value": "1", "version": 0})).status_code == 200
        late = await put(service, "cache.ttl_s", {"value": "2", "version": 0})
        assert (late.status_code, envelope(late)["type"]) == (409, "ConflictError")
        assert (await put(service, "cache.ttl_s", {"value": "3", "version": 1})).json()["version"] == 2
        assert len((await service.get("/admin/audit", headers=ADMIN)).json()["entries"]) == 2


async def test_of_many_at_once_each_version_is_won_once(databases: Databases, own_copy: str) -> None:
    """Twenty who all replace version 1: one wins; without a version all do, and the audit chains them."""
    async with running(databases.settings(KNOBS, database_url=own_copy, admin_key=KEY)) as service:
        await put(service, "llm.model", {"value": "start"})
        race = await asyncio.gather(*(put(service, "llm.model", {"value": f"v{n}", "version": 1}) for n in range(20)))
        assert sorted(answer.status_code for answer in race) == [200] + 19 * [409]
        blind = await asyncio.gather(*(put(service, "llm.model", {"value": f"b{n}"}) for n in range(20)))
        assert sorted(answer.json()["version"] for answer in blind) == list(range(3, 23))
        audit = (await service.get("/admin/audit", headers=ADMIN, limit=200)).json()["entries"]
    # The value that each replaced is the one that another wrote: none twice.
    replaced = [entry["before"] for entry in audit]
    assert len(set(replaced)) == len(replaced) == 22


@pytest.mark.parametrize("key", ["size", "Search.limit", "search.", "other.limit", "search.a b", "search." + "x" * 100])
async def test_a_key_has_one_of_the_prefixes(key: str, databases: Databases) -> None:
    """Anything else is a 400."""
    async with running(databases.settings(KNOBS, admin_key=KEY)) as service:
        answer = await put(service, key, {"value": "1"})
    assert (answer.status_code, envelope(answer)["code"]) == (400, "VALIDATION_ERROR")


async def test_security_is_not_configured_over_http(databases: Databases, own_copy: str) -> None:
    """Not even by an admin: 403, and nothing was written."""
    async with running(databases.settings(KNOBS, database_url=own_copy, admin_key=KEY)) as service:
        answer = await put(service, "security.level", {"value": "none"})
        assert (answer.status_code, envelope(answer)["type"]) == (403, "AuthorizationError")
        assert (await service.get("/config", headers=ADMIN)).json() == {"entries": []}


@pytest.mark.parametrize("body", [{}, {"value": 20}, {"value": "x" * 1001}, {"value": "1", "version": -1},
                                  {"value": "1", "by": "me"}], ids=str)  # fmt: skip
async def test_a_wrong_value_is_refused(body: dict[str, Any], databases: Databases) -> None:
    """Text, bounded, and nothing beside it."""
    async with running(databases.settings(KNOBS, admin_key=KEY)) as service:
        answer = await put(service, "search.limit", body)
    assert (answer.status_code, envelope(answer)["code"]) == (400, "VALIDATION_ERROR")


async def test_writing_needs_an_admin(databases: Databases, own_copy: str) -> None:
    """Whoever shows no key writes nothing."""
    async with running(databases.settings(KNOBS, database_url=own_copy, admin_key=KEY)) as service:
        assert (await put(service, "search.limit", {"value": "1"}, {})).status_code == 403
        assert (await service.get("/config", headers=ADMIN)).json() == {"entries": []}


async def test_the_audit_is_read_in_pages(databases: Databases, own_copy: str) -> None:
    """Newest first; following `next` meets every change once."""
    async with running(databases.settings(KNOBS, database_url=own_copy, admin_key=KEY)) as service:
        for number in range(5):
            await put(service, "search.limit", {"value": str(number)})
        seen, before = [], None
        while True:
            page = (await service.get("/admin/audit", headers=ADMIN, limit=2, before=before)).json()
            seen += [entry["after"] for entry in page["entries"]]
            if (before := page["next"]) is None:
                break
    assert seen == ["4", "3", "2", "1", "0"]

import os

import pytest

from bench.corpus import fingerprint
from bench.corpus import settings as own_settings
from bench.subject import Identity
from service.settings import KNOBS
from tests.service.running import OFF, ON, Databases, running

ONE_OFF = [{**ON, name: "off"} for name in KNOBS]


@pytest.mark.parametrize("knobs", [ON, OFF, *ONE_OFF], ids=["all on", "all off", *(f"{name} off" for name in KNOBS)])
async def test_a_process_proves_what_it_is(knobs: dict[str, str], databases: Databases) -> None:
    """The identity has exactly the agreed keys, and its knobs, fingerprint and database are the real ones."""
    settings = databases.settings(knobs)
    async with running(settings) as service:
        body = (await service.client.get("/identity")).json()
    assert set(body) == {"service", "version", "pid", "config_hash", "knobs", "database"}
    assert set(body["database"]) == {"name", "columns", "indexes", "settings"}
    identity = Identity.model_validate(body)
    assert identity.pid == os.getpid()
    assert identity.knobs == knobs
    assert identity.config_hash == settings.config_hash()
    dsn = settings.database_url.get_secret_value()
    assert identity.database.name == dsn.rpartition("/")[2]
    columns, indexes = await fingerprint(dsn)
    assert (set(identity.database.columns), set(identity.database.indexes)) == (columns, indexes)
    assert set(identity.database.settings) == await own_settings(dsn)
    assert ("jit=off" in identity.database.settings) == (knobs["settings"] == "on")
    assert ("search_vector" in columns) == (knobs["fulltext"] == "on")
    assert ("documents_fulltext" in indexes) == (knobs["indexes"] == "on")


async def test_a_database_in_another_state_shows(databases: Databases) -> None:
    """The knob `indexes` is a claim; the identity tells the truth beside it."""
    settings = databases.settings(ON, database_url=databases.by_tunings["fulltext",])
    async with running(settings) as service:
        identity = Identity.model_validate((await service.client.get("/identity")).json())
    assert identity.knobs["indexes"] == "on"
    assert "documents_fulltext" not in identity.database.indexes


async def test_settings_of_the_database_alone_are_told(own_copy: str, databases: Databases) -> None:
    """Neither those of another database nor those of a role: what the knob `settings` did, and nothing else."""
    async with running(databases.settings(ON, database_url=own_copy)) as service:
        identity = Identity.model_validate((await service.client.get("/identity")).json())
    assert identity.knobs["settings"] == "on"
    assert identity.database.settings == ()


@pytest.mark.parametrize("knobs", [ON, OFF], ids=["v1", "legacy"])
async def test_health_tells_each_dependency(knobs: dict[str, str], databases: Databases) -> None:
    """Both APIs say that they live, and that the database and the cache answer."""
    async with running(databases.settings(knobs)) as service:
        assert (await service.client.get("/health/live")).json() == {"status": "alive"}
        ready = (await service.client.get("/health/ready")).json()
        assert ready == {"status": "ready", "dependencies": {"database": "healthy", "cache": "healthy"}}
        assert (await service.get("/health")).status_code == 200

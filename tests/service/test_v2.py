"""The next version, in which a search has no offset."""

from typing import Any

import pytest

from service.settings import Settings
from tests.service.running import ON, Databases, running
from tests.service.test_v1_errors import GOOD, envelope


@pytest.fixture
def settings(databases: Databases) -> Settings:
    """The consolidated API without the cache."""
    return databases.settings({**ON, "cache": "off"})


async def test_it_is_served_beside_the_first(settings: Settings) -> None:
    """The same hits from both; each tells its own version and refuses the other's."""
    async with running(settings) as service:
        one = await service.client.get("/api/v1/search", params=GOOD)
        two = await service.client.get("/api/v2/search", params=GOOD)
        body = await service.client.post("/api/v2/search", json=GOOD)
        assert one.json() == two.json() == body.json()
        assert (one.headers["api-version"], two.headers["api-version"]) == ("1", "2")
        wrong = await service.client.get("/api/v2/search", params=GOOD, headers={"API-Version": "1"})
        assert (wrong.status_code, envelope(wrong)["code"]) == (400, "VALIDATION_ERROR")
        assert (await service.client.get("/api/v3/search", params=GOOD)).status_code == 404


async def test_it_has_no_offset(settings: Settings) -> None:
    """An unknown parameter like any other; the cursor does it."""
    async with running(settings) as service:
        first = (await service.client.get("/api/v2/search", params={**GOOD, "limit": 2})).json()
        rest = await service.client.get("/api/v2/search", params={**GOOD, "limit": 2, "cursor": first["next"]})
        refused = await service.client.get("/api/v2/search", params={**GOOD, "offset": 2})
        by_offset = await service.client.get("/api/v1/search", params={**GOOD, "limit": 2, "offset": 2})
    assert rest.json()["hits"] == by_offset.json()["hits"] != first["hits"]
    assert (refused.status_code, "offset" in envelope(refused)["message"]) == (400, True)


async def test_what_it_does_not_change_is_not_there_twice(settings: Settings) -> None:
    """Statistics and the rest have one path, that of the version that changed them last."""
    async with running(settings) as service:
        schema: dict[str, Any] = (await service.client.get("/openapi.json")).json()
        assert (await service.client.get("/api/v2/stats", params={"workspace": "team-1"})).status_code == 404
    second = {path for path in schema["paths"] if path.startswith("/api/v2/")}
    assert second == {"/api/v2/search"}

"""Versions in the path and in headers; the old API's notice of its end."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from service.api.legacy.deprecation import DEPRECATED, SUNSET
from service.settings import Settings
from tests.service.running import OFF, ON, Databases, running
from tests.service.test_v1_errors import GOOD, envelope


@pytest.fixture
def v1(databases: Databases) -> Settings:
    """v1 without the cache."""
    return databases.settings({**ON, "cache": "off"})


@pytest.fixture
def legacy(databases: Databases) -> Settings:
    """The old API."""
    return databases.settings(OFF)


@pytest.mark.parametrize("headers", [{}, {"API-Version": "1"}, {"api-version": " 1 "}])
async def test_the_version_is_echoed(v1: Settings, headers: dict[str, str]) -> None:
    """Told or not, every answer names it: good ones, wrong ones, and paths that do not exist."""
    async with running(v1) as service:
        for path, parameters in (("/search", GOOD), ("/search", {}), ("/nowhere", {})):
            answer = await service.get(path, headers=headers, **parameters)
            assert answer.headers["api-version"] == "1"


@pytest.mark.parametrize("version", ["2", "v1", "", "1.0", "x" * 1000])
async def test_another_version_is_refused(v1: Settings, version: str) -> None:
    """A 400 in the envelope that names the right version and does not repeat what was sent."""
    async with running(v1) as service:
        answer = await service.get("/search", headers={"API-Version": version}, **GOOD)
    assert answer.status_code == 400
    assert envelope(answer)["message"] == "API-Version is not the path's version; send 1 or leave it out"
    assert answer.headers["api-version"] == "1"


async def test_other_paths_have_no_version(v1: Settings) -> None:
    """Health for the orchestrator and the identity belong to no version."""
    async with running(v1) as service:
        answer = await service.client.get("/health/live", headers={"API-Version": "9"})
    assert answer.status_code == 200
    assert "api-version" not in answer.headers


async def test_the_old_api_tells_its_end_and_its_successor(legacy: Settings) -> None:
    """Deprecation (RFC 9745), Sunset (RFC 8594) and Link on every answer, also on errors."""
    async with running(legacy) as service:
        answers = [await service.get("/search", **GOOD), await service.get("/search"), await service.get("/no%0Awhere")]
    paths = ["search", "search", "no%0Awhere"]
    for answer, path in zip(answers, paths, strict=True):
        stamp = int(answer.headers["deprecation"].removeprefix("@"))
        assert datetime.fromtimestamp(stamp, UTC) == DEPRECATED
        assert parsedate_to_datetime(answer.headers["sunset"]) == SUNSET > DEPRECATED
        assert answer.headers["link"] == f'</api/v1/{path}>; rel="successor-version"'


async def test_the_new_api_is_not_deprecated(v1: Settings) -> None:
    """No such header there."""
    async with running(v1) as service:
        answer = await service.get("/search", **GOOD)
    assert not {"deprecation", "sunset", "link"} & set(answer.headers)

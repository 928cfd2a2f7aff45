"""Procedure 1: `v1` back to the original endpoints by flag, and forth again."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.rollback.operator import Operator
from tests.rollback.traffic import SEARCHES, Ask, traffic
from tests.service import facts
from tests.service.documents import WORKSPACES
from tests.service.running import OFF, ON, Databases, Service, running

Operate = Callable[..., Awaitable[Operator]]
READING = [
    *SEARCHES,
    *(Ask("/api/v1/stats", {"workspace": name}, lambda body: bool(body["technologies"])) for name in WORKSPACES),
    Ask("/api/v1/collections", {}, lambda body: len(body["collections"]) == len(WORKSPACES)),
    Ask("/api/v1/content/1", {}, lambda body: body["workspace"] == "team-1"),
    Ask("/api/v1/health", {}, lambda body: body["status"] == "ready"),
]


@pytest.mark.slow
async def test_v1_goes_back_to_legacy_and_forth_under_load(databases: Databases, operate: Operate) -> None:
    """Clients of v1 ask the same paths all the while and read the same shapes; none of their requests fails."""
    operator = await operate(
        database_url=databases.by_tunings["indexes", "fulltext"], redis_url=databases.redis_url, cache="false"
    )
    async with traffic(operator.url, READING) as seen:
        await seen.until(50)
        await operator.roll(api="legacy")
        await seen.until(50)
        assert await knob(operator, "api") == "off"
        await operator.roll(api="v1")
        await seen.until(50)
        assert await knob(operator, "api") == "on"
    assert seen.failed == 0, (seen.outcomes, [answer.text for answer in seen.failures[:3]])


async def test_a_client_of_the_old_paths_does_not_survive_v1(databases: Databases, operate: Operate) -> None:
    """The check is not blind: a path that only one of the two answers fails as soon as the other serves."""
    operator = await operate(
        database_url=databases.by_tunings["indexes", "fulltext"], redis_url=databases.redis_url, api="legacy"
    )
    old = [Ask("/api/search", ask.params, lambda body: "results" in body) for ask in SEARCHES]
    async with traffic(operator.url, old) as seen:
        await seen.until(20)
        assert seen.failed == 0
        await operator.roll(api="v1")
        await seen.until(20)
    assert seen.outcomes["status 404"] == seen.failed > 0


async def knob(operator: Operator, name: str) -> str:
    """What the process that answers says of a knob."""
    async with httpx.AsyncClient(base_url=operator.url, trust_env=False) as client:
        state: str = (await client.get("/identity")).json()["knobs"][name]
        return state


def of_v1(service: Service) -> Service:
    """The same service, asked by the paths of v1."""
    return Service(service.client, service.resources, "/api/v1")


@pytest.mark.parametrize("knobs", [OFF, {**ON, "api": "off"}], ids=["baseline", "tuned"])
async def test_rolled_back_the_paths_of_v1_answer_the_same(knobs: dict[str, str], databases: Databases) -> None:
    """Every recorded request, by the old handlers on the new paths and by v1 itself."""
    async with running(databases.settings({**knobs, "cache": "off"})) as old, running(databases.settings(ON)) as new:
        assert await facts.everything(of_v1(old)) == await facts.everything(new)


async def test_rolled_back_an_answer_has_the_keys_of_v1(databases: Databases) -> None:
    """No key more, none less; the cursor alone is missing, since the old handlers know none."""
    async with running(databases.settings(OFF)) as old, running(databases.settings(ON)) as new:
        for ask in READING:
            answers = [(await service.client.get(ask.path, params=dict(ask.params))).json() for service in (old, new)]
            assert keys(answers[0]) == keys(answers[1])
        assert (await old.client.get("/api/v1/search", params=dict(SEARCHES[0].params))).json()["next"] is None


def keys(answer: Any) -> Any:
    """An answer without its values; lists by their first member."""
    match answer:
        case dict():
            return {name: keys(value) for name, value in answer.items()}
        case [first, *_]:
            return [keys(first)]
        case _:
            return None


async def test_rolled_back_writing_goes_on(databases: Databases, own_copy: str) -> None:
    """Feedback and signals by the paths of v1 are kept, and answered with status 201 and v1's keys."""
    async with running(databases.settings(OFF, database_url=own_copy)) as old:
        for path, body in (
            ("/feedback", {"document_id": 1, "rating": 4}),
            ("/signals", {"document_id": 1, "kind": "click"}),
        ):
            answer = await of_v1(old).post(path, body)
            assert (answer.status_code, set(answer.json())) == (201, {"id", "created_at"})
            assert (await of_v1(old).post(path, {**body, "document_id": 999_999})).status_code == 422


async def test_rolled_back_a_cursor_is_refused(databases: Databases) -> None:
    """The first page in place of the one that was meant would send a client round in circles."""
    asked = {"q": "return", "workspace": "team-1", "limit": 5}
    async with running(databases.settings(ON)) as new:
        cursor = (await new.get("/search", **asked)).json()["next"]
    async with running(databases.settings(OFF)) as old:
        assert (await of_v1(old).get("/search", **asked, cursor=cursor)).status_code == 400
        assert (await of_v1(old).post("/search", {**asked, "cursor": cursor})).status_code == 400


async def test_rolled_back_only_the_old_paths_are_deprecated(databases: Databases) -> None:
    """Nobody is told to leave v1 for a path that does not exist."""
    async with running(databases.settings(OFF)) as old:
        assert "deprecation" in (await old.get("/collections")).headers
        assert "deprecation" not in (await of_v1(old).get("/collections")).headers

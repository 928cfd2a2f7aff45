"""What an answer says, whichever API gave it: for holding one against the other."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.service.running import Service

Asked = Mapping[str, Any]

SEARCHES: tuple[Asked, ...] = (
    {"q": "event loop", "workspace": "team-1"},
    {"q": "event loop", "workspace": "team-1", "technology": "asyncio"},
    {"q": "return", "workspace": "team-1", "limit": 100},
    {"q": "return", "workspace": "team-1", "limit": 7, "offset": 7},
    {"q": "return", "workspace": "team-1", "limit": 7, "offset": 14},
    {"q": "return", "workspace": "team-2", "technology": "python", "limit": 50},
    {"q": '"the event loop"', "workspace": "team-1", "technology": "asyncio"},
    {"q": "socket OR future", "workspace": "team-3"},
    {"q": "socket -timeout", "workspace": "team-1", "technology": "http"},
    {"q": "connection\tpool  cursor", "workspace": "team-1"},
    {"q": "sqlite3.Cursor", "workspace": "team-1", "technology": "postgres"},
    {"q": "zyzzyva", "workspace": "team-1"},
    {"q": "the of and", "workspace": "team-1"},
    {"q": "'); DROP TABLE documents; --", "workspace": "team-1"},
    {"q": "naïve café ☕", "workspace": "team-1"},
    {"q": "return", "workspace": "nobody"},
    {"q": "return", "workspace": "team-1", "offset": 5000},
    {"q": "return", "workspace": "team-1", "technology": "python", "offset": 5000},
    {"q": "raise error", "workspace": "team-2", "limit": 1},
)


async def search(service: Service, asked: Asked, *, post: bool = False) -> dict[str, Any]:
    """Total and hits."""
    response = await (service.post("/search", dict(asked)) if post else service.get("/search", **asked))
    assert response.status_code == 200, response.text
    body = response.json()
    hits = body["results"] if service.prefix == "/api" else body["hits"]
    return {"total": body["total"], "hits": [_hit(hit) for hit in hits]}


async def stats(service: Service, workspace: str) -> list[dict[str, Any]]:
    """What a workspace holds, by technology."""
    body = (await service.get("/stats", workspace=workspace)).json()
    assert body["workspace"] == workspace
    entries = body["stats"] if service.prefix == "/api" else body["technologies"]
    return [{**entry, "last_updated": datetime.fromisoformat(entry["last_updated"])} for entry in entries]


async def collections(service: Service) -> list[dict[str, Any]]:
    """All workspaces with documents."""
    found: list[dict[str, Any]] = (await service.get("/collections")).json()["collections"]
    return found


async def content(service: Service, identity: int) -> dict[str, Any] | int:
    """A document with its text; only the status where there is none."""
    answer = await service.get(f"/content/{identity}")
    if answer.status_code != 200:
        return answer.status_code
    found = answer.json()
    workspace = found.pop("workspace_id", None) or found.pop("workspace")
    return {**found, "workspace": workspace}


async def everything(service: Service) -> list[Any]:
    """The answers to all recorded requests."""
    answers: list[Any] = [await search(service, asked, post=post) for asked in SEARCHES for post in (False, True)]
    answers += [await stats(service, workspace) for workspace in ("team-1", "team-2", "nobody")]
    answers.append(await collections(service))
    answers += [await content(service, identity) for identity in (1, 100, 999_999)]
    return answers


def _hit(hit: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: hit[name] for name in ("id", "title", "technology", "snippet", "rank")}
    workspace = hit["workspace_id"] if "workspace_id" in hit else hit["workspace"]
    return {**facts, "workspace": workspace, "created_at": datetime.fromisoformat(hit["created_at"])}

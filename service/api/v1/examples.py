"""What the schema tells of answers and errors, each with an example that a test holds against its type."""

from http import HTTPStatus
from typing import Any

from service.api.v1.schemas import ErrorEnvelope, Problem

Responses = dict[int | str, dict[str, Any]]
WHEN = "2026-01-31T12:00:00Z"
CURSOR = "WyIyMDI2LTAxLTMxVDEyOjAwOjAwKzAwOjAwIiwxNywwLjYxXQ"
HIT = {
    "id": 17,
    "title": "Connection pools",
    "workspace": "team-1",
    "technology": "python",
    "created_at": WHEN,
    "snippet": "A pool keeps connections open for the next user.",
    "rank": 0.61,
}
FOUND = {"total": 2, "hits": [HIT], "next": CURSOR}
RANKED = {"source": "fulltext", "total": 1, "hits": [HIT]}
TECHNOLOGY = {"technology": "python", "document_count": 12, "avg_content_length": 803.5, "last_updated": WHEN}
STATS = {"workspace": "team-1", "technologies": [TECHNOLOGY]}
COLLECTIONS = {"collections": [{"id": "team-1", "name": "Team 1", "document_count": 12}]}
DOCUMENT = {
    "id": 17,
    "workspace": "team-1",
    "technology": "python",
    "title": "Connection pools",
    "content": "A pool keeps connections open for the next user.",
    "source": "asyncpg/pool.py",
    "created_at": WHEN,
    "updated_at": WHEN,
}
RECEIPT = {"id": 1, "created_at": WHEN}
ENTRY = {"key": "cache.ttl_s", "value": "30", "version": 2, "updated_at": WHEN, "updated_by": "operator"}
ENTRIES = {"entries": [ENTRY]}
LISTED = {name: DOCUMENT[name] for name in ("id", "workspace", "technology", "title", "source", "created_at")}
LISTING = {"documents": [LISTED], "next": CURSOR}
CHANGE = {
    "id": 2,
    "at": WHEN,
    "actor": "operator",
    "action": "write configuration",
    "target": "cache.ttl_s",
    "before": "60",
    "after": "30",
    "request_id": "4bf92f3577b34da6a3ce929d0e0e4736",
}
AUDIT = {"entries": [CHANGE], "next": 1}
TOLD = {"timestamp": WHEN, "request_id": "4bf92f3577b34da6a3ce929d0e0e4736"}
"""Of every error."""
WRONG = {"code": "VALIDATION_ERROR", "message": "limit: input should be less than or equal to 100"}
AWAY = {"code": "SERVICE_UNAVAILABLE", "message": "A dependency is unavailable; try again."}


def errors() -> Responses:
    """What every route tells of its errors."""
    return {
        "4XX": _error(WRONG, "ValidationError", 400, "The request cannot be answered as it is; `message` says why."),
        "5XX": _error(AWAY, "ServiceUnavailableError", 503, "The service, or what it depends on, failed."),
    }


def _error(facts: dict[str, str], kind: str, status: int, description: str) -> dict[str, Any]:
    name = facts["code"].lower().replace("_", "-")
    envelope = {"error": {**facts, "type": kind, **TOLD, "path": "/api/v1/search"}}
    problem = {
        "type": f"urn:docaiche:problem:{name}",
        "title": name.replace("-", " ").capitalize(),
        "status": status,
        "detail": facts["message"],
        "instance": "/api/v1/search",
        "code": facts["code"],
        **TOLD,
    }
    return {
        "model": ErrorEnvelope,
        "description": description,
        "content": {
            "application/json": {"example": envelope},
            "application/problem+json": {"schema": Problem.model_json_schema(), "example": problem},
        },
    }


def answers(example: object, status: int = HTTPStatus.OK) -> Responses:
    """What a route tells of its good answer."""
    # Without nulls: FastAPI leaves them out of examples.
    return {status: {"content": {"application/json": {"example": example}}}}

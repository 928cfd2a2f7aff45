"""Recorded operations as HTTP requests of either API of the reference service, for experiments that send few."""

from typing import TYPE_CHECKING

import httpx

from bench.errors import SubjectError

if TYPE_CHECKING:
    from bench.corpus import Operation

PREFIXES = {"off": "/api", "on": "/api/v1"}
"""By the state of the knob `api`."""
SEARCH_FIELDS = ("q", "workspace", "technology", "limit", "offset")


def kind(operation: "Operation") -> str:
    """The name under which requests of a kind stand together, as in the load test."""
    return f"search {operation.method}" if operation.op == "search" else operation.op


async def send(client: httpx.AsyncClient, api: str, operation: "Operation") -> httpx.Response:
    """Send an operation to an arm whose knob `api` is `on` or `off`.

    Raises SubjectError when it is not answered with 2xx.
    """
    response = await exchange(client, api, operation)
    if not response.is_success:
        asked = f"{operation.method} {response.request.url.path}"
        raise SubjectError(f"{asked} was answered with {response.status_code}: {response.text[:200]}")
    return response


async def exchange(client: httpx.AsyncClient, api: str, operation: "Operation") -> httpx.Response:
    """The answer to an operation, whatever its status.

    Raises SubjectError when there is none.
    """
    path = f"{PREFIXES[api]}/{operation.op}"
    fields = {name: value for name in SEARCH_FIELDS if (value := getattr(operation, name)) not in (None, "")}
    if operation.op == "stats":
        fields = {"workspace": operation.workspace}
    elif operation.op != "search":
        fields = {}
    by_body = operation.method == "POST"
    try:
        return await client.request(
            operation.method, path, json=fields if by_body else None, params=None if by_body else fields
        )
    except httpx.TransportError as error:
        raise SubjectError(f"{operation.method} {path} was not answered: {error}") from error

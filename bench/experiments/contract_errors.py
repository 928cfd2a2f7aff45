"""Every kind of error that can be provoked from outside, and whether its answer has the one shape."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from bench.experiments.contract_routes import Route

PROBLEM = "application/problem+json"
FACTS = frozenset({"code", "message", "type", "timestamp", "request_id", "path"})
PROBLEM_FACTS = frozenset({"type", "title", "status", "detail", "instance", "code", "timestamp", "request_id"})
TOO_LARGE = 70_000
"""Bytes: more than is accepted, few enough to be sent before the refusal comes back."""
UNKNOWN_KEY = "docaiche_nobody-has-this-key"


@dataclass(frozen=True, slots=True)
class Provocation:
    """A request that has to fail, and how."""

    kind: str
    status: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: str = ""


def provocations(route: Route, values: Mapping[str, object]) -> Iterator[Provocation]:
    """Every way to do it wrong that this route has."""
    path = route.filled(values)
    yield Provocation("method", 405, "PATCH", path, {})
    yield Provocation("version", 400, route.method, path, {"api-version": "99"})
    if not path.endswith("/health"):
        yield Provocation("unknown key", 401, route.method, path, {"x-api-key": UNKNOWN_KEY})
    if route.needs_admin:
        yield Provocation("role", 403, route.method, path, _declared(route), b"{}" if route.has_body else b"")
    if any(name in route.required and not in_path for name, in_path in route.parameters.items()):
        yield Provocation("missing parameter", 400, route.method, path, {})
        yield Provocation("wrong parameter", 400, route.method, path, {}, query="workspace=%00&q=")
    if route.has_body:
        yield Provocation("malformed JSON", 400, route.method, path, _declared(route) | _admin(route), b"{")
        yield Provocation("wrong body", 400, route.method, path, _declared(route) | _admin(route), b'{"nothing": 1}')
        yield Provocation("media type", 415, route.method, path, {"content-type": "text/plain"}, b"x")
        yield Provocation("too large", 413, route.method, path, _declared(route), b" " * TOO_LARGE)


def unknown_paths(versions: set[str]) -> Iterator[Provocation]:
    """A path that is not there, below each version."""
    for version in sorted(versions):
        yield Provocation("unknown path", 404, "GET", f"{version}/there/is/nothing", {})


def good(route: Route, values: Mapping[str, object], kind: str, status: int) -> Provocation:
    """A request that is right, for an arm that cannot answer it."""
    query = "&".join(f"{name}={values[name]}" for name in sorted(route.required & set(values)))
    return Provocation(kind, status, route.method, route.filled(values), {}, query=query)


def _declared(route: Route) -> dict[str, str]:
    return {"content-type": "application/json"} if route.has_body else {}


def _admin(route: Route) -> dict[str, str]:
    return {"x-api-key": ADMIN_KEY} if route.needs_admin else {}


ADMIN_KEY = "perflab-s-own-key-for-one-experiment"
"""Of arms that live for some seconds on loopback."""


async def sent(client: httpx.AsyncClient, asked: Provocation, *, as_problem: bool = False) -> str:
    """Send it; what is wrong with the answer, or nothing."""
    headers = {**asked.headers, **({"accept": PROBLEM} if as_problem else {})}
    url = f"{asked.path}?{asked.query}" if asked.query else asked.path
    response = await client.request(asked.method, url, headers=headers, content=asked.body or None)
    return fault(response, asked, as_problem=as_problem)


def fault(response: httpx.Response, asked: Provocation, *, as_problem: bool = False) -> str:
    """What is wrong with the answer to a provocation; empty when it is the envelope, or the problem."""
    if response.status_code != asked.status:
        return f"status {response.status_code}, not {asked.status}"
    wanted = PROBLEM if as_problem else "application/json"
    if response.headers.get("content-type") != wanted:
        return f"content type {response.headers.get('content-type')}, not {wanted}"
    try:
        body = response.json()
    except json.JSONDecodeError:
        return "no JSON"
    told = body if as_problem else body.get("error") if isinstance(body, dict) and set(body) == {"error"} else None
    if not isinstance(told, dict):
        return "no envelope"
    return fault_of(told, response, asked, as_problem=as_problem)


def fault_of(told: Mapping[str, Any], response: httpx.Response, asked: Provocation, *, as_problem: bool = False) -> str:
    """What is wrong with the facts of an error; `response` has the headers that they must agree with."""
    wanted = PROBLEM_FACTS if as_problem else FACTS
    if set(told) != wanted:
        return f"facts {sorted(told)}"
    if told["request_id"] != response.headers.get("x-request-id"):
        return "another request id than the header's"
    if told["instance" if as_problem else "path"] != asked.path:
        return "another path"
    try:
        datetime.fromisoformat(told["timestamp"])
    except (TypeError, ValueError):
        return "no timestamp"
    if asked.status in {429, 503} and "retry-after" not in response.headers:
        return "no Retry-After"
    return ""

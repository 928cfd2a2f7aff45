"""The routes of an API as its schema tells them, and which of them do the same as another."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from bench.experiments.contract_parity import normalised

EXAMPLES: Mapping[str, object] = {"workspace": "team-001", "technology": "python"}
"""By the name of a parameter; words and ids come from the workload and the documents."""
WORDS = frozenset({"q", "query"})
VERSION = re.compile(r"^/api(/v\d+)?(?=/)")


@dataclass(frozen=True, slots=True)
class Route:
    """An operation of the schema."""

    method: str
    path: str
    parameters: Mapping[str, bool]
    """Name of each, and whether it is part of the path."""
    required: frozenset[str]
    has_body: bool
    needs_admin: bool

    @property
    def version(self) -> str:
        """The part of the path that tells the version, such as /api/v1."""
        found = VERSION.match(self.path)
        return found[0] if found else ""

    def filled(self, values: Mapping[str, object]) -> str:
        """The path with its placeholders filled."""
        return re.sub(r"\{(\w+)\}", lambda name: str(values.get(name[1], 1)), self.path)


def routes(schema: Mapping[str, Any]) -> list[Route]:
    """Every operation below /api."""
    return [
        _route(method.upper(), path, operation)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if VERSION.match(path)
    ]


def _route(method: str, path: str, operation: Mapping[str, Any]) -> Route:
    told = operation.get("parameters", ())
    return Route(
        method,
        path,
        parameters={one["name"]: one["in"] == "path" for one in told},
        required=frozenset(one["name"] for one in told if one.get("required")),
        has_body="requestBody" in operation,
        needs_admin="security" in operation,
    )


Answers = Sequence[tuple[Route, Any]]


async def answered(client: httpx.AsyncClient, found: Sequence[Route], values: Mapping[str, object]) -> Answers:
    """What each route says that can be compared: one that reads, that can be asked with these values, and answers.

    What writes is left out: asked twice it would write twice, into the database that is measured.
    """
    answers = [(route, await _answer(client, route, values)) for route in found if route.method == "GET"]
    return [(route, answer) for route, answer in answers if answer is not None]


def twins(answers: Answers) -> list[str]:
    """Pairs of paths of one version that answer the same to the same request.

    Two methods of one path are one operation with two ways to ask it; a second way to write stands beside a second way
    to read.
    """
    return [
        f"{one.path} and {other.path}"
        for (one, answer), (other, same) in itertools.combinations(answers, 2)
        if one.version == other.version and answer == same
    ]


async def _answer(client: httpx.AsyncClient, route: Route, values: Mapping[str, object]) -> Any:
    """What a route says to values by the names of its parameters; None when it does not answer or says nothing."""
    parameters = dict(_values(route, values))
    if route.required - set(parameters) - {name for name, in_path in route.parameters.items() if in_path}:
        return None
    response = await client.get(route.filled(values), params=parameters)
    if response.status_code != httpx.codes.OK or not response.headers["content-type"].startswith("application/json"):
        return None
    return normalised(response.json()) or None


def _values(route: Route, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, in_path in route.parameters.items():
        if not in_path and name in route.required and name in values:
            yield name, str(values[name])

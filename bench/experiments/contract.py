"""Does the consolidated API keep the contract: the same answers, each operation once, one shape of error?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx

from bench import design
from bench.experiments import contract_sockets, requests
from bench.experiments.arms import Arm, arms
from bench.experiments.context import Bench, Latencies
from bench.experiments.contract_errors import Provocation, good, provocations, sent, unknown_paths
from bench.experiments.contract_parity import RULES, alike, said, why
from bench.experiments.contract_routes import EXAMPLES, Route, answered, routes, twins
from bench.experiments.failing import failing, spoilt
from bench.model import Effect, Look, Plan, Role
from bench.runner import Records
from bench.spec import ExperimentSpec
from bench.subject import Running

if TYPE_CHECKING:
    from bench.corpus import Operation

DATABASE = "contract"
A_SECOND = 12
"""Recorded requests that both APIs answer in a second of budget."""
FEWEST = 40
SHOWN = 5
"""Differences that are kept whole."""
LIMIT_S = 60.0


class Contract:
    """The recorded requests to both APIs, and every error that can be provoked from outside."""

    name = "contract"
    question = "Does the consolidated API answer the same, each operation once, and every error in one shape?"
    method = (
        "The recorded requests are sent to both APIs and the answers compared, after what the consolidation changed on "
        "purpose is set aside. The schema's routes are asked the same to find two that do the same, and every error "
        "that can be provoked from outside is provoked on every route, over HTTP and WebSockets."
    )
    metric = "count"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:  # noqa: ARG002 - a protocol's method
        """No slots: nothing here depends on time."""
        return design.unslotted(self.name, seed)

    async def run(self, bench: Bench) -> None:
        """Parity, duplicates, errors; each is kept when it is known."""
        facts = bench.draft.facts
        async with spoilt(bench, DATABASE) as gone, arms(bench) as started:
            before, after = started[Role.BASELINE], started[Role.CANDIDATE]
            bench.progress.stage(f"{self.name}: answers")
            facts["parity"] = await _parity(before, after, _recorded(bench))
            bench.save()
            bench.progress.stage(f"{self.name}: errors")
            values = await _values(bench)
            found = {role: await _routes(started[role]) for role in (Role.BASELINE, Role.CANDIDATE)}
            facts["duplicates"] = {str(role): await _duplicates(started[role], found[role], values) for role in found}
            async with failing(bench, gone) as services:
                candidate = await _errors(services, found[Role.CANDIDATE], values)
            async with _client(before.running) as client:
                asked = [one for route in found[Role.BASELINE] for one in provocations(route, values)]
                facts["errors"] = {"candidate": candidate, "baseline": _told(await _all(client, asked))}

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """Counts have no interval."""
        return ()


def _recorded(bench: Bench) -> "list[Operation]":
    """The first distinct requests that ask for something."""
    asked = [one for one in dict.fromkeys(bench.operations) if one.op != "health"]
    return asked[: max(FEWEST, int(bench.timing.budget_s * A_SECOND))]


async def _parity(before: Arm, after: Arm, asked: "Sequence[Operation]") -> dict[str, Any]:
    different = []
    async with _client(before.running) as old, _client(after.running) as new:
        for operation in asked:
            one, other = [
                said(await requests.exchange(client, arm.identity.knobs["api"], operation))
                for client, arm in ((old, before), (new, after))
            ]
            if not alike(one, other):
                different.append({"request": operation.line(), "why": why(one, other), "before": one, "after": other})
    return {"asked": len(asked), "different": len(different), "shown": different[:SHOWN], "rules": dict(RULES)}


async def _values(bench: Bench) -> dict[str, object]:
    """A value for every parameter that routes have."""
    connection = await asyncpg.connect(bench.databases[Role.CANDIDATE])
    row = await connection.fetchrow("SELECT id, workspace_id FROM documents ORDER BY id LIMIT 1")
    await connection.close()
    words = next(one.q for one in bench.operations if one.op == "search" and one.kind == "common")
    return {
        **EXAMPLES,
        **dict.fromkeys(("q", "query"), words),
        **dict.fromkeys(("document_id", "identity"), row["id"]),
        "workspace": row["workspace_id"],
        "key": "search.perflab",
    }


async def _routes(arm: Arm) -> list[Route]:
    async with _client(arm.running) as client:
        return routes((await client.get("/openapi.json")).json())


async def _duplicates(arm: Arm, found: Sequence[Route], values: dict[str, object]) -> dict[str, Any]:
    async with _client(arm.running) as client:
        answers = await answered(client, found, values)
    return {"routes": len(found), "compared": len(answers), "pairs": twins(answers)}


async def _errors(services: dict[str, Running], found: Sequence[Route], values: dict[str, object]) -> dict[str, Any]:
    versions = {route.version for route in found}
    asked = [one for route in found for one in provocations(route, values)] + list(unknown_paths(versions))
    reading = [route for route in found if route.method == "GET" and not route.needs_admin]
    asking_documents = [route for route in reading if not route.path.endswith("/health")]
    unanswerable = {
        "keyed": asked,
        "cut": [good(route, values, "database away", 503) for route in asking_documents],
        "defect": [good(route, values, "defect", 500) for route in asking_documents],
        "limited": [good(route, values, "limit", 429) for route in asking_documents],
    }
    faults: list[tuple[str, str, str]] = []
    for name, several in unanswerable.items():
        async with _client(services[name]) as client:
            if name == "limited":
                await client.get(asking_documents[0].filled(values))
            faults += await _all(client, several)
    faults += await contract_sockets.faults({way: running.base_url for way, running in services.items()})
    return _told(faults)


async def _all(client: httpx.AsyncClient, several: Sequence[Provocation]) -> list[tuple[str, str, str]]:
    """Kind, place and what is wrong, of each; asked for the envelope and for the problem."""
    return [
        (asked.kind, f"{asked.method} {asked.path}", await sent(client, asked, as_problem=as_problem))
        for asked in several
        for as_problem in (False, True)
    ]


def _told(faults: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    bad = [f"{kind}, {place}: {fault}" for kind, place, fault in faults if fault]
    return {"asked": len(faults), "bad": bad, "kinds": sorted({kind for kind, _, _ in faults})}


def _client(running: Running) -> httpx.AsyncClient:
    # A connection for each request: a server that refuses a body closes the one it came over.
    one_each = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(base_url=running.base_url, timeout=LIMIT_S, trust_env=False, limits=one_each)


EXPERIMENT = Contract()

"""Can everything that was changed be taken back while the service answers?"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.corpus import fingerprint, tune
from bench.criteria.rollback import PROCEDURES
from bench.errors import SubjectError
from bench.experiments.answering import Answers, answering
from bench.experiments.context import Bench, Latencies
from bench.experiments.rolled import Rolled, rolled
from bench.model import Effect, Look, Plan, Role
from bench.runner import Records
from bench.spec import ExperimentSpec
from bench.subject import reference

DATABASE = "rollback"
CONFIDENCE = 0.95
AROUND = 25
"""Requests before, between and after the two directions of a procedure."""
OPTIONAL_MIGRATIONS = 4
"""Those after the documents themselves: no search reads their tables."""
POLL_S = 0.05

Step = Callable[[], Awaitable[bool]]
Fingerprint = tuple[frozenset[str], frozenset[str]]
"""Columns and indexes."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """A way back and the way forth again; each tells whether it was seen to have come about."""

    do: Step
    undo: Step


class Rollback:
    """Each rollback procedure of the seed, done and undone under load on a database of its own."""

    name = "rollback"
    question = "Does the service answer every request while each rollback procedure is done and undone?"
    method = (
        "The candidate runs behind a socket that outlives its processes, on a copy of its database and without its "
        "cache. Requests of the recorded workload arrive at fixed moments, every other one on a connection of its own, "
        "while each procedure of docs/rollback.md is done and undone; every answer that is not a 200 counts."
    )
    metric = "failed"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:  # noqa: ARG002 - procedures take as long as they take
        """No slots: requests are counted, nothing is compared."""
        return Plan(self.name, seed, (), (), CONFIDENCE)

    async def run(self, bench: Bench) -> None:
        """Walk the procedures; each is kept as soon as it has ended."""
        performed: dict[str, dict[str, object]] = {}
        bench.draft.facts["procedures"] = performed
        template = bench.databases[Role.CANDIDATE].rpartition("/")[2]
        database_url = await bench.servers.postgres.create_database(DATABASE, template=template)
        try:
            async with rolled(bench, database_url) as service:
                for name, procedure in procedures(service).items():
                    bench.progress.stage(f"{self.name}: {name}")
                    async with answering(service.base_url, bench.operations) as answers:
                        performed[name] = await _performed(procedure, answers)
                    performed[name] |= {
                        "requests": answers.requests,
                        "failed": answers.failed,
                        "failures": dict(answers.failures),
                    }
                    bench.save()
        finally:
            await bench.servers.postgres.drop_database(DATABASE)

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """None: facts alone."""
        return ()


def procedures(service: Rolled) -> Mapping[str, Procedure]:
    """Every procedure by its name, in the seed's order."""
    dsn = service.database_url

    found: list[Fingerprint] = []

    async def without_indexes() -> bool:
        found.append(await fingerprint(dsn))
        await tune(dsn, ["indexes"], direction="revert")
        return (await fingerprint(dsn)) != found[0]

    async def with_indexes() -> bool:
        await tune(dsn, ["indexes"], direction="apply")
        return (await fingerprint(dsn)) == found[0]

    async def migrations(*words: str, pending: int) -> bool:
        return (await _migrate(service, *words)).count("pending") == pending

    known = {
        "api": Procedure(lambda: service.roll(api="off"), service.roll),
        "migrations": Procedure(
            lambda: migrations("down", str(OPTIONAL_MIGRATIONS), pending=OPTIONAL_MIGRATIONS),
            lambda: migrations("up", pending=0),
        ),
        "pool": Procedure(lambda: service.roll(pool="off", reset="off"), service.roll),
        "indexes": Procedure(without_indexes, with_indexes),
    }
    return {name: known[name] for name in PROCEDURES}


async def _performed(procedure: Procedure, answers: Answers) -> dict[str, object]:
    said: dict[str, object]
    await _requests(answers, AROUND)
    try:
        done = await procedure.do()
        await _requests(answers, AROUND)
        undone = await procedure.undo()
        said = {"done": done, "undone": undone}
    except SubjectError as error:
        said = {"done": False, "undone": False, "reason": str(error)}
    await _requests(answers, AROUND)
    return said


async def _requests(answers: Answers, count: int) -> None:
    wanted = answers.requests + count
    while answers.requests < wanted:  # noqa: ASYNC110
        await asyncio.sleep(POLL_S)


async def _migrate(service: Rolled, *words: str) -> str:
    """What `python -m service.migrate` says. Raises SubjectError when it fails."""
    command = reference("migrate", {}, database_url=service.database_url, redis_url="redis://127.0.0.1")
    environment = {name: value for name, value in command.environment.items() if "{port}" not in value}
    shown = " ".join(words)
    said = service.bench.logs / f"migrate {shown}.log"
    with said.open("wb") as log:
        arguments = [sys.executable, "-m", "service.migrate", *words]
        process = service.bench.custody.spawn(arguments, env={**os.environ, **environment}, stdout=log, stderr=log)
    code = await asyncio.to_thread(process.wait)
    service.bench.custody.end(process.pid)
    if code != 0:
        raise SubjectError(f"service.migrate {shown} failed: {said.read_text().strip()}")
    return said.read_text()


EXPERIMENT = Rollback()

"""How much less time does the database spend on the same queries, and why?"""

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

import asyncpg

from bench import judge
from bench.corpus import Operation, fingerprint, settings
from bench.errors import SubjectError
from bench.experiments import explain, statements
from bench.experiments.context import Bench, Latencies, within_budget
from bench.experiments.live import Live
from bench.load import Target
from bench.load.queries import Call, QueriesLoad
from bench.model import ArmRecord, Effect, Look, Plan, Role, Slot
from bench.runner import Measurement, Records, measure
from bench.spec import ExperimentSpec

SLOT_OVERHEAD_S = 0.1
"""Between two slots: writing the samples."""
PILOT_CALLS = 60
"""Calls that are timed before the plan, to learn how many fill a slot of the slower arm."""
TRIED = 10
"""Requests of a kind among which one is looked for that finds something."""
FEWEST_CALLS = 40
"""Below this a median is not supported (`bench.stats.quantiles`)."""


class QueryTime:
    """The workload's own queries over asyncpg, on the baseline's and the candidate's database in turns."""

    name = "query_time"
    question = "How much less time does the database spend on the same requests?"
    method = (
        "The statements that each arm's service runs for the recorded requests are run directly over asyncpg, one "
        "after the other, in short slots that alternate between the arms' databases. All slots of a triple run the "
        "same requests, and EXPLAIN (ANALYZE, BUFFERS) of each query on both databases says why they differ."
    )
    metric = "mean"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:
        """As many pairs as the budget holds."""
        return within_budget(self.name, timing, seed, overhead_s=SLOT_OVERHEAD_S)

    async def run(self, bench: Bench) -> None:
        """Explain each query on both sides, learn how many calls fill a slot, walk the plan."""
        bench.draft.arms = tuple([await _arm(bench, role) for role in Role])
        await _explain(bench)
        asked = [operation for operation in bench.operations if statements.call(operation, statements.BASELINE)]
        calls = await _calls_a_slot(bench, asked)
        bench.draft.facts["calls_per_slot"] = calls
        load = QueriesLoad(
            dsns={str(role): bench.databases[role] for role in Role},
            calls=partial(_draw, asked, calls, _variants(bench)),
            samples=bench.folder.samples,
            prefix=self.name,
        )
        async with load:
            await measure(
                Measurement(
                    plan=bench.plan,
                    load=load,
                    targets={role: Target(str(role), bench.databases[role]) for role in Role},
                    verify=partial(_verify, bench),
                    judge=Live(self, bench.claims, bench.folder.path),
                    keep=bench.keep,
                    own=bench.own,
                    root=bench.folder.path,
                    offered_rate=None,
                    progress=bench.progress,
                )
            )

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """Effects of each metric, over all queries and per query."""
        return judge.effects(slots, looks=looks)


def _variants(bench: Bench) -> dict[str, str]:
    """Which statements each arm's service runs."""
    return {str(role): statements.variant(bench.knobs[role]) for role in Role}


def _draw(
    asked: Sequence[Operation], count: int, variants: Mapping[str, str], slot: Slot, target: Target
) -> list[Call]:
    """The same requests for every arm of a triple, each as the statements of that arm's service."""
    chosen = random.Random(slot.seed).choices(asked, k=count)
    drawn = [statements.call(operation, variants[target.arm]) for operation in chosen]
    return [call for call in drawn if call is not None]


async def _calls_a_slot(bench: Bench, asked: Sequence[Operation]) -> int:
    """How many requests the slower arm's database answers in one slot."""
    slowest_s = 0.0
    for role in (Role.BASELINE, Role.CANDIDATE):
        slot = Slot(0, -1, -1, role, bench.seed, 0.0, 0.0)
        calls = _draw(asked, PILOT_CALLS, _variants(bench), slot, Target(str(role), ""))
        connection = await asyncpg.connect(bench.databases[role])
        try:
            await _run(connection, calls)  # warms the buffers
            began = time.perf_counter()
            await _run(connection, calls)
            slowest_s = max(slowest_s, (time.perf_counter() - began) / PILOT_CALLS)
        finally:
            await connection.close()
    return max(FEWEST_CALLS, int(bench.timing.slot_s / slowest_s))


async def _run(connection: "asyncpg.Connection", calls: Sequence[Call]) -> None:
    for call in calls:
        for statement in call.statements:
            await connection.fetch(statement.sql, *statement.arguments)


async def _explain(bench: Bench) -> None:
    """Save and compare the plans of the first request of each kind of query that finds something, the same for both."""
    bench.progress.stage("query_time: explaining the queries")
    first = await _finding(bench)
    plans: dict[str, dict[Role, dict[str, object]]] = {}
    variants = _variants(bench)
    for role in (Role.BASELINE, Role.CANDIDATE):
        connection = await asyncpg.connect(bench.databases[role])
        try:
            for name, operation in first.items():
                called = statements.call(operation, variants[role])
                assert called is not None
                # Where one side needs several statements, the first does the searching; the rest repeat it.
                statement = called.statements[0]
                plans.setdefault(name, {})[role] = await explain.explain(connection, statement.sql, statement.arguments)
        finally:
            await connection.close()
    bench.draft.facts["plans"] = explain.save(plans, bench.folder.plans)
    bench.draft.facts["plan_changes"] = {
        name: {str(role): explain.summary(plan) for role, plan in by_role.items()} for name, by_role in plans.items()
    }


async def _finding(bench: Bench) -> dict[str, Operation]:
    """By the query's name the first request with rows in its answer; of some without any, the first."""
    found: dict[str, Operation] = {}
    tried: Counter[str] = Counter()
    connection = await asyncpg.connect(bench.databases[Role.BASELINE])
    try:
        for operation in bench.operations:
            called = statements.call(operation, _variants(bench)[Role.BASELINE])
            if called is None or tried[called.name] >= TRIED:
                continue
            statement = called.statements[0]
            tried[called.name] += 1
            found.setdefault(called.name, operation)
            if await connection.fetch(statement.sql, *statement.arguments):
                found[called.name], tried[called.name] = operation, TRIED  # and no more of this kind
    finally:
        await connection.close()
    return found


async def _arm(bench: Bench, role: Role) -> ArmRecord:
    _, indexes = await fingerprint(bench.databases[role])
    own = await settings(bench.databases[role])
    variant = statements.variant(bench.knobs[role])
    return ArmRecord(
        role=role,
        name=str(role),
        command=f"asyncpg, statements `*_{variant}` of sql/queries",
        knobs=dict(bench.knobs[role]),
        config_hash=variant,
        database=", ".join([*sorted(indexes), *sorted(own)]),
    )


async def _verify(bench: Bench) -> None:
    """Prove that each database is still in the state that it was in at the start.

    Raises SubjectError when an index or a setting has come or gone.
    """
    for arm in bench.draft.arms:
        if (await _arm(bench, arm.role)).database != arm.database:
            raise SubjectError(
                f"{arm.name}: the indexes or settings of its database have changed while it was measured."
            )


EXPERIMENT = QueryTime()

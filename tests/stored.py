"""A small stored run, made in a second: a scripted load through the real plan, runner and judge."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from bench import design, report, store
from bench.environment import OwnProcesses, describe
from bench.experiments import Draft, Experiment, find
from bench.experiments.explain import summary
from bench.lab.assembly import claims, experiment_record, judged
from bench.lab.options import DEFAULT_SPEC, known
from bench.lab.setting import SPEC_FILE, stored_spec
from bench.load import Target
from bench.load.scripted import ScriptedLoad
from bench.model import (
    SCHEMA_VERSION,
    ArmRecord,
    Effect,
    Look,
    Plan,
    Role,
    RunRecord,
    Services,
    Session,
    Status,
)
from bench.runner import Measurement, Records, Silent, measure
from bench.spec import load

PAIRS = 8
PARTS = {"queue_s": 0.05, "pool_s": 0.1, "db_s": 0.55, "cache_s": 0.05, "app_s": 0.1, "encode_s": 0.05}
SCAN = {
    "Plan": {
        "Node Type": "Sort", "Actual Rows": 20, "Actual Loops": 1, "Actual Total Time": 30.5,
        "Shared Hit Blocks": 4000, "Shared Read Blocks": 0,
        "Plans": [{
            "Node Type": "Seq Scan", "Relation Name": "documents", "Actual Rows": 20, "Actual Loops": 1,
            "Actual Total Time": 30.0, "Shared Hit Blocks": 4000, "Shared Read Blocks": 0,
        }],
    },
    "Execution Time": 31.0,
}  # fmt: skip
INDEXED = {
    "Plan": {
        "Node Type": "Index Scan", "Index Name": "documents_search", "Actual Rows": 20, "Actual Loops": 1,
        "Actual Total Time": 0.3, "Shared Hit Blocks": 24, "Shared Read Blocks": 0,
    },
    "Execution Time": 0.35,
}  # fmt: skip


def make_run(folder: Path, *, speed: float = 0.5, neighbours: bool = False, only: tuple[str, ...] = ()) -> RunRecord:
    """Write a complete run into `folder`; the candidate's times are `speed` times the baseline's.

    `neighbours` makes the session invalid; `only` limits the experiments.
    """
    for name in ("samples", "plans"):
        (folder / name).mkdir(parents=True)
    spec = load(DEFAULT_SPEC, known(), quick=True)
    (folder / SPEC_FILE).write_text(spec.model_dump_json())
    chosen = {name: each for name, each in find().items() if not only or name in only}
    experiments = {name: asyncio.run(_measured(each, folder, speed, neighbours)) for name, each in chosen.items()}
    record = RunRecord(
        schema_version=SCHEMA_VERSION,
        run_id="20260101-000000-phase2-0000",
        spec="phase2",
        seed=7,
        started="2026-01-01T00:00:00Z",
        duration_s=1.0,
        services=Services("embedded", "18.6", "valkey 9.1.2", "embedded was asked for."),
        environment=describe(folder),
        session=Session(valid=False),
        experiments=experiments,
        criteria=(),
        exit_code=4,
    )
    record = judged(record, claims(spec.criteria))
    store.write(record, folder)
    return record


def reported(folder: Path, **options: Any) -> RunRecord:
    """Write a complete run with its report; options are those of `make_run`."""
    record = report.draw(make_run(folder, **options), folder)
    record = judged(record, claims(stored_spec(folder).criteria))  # The verdicts name the figures as their evidence.
    store.write(record, folder)
    report.write(record, folder)
    return record


def quiet(slots: Records) -> Records:
    """On a machine that did nothing else: what this one does while the tests run is not what they are about."""
    return tuple(
        replace(slot, health=replace(slot.health, neighbour_cores=0.0, steal=0.0, throttled_s=0.0)) for slot in slots
    )


async def _measured(experiment: Experiment, folder: Path, speed: float, neighbours: bool) -> object:
    plan = design.plan(experiment.name, seed=3, pairs=PAIRS, slot_s=1.0, discard_s=0.1)
    records = await _walk(plan, folder, speed)
    if neighbours:
        records = tuple(replace(each, health=replace(each.health, neighbour_cores=1.5)) for each in records)
    else:
        records = quiet(records)
    draft = Draft(arms=_arms(), looks=plan.looks, slots=records, facts=_facts(experiment.name, folder))
    return experiment_record(experiment, draft, folder, status=Status.COMPLETE, duration_s=24.0)


async def _walk(plan: Plan, folder: Path, speed: float) -> Records:
    def latency(role: Role, rng: Random, _: int) -> float:
        return rng.lognormvariate(-3.5, 0.3) * (speed if role is Role.CANDIDATE else 1.0)

    async def fine() -> None:
        return

    return await measure(
        Measurement(
            plan=plan,
            load=ScriptedLoad(
                folder / "samples", latency, rate=300.0, names=("search GET", "stats"),
                prefix=plan.experiment, parts=PARTS if plan.experiment == "response_time" else None,
            ),
            targets={role: Target(str(role), "http://127.0.0.1:1") for role in Role},
            verify=fine,
            judge=_Undecided(),
            keep=lambda _: None,
            own=OwnProcesses(),
            root=folder,
            offered_rate=300.0,
            progress=Silent(),
        )
    )  # fmt: skip


class _Undecided:
    def provisional(self, records: Records) -> Effect | None:
        return None

    def decided(self, records: Records, look: Look) -> bool:
        return False


def _arms() -> tuple[ArmRecord, ...]:
    return tuple(
        ArmRecord(role, str(role), "python -m service", {"cache": "on" if role is Role.CANDIDATE else "off"},
                  "tuned" if role is Role.CANDIDATE else "plain")
        for role in Role
    )  # fmt: skip


def _facts(name: str, folder: Path) -> dict[str, object]:
    if name != "query_time":
        return {"rate": 300.0, "capacity": {"baseline": 600.0, "candidate": 1200.0}, "rate_reason": "half"}
    for role, plan in ((Role.BASELINE, SCAN), (Role.CANDIDATE, INDEXED)):
        (folder / "plans" / f"stats.{role}.json").write_text(json.dumps(plan))
    return {
        "plans": {"stats": {str(r): f"plans/stats.{r}.json" for r in (Role.BASELINE, Role.CANDIDATE)}},
        "plan_changes": {"stats": {"baseline": summary(SCAN), "candidate": summary(INDEXED)}},
    }

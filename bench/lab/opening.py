"""Open the ground that experiments stand on: servers, databases in every needed state, the workload.

What takes long is made once: the finished databases are kept as a snapshot, the workload as a file, both
under names that say what went into them.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import corpus, provision
from bench.corpus import DatabaseState, Operation
from bench.environment import OwnProcesses
from bench.experiments import Bench, Draft, find
from bench.lab import caches
from bench.lifetime import Custody, sweep
from bench.model import Claim, Plan, Role, Services
from bench.provision import Servers
from bench.runner import Progress
from bench.spec import ArmSpec, Spec
from bench.store import RunFolder
from bench.subject import DATABASE_KNOBS, KNOBS


@dataclass(frozen=True, slots=True)
class Ground:
    """Running servers with the spec's databases."""

    spec: Spec
    folder: RunFolder
    logs: Path
    custody: Custody
    own: OwnProcesses
    servers: Servers
    services: Services
    knobs: Mapping[Role, Mapping[str, str]]
    databases: Mapping[Role, str]
    states: Mapping[tuple[str, ...], str]
    workload: Path
    operations: Sequence[Operation]

    def bench(
        self,
        plan: Plan,
        *,
        claims: Sequence[Claim],
        draft: Draft,
        save: Callable[[], None],
        progress: Progress,
    ) -> Bench:
        """What the experiment of this plan is given."""
        return Bench(
            spec=self.spec,
            timing=self.spec.experiments[plan.experiment],
            plan=plan,
            seed=plan.seed,
            claims=claims,
            folder=self.folder,
            logs=self.logs,
            custody=self.custody,
            own=self.own,
            servers=self.servers,
            databases=self.databases,
            states=self.states,
            knobs=self.knobs,
            workload=self.workload,
            operations=self.operations,
            progress=progress,
            draft=draft,
            save=save,
        )


@asynccontextmanager
async def opened(
    spec: Spec, folder: RunFolder, services: str, progress: Progress, *, roles: Collection[Role] = tuple(Role)
) -> AsyncIterator[Ground]:
    """Start everything; end everything with the block.

    Raises ProvisionError when a server does not start or refuses a statement.
    """
    for line in sweep():
        progress.note(line)
    knobs = {role: arm_knobs(spec.arms["candidate" if role is Role.CANDIDATE else "baseline"]) for role in roles}
    states = {role: _state(spec, chosen) for role, chosen in knobs.items()}
    needed = {*states.values(), *_asked_for(spec)}
    snapshot = caches.snapshot(needed)
    progress.stage("starting servers")
    with Custody.open() as custody:
        async with provision.start(services, custody, snapshot=snapshot) as servers:
            progress.note(f"servers: {servers.kind}, PostgreSQL {servers.postgres_version}, {servers.redis_version}")
            if not servers.postgres.restored:
                await corpus.prepare(servers.postgres, needed, progress.stage)
                if await servers.postgres.snapshot(snapshot):
                    caches.prune_snapshots()
            workload = caches.workload(spec)
            yield Ground(
                spec=spec,
                folder=folder,
                logs=custody.directory("perflab-logs-"),
                custody=custody,
                own=OwnProcesses([*servers.postgres.pids, *servers.redis.pids]),
                servers=servers,
                services=servers.record(),
                knobs=knobs,
                databases={role: servers.postgres.dsn(state.name) for role, state in states.items()},
                states={state.tunings: servers.postgres.dsn(state.name) for state in needed},
                workload=workload,
                operations=corpus.read(workload),
            )


def arm_knobs(arm: ArmSpec) -> dict[str, str]:
    """Each knob of an arm as `on` or `off`."""
    return {name: arm.set.get(name, arm.knobs) for name in KNOBS}


def _asked_for(spec: Spec) -> set[DatabaseState]:
    """States beside the arms' own that experiments of the spec need."""
    chosen = [find()[name] for name in spec.experiments]
    return {
        DatabaseState(spec.corpus.documents, spec.corpus.seed, tuple(tunings))
        for experiment in chosen
        for tunings in getattr(experiment, "tunings", ())
    }


def _state(spec: Spec, knobs: Mapping[str, str]) -> DatabaseState:
    tunings = tuple(name for name in DATABASE_KNOBS if knobs[name] == "on")
    return DatabaseState(spec.corpus.documents, spec.corpus.seed, tunings)

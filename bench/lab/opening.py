"""Open the ground that experiments stand on: servers, databases in every needed state, the workload."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import Operation
from bench.environment import OwnProcesses
from bench.experiments import Bench, Draft
from bench.lifetime import Custody
from bench.model import Claim, Role, Services
from bench.provision import Servers
from bench.runner import Progress
from bench.spec import Spec
from bench.store import RunFolder


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
    workload: Path
    operations: Sequence[Operation]

    def bench(
        self,
        experiment: str,
        *,
        seed: int,
        claims: Sequence[Claim],
        draft: Draft,
        save: Callable[[], None],
        progress: Progress,
    ) -> Bench:
        """What one experiment is given."""
        return Bench(
            spec=self.spec,
            timing=self.spec.experiments[experiment],
            seed=seed,
            claims=claims,
            folder=self.folder,
            logs=self.logs,
            custody=self.custody,
            own=self.own,
            servers=self.servers,
            databases=self.databases,
            knobs=self.knobs,
            workload=self.workload,
            operations=self.operations,
            progress=progress,
            draft=draft,
            save=save,
        )

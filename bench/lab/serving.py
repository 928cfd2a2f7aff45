"""One arm of the reference service with throwaway servers, for `perflab serve` and `perflab load`."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bench.errors import UsageError
from bench.lab.opening import opened
from bench.lab.options import DEFAULT_SPEC, known
from bench.model import Role
from bench.runner import Progress
from bench.spec import ArmSpec, load, nearest
from bench.store import RunFolder
from bench.subject import KNOBS, reference, start


@asynccontextmanager
async def serving(
    preset: str, changed: Mapping[str, str], documents: int, services: str, progress: Progress
) -> AsyncIterator[str]:
    """Serve with all knobs at `preset` but for those `changed`; answer the base URL.

    Raises UsageError for an unknown knob.
    """
    for name in changed:
        if name not in KNOBS:
            raise UsageError(f"--knob {name}: unknown knob; {nearest(name, KNOBS)}")
    default = load(DEFAULT_SPEC, known())
    arm = ArmSpec.model_validate({"knobs": preset, "set": dict(changed)})
    # The baseline's database is the plain one, from which any other is made.
    spec = default.model_copy(
        update={
            "experiments": {},  # none of them runs, so none may ask for databases
            "arms": {"baseline": ArmSpec(knobs="off"), "candidate": arm},
            "corpus": default.corpus.model_copy(update={"documents": documents}),
        }
    )
    with tempfile.TemporaryDirectory() as nowhere:
        async with opened(spec, RunFolder(Path(nowhere)), services, progress) as ground:
            command = reference(
                "service",
                ground.knobs[Role.CANDIDATE],
                database_url=ground.databases[Role.CANDIDATE],
                redis_url=ground.servers.redis_database(0),
            )
            progress.stage("starting the service")
            running = await start(command, ground.custody, ground.logs)
            yield running.base_url

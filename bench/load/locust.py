"""Load from a Locust file: one generator process for many slots.

Locust is never imported here: gevent's monkey patches would change the whole lab. The generator is told
each slot over a socket, since a Locust file may print whatever it likes, and ends when that socket closes.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import bench
from bench.arrivals import spread_s
from bench.errors import LoadError
from bench.load import Sample, Target, sample_path
from bench.load.messages import Command, Lane, Model
from bench.load.process import Generator, Keeper
from bench.model import Slot

ROOT = Path(bench.__file__).parents[1]
OPEN_USERS = 256
"""Most users of the open model: at 100 arrivals per second the service may stop for two and a half seconds
before the first arrival is dropped."""


class LocustLoad:
    """A load generator process; `open_model` and `closed_model` are the ways of using it.

    `custody` starts and ends the process (`bench.lifetime.Custody`). `workload` is told to the Locust file
    as PERFLAB_WORKLOAD, `environment` as it is. `prefix` begins the names of the sample files. `straggler_s`
    is how long requests under way at a slot's end may take, `grace_s` how long the generator may take beyond
    that before it is given up.
    """

    def __init__(
        self,
        *,
        custody: Keeper,
        locustfile: str | Path,
        samples: Path,
        workload: Path | None = None,
        arrivals: str = "poisson",
        users: int = OPEN_USERS,
        environment: Mapping[str, str] | None = None,
        prefix: str = "locust",
        straggler_s: float = 10.0,
        grace_s: float = 30.0,
    ) -> None:
        self._custody = custody
        self._locustfile = Path(locustfile).absolute()
        self._samples = samples
        self._environment = dict(environment or {})
        if workload is not None:
            self._environment["PERFLAB_WORKLOAD"] = str(workload.absolute())
        self._arrivals = arrivals
        self._users = users
        self._prefix = prefix
        self._straggler_s = straggler_s
        self._grace_s = grace_s
        self._generator: Generator | None = None

    @property
    def pid(self) -> int | None:
        """The generator's process, None when there is none."""
        return self._generator.pid if self._generator else None

    def open_model(self, rate: float) -> "LocustModel":
        """Planned arrivals, `rate` per second, each latency from the moment the request was due."""
        return LocustModel(self, "open", users=self._users, rate=rate)

    def closed_model(self, users: int) -> "LocustModel":
        """So many users who wait for each answer, as Locust has them; latency from the send."""
        return LocustModel(self, "closed", users=users)

    async def start(self) -> None:
        """Start the generator; nothing when it runs. Raises LoadError when it, or the Locust file, does not load."""
        if self._generator is not None:
            return
        if not self._locustfile.is_file():
            raise LoadError(f"There is no Locust file {self._locustfile}; check the path.")
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        environment = {**os.environ, "PYTHONPATH": path, **self._environment}
        # -P: a `bench` folder where the user happens to stand must not be taken for ours.
        arguments = [sys.executable, "-P", "-m", "bench.load.generator", "--locustfile", str(self._locustfile)]
        self._generator = await Generator.start(self._custody, arguments, environment)

    def stop(self) -> None:
        """End the generator; nothing when there is none."""
        generator, self._generator = self._generator, None
        if generator is not None:
            generator.end()

    async def run(
        self, slots: Sequence[Slot], targets: Sequence[Target], *, model: Model, users: int, rate: float
    ) -> list[Sample]:
        """Run a slot, or several of one seed and length in turns; the generator is started when it does not run.

        Cancelled, it is ended.
        """
        await self.start()
        assert self._generator is not None
        paths = [sample_path(self._samples, self._prefix, slot) for slot in slots]
        command = Command(
            model=model,
            lanes=[
                Lane(target.base_url.rstrip("/"), str(path.absolute()))
                for target, path in zip(targets, paths, strict=True)
            ],
            seed=slots[0].seed,
            duration_s=slots[0].duration_s,
            users=users,
            rate=rate,
            arrivals=self._arrivals,
            turn_s=slots[0].turn_s,
            straggler_s=self._straggler_s,
        )
        lasts_s = spread_s(command.duration_s, len(slots), command.turn_s)
        try:
            report = await self._generator.play(command, limit_s=lasts_s + self._straggler_s + self._grace_s)
        except LoadError as error:
            self.stop()
            raise LoadError(f"{', '.join(target.arm for target in targets)}: {error}") from error
        except BaseException:
            # Cancelled: half a slot's load must not run into the next one's measurement.
            self.stop()
            raise
        return [
            Sample(
                path=path,
                started=datetime.fromtimestamp(report.started, UTC),
                n=lane.n,
                dropped=lane.dropped,
                generator_cores=report.generator_cores,
                facts=lane.facts,
            )
            for path, lane in zip(paths, report.lanes, strict=True)
        ]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@dataclass(frozen=True, slots=True)
class LocustModel:
    """A `bench.load.Load`: the generator used in one way. Entering and leaving are the generator's own."""

    load: LocustLoad
    model: Model
    users: int
    rate: float = 0.0

    async def run(self, slot: Slot, target: Target) -> Sample:
        """See Load."""
        (sample,) = await self.run_in_turns([slot], [target])
        return sample

    async def run_in_turns(self, slots: Sequence[Slot], targets: Sequence[Target]) -> list[Sample]:
        """See LoadInTurns; several only of the open model."""
        return await self.load.run(slots, targets, model=self.model, users=self.users, rate=self.rate)

    async def __aenter__(self) -> Self:
        await self.load.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.load.stop()

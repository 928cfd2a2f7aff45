"""Run a spec from nothing to a judged, reported run.

Promises: the run folder exists before the first server starts; `run.json` is complete after every
experiment and truthful (partial) after every block; an experiment that breaks costs no other; whatever happens,
what was measured stays readable and no server survives.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from bench import environment, store
from bench.errors import PerflabError, StoreError
from bench.experiments import Draft, Experiment, find
from bench.lab.again import publish
from bench.lab.assembly import claims, experiment_record, judged
from bench.lab.beside import beside
from bench.lab.opening import Ground, opened
from bench.lab.options import DEFAULT_REPORTS, ROOT, Options, effective_spec, plans
from bench.lab.reaching import reached
from bench.lab.remembering import remember
from bench.lab.setting import SPEC_FILE, stored_spec
from bench.model import (
    SCHEMA_VERSION,
    Claim,
    Plan,
    RunRecord,
    Services,
    Session,
    Status,
)
from bench.runner import Progress
from bench.spec import Spec
from bench.store import RunFolder, new_run_id

INTERRUPTED = "interrupted before it was complete"


async def run_spec(options: Options, progress: Progress) -> tuple[RunRecord, Path]:
    """Measure, judge and report; answer the run and its folder.

    An experiment that breaks is on record as failed with its reason, and the run goes on without it; its exit code
    tells. Raises UsageError before anything starts, another PerflabError when the servers did not start or the run
    cannot be written: then and on Ctrl-C the folder holds what was measured until then, marked partial.
    """
    run = _Run.resumed(options.resume) if options.resume else _Run.new(options)
    run.save()
    try:
        async with opened(run.spec, run.folder, options.services, progress) as ground:
            run.folder.publish()
            run.record = replace(run.record, services=ground.services)
            for experiment in run.ahead():
                progress.stage(f"{experiment.name}: {experiment.question}")
                await run.perform(experiment, ground, progress)
    except BaseException:
        run.leave()
        raise
    progress.stage("report")
    run.save()
    try:
        # Before the report: whatever becomes of that, the run was measured and judged.
        remember(run.record, run.folder.path)
    except StoreError as error:
        progress.note(str(error))
    run.record = publish(run.record, run.folder.path, notebooks=True, previous=beside(run.record, run.folder.path))
    return run.record, run.folder.path


class _Run:
    """The run being made: its record so far and its folder."""

    def __init__(self, spec: Spec, folder: RunFolder, record: RunRecord, plans: Mapping[str, Plan]) -> None:
        self.spec = spec
        self.folder = folder
        self.record = record
        self.claims: tuple[Claim, ...] = claims(spec.criteria)
        self._plans = plans
        self._began = time.monotonic() - record.duration_s

    @classmethod
    def new(cls, options: Options) -> "_Run":
        spec = effective_spec(options)
        seed = SystemRandom().randrange(2**31) if options.seed is None else options.seed
        laid_out = plans(spec, seed, options.budget_s)
        run_id = new_run_id(spec.name)
        # Absolute: notebooks are executed from another folder than the one one stands in.
        folder = RunFolder.create((options.reports or DEFAULT_REPORTS).absolute(), run_id)
        (folder.path / SPEC_FILE).write_text(spec.model_dump_json(indent=1))
        return cls(spec, folder, _empty(run_id, spec, seed), laid_out)

    @classmethod
    def resumed(cls, run: Path) -> "_Run":
        record = store.load(run)
        folder = (run.parent if run.suffix == ".json" else run).resolve()
        spec = stored_spec(folder)
        return cls(spec, RunFolder(folder), record, plans(spec, record.seed))

    def ahead(self) -> list[Experiment]:
        """The spec's experiments that are not complete yet, in the spec's order."""
        known = find()
        done = {name for name, record in self.record.experiments.items() if record.status is Status.COMPLETE}
        return [known[name] for name in self.spec.experiments if name not in done]

    def save(self) -> None:
        """Write the record with every verdict that can be given by now."""
        self.record = judged(replace(self.record, duration_s=time.monotonic() - self._began), self.claims)
        store.write(self.record, self.folder.path)

    def leave(self) -> None:
        """Keep what was measured when the run ends early; a folder without any of it would only be in the way."""
        if self.record.experiments:
            self.save()
        else:
            self.folder.discard()

    async def perform(self, experiment: Experiment, ground: Ground, progress: Progress) -> None:
        """Run one experiment; whatever it measured is in the record afterwards, complete or partial."""
        plan = self._plans[experiment.name]
        draft = Draft(looks=plan.looks)
        began = time.monotonic()
        saved = False

        def keep(status: Status, reason: str = "") -> None:
            made = experiment_record(
                experiment,
                draft,
                self.folder.path,
                status=status,
                reason=reason,
                duration_s=time.monotonic() - began,
            )
            self.record = replace(self.record, experiments={**self.record.experiments, experiment.name: made})
            self.save()

        def save() -> None:
            nonlocal saved
            saved = True
            keep(Status.PARTIAL, INTERRUPTED)

        bench = ground.bench(
            plan,
            claims=self.claims,
            draft=draft,
            save=save,
            progress=progress,
        )
        try:
            with reached(experiment.name):
                await experiment.run(bench)
        except asyncio.CancelledError:
            keep(Status.PARTIAL if saved or draft.measured else Status.FAILED, INTERRUPTED)
            raise
        except StoreError as error:
            # Where nothing can be written, the next experiment's samples cannot either.
            keep(Status.FAILED, str(error))
            raise
        except PerflabError as error:
            keep(Status.FAILED, str(error))
            progress.note(f"{experiment.name} failed and is not judged: {error}")
            return
        keep(Status.COMPLETE)


def _empty(run_id: str, spec: Spec, seed: int) -> RunRecord:
    return RunRecord(
        schema_version=SCHEMA_VERSION,
        run_id=run_id,
        spec=spec.name,
        seed=seed,
        started=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        duration_s=0.0,
        services=Services(kind="none", postgres="", redis=""),
        environment=environment.describe(ROOT),
        session=Session(valid=False, reasons=("nothing has been measured yet",)),
        experiments={},
        criteria=(),
        exit_code=4,
    )

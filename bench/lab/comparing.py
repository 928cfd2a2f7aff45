"""Compare two arms from nothing to a judged, reported run.

Promises: what is wrong with an arm is told before it is measured; the run folder keeps what was measured whatever
happens, and holds a verdict only when the comparison was completed; no server, process or work tree survives.
"""

import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Any

from bench import environment, store
from bench.errors import LoadError, UsageError
from bench.experiments import comparison_counts
from bench.experiments.comparison import Ring, compare_started
from bench.experiments.comparison_load import offered
from bench.experiments.comparison_plan import Question, Slots, check_slot, fitting, of_length, pair_s, plan
from bench.judge.contest import COMPARISON, CONFIRMATION, CONFIRMING_PAIRS
from bench.lab.again import publish
from bench.lab.arena import Arena, arena
from bench.lab.aside import aside
from bench.lab.assembly import judged
from bench.lab.compared import Comparison
from bench.lab.matches import Match
from bench.lab.options import DEFAULT_REPORTS, LOADTESTS, ROOT
from bench.lab.reaching import reached
from bench.lab.sources import Source, project_of, read
from bench.lifetime import Custody, sweep
from bench.load.locust import LocustLoad
from bench.model import SCHEMA_VERSION, ExperimentRecord, Role, RunRecord, Services, Session
from bench.runner import Progress, Silent
from bench.store import RunFolder, new_run_id

SHORTEST_S = 1.0
"""No slot is shorter; a budget that does not hold even those is refused before anything is started."""


def compare(baseline: str, candidate: str, *, progress: Progress | None = None, **options: Any) -> Comparison:
    """Compare two arms, as `perflab compare` does; `options` are the fields of `bench.lab.Match`.

    Works where an event loop runs already, as in a notebook. Raises PerflabError with one clear sentence.
    """
    match = Match(baseline, candidate, **options)
    return aside(lambda: run_match(match, progress or Silent()))


async def run_match(match: Match, progress: Progress) -> Comparison:
    """Measure, judge and report a comparison.

    Raises UsageError before anything is started, another PerflabError when an arm or the harness broke: the run
    folder then holds what was measured until then, and no verdict.
    """
    seed = SystemRandom().randrange(2**31) if match.seed is None else match.seed
    question = match.question(seed)
    plan(question, Slots(match.slot_s or SHORTEST_S, 0.0), renewal_s=0.0)
    for line in sweep():
        progress.note(line)
    with Custody.open() as custody:
        progress.stage("reading the arms")
        sources = read(match, custody)
        project = next((s.project for s in reversed(sources) if s.project.command), None) or project_of(match.folder)
        locustfile, paths = _requests(match, project.workload, project.path, sources)
        run = _Run.new(match, seed)
        run.save()
        try:
            async with arena(
                *sources,
                custody=custody,
                folder=run.folder,
                services=match.services,
                ready=match.ready or project.ready or (paths[0] if paths else "/"),
                prepare=match.prepare or project.prepare,
                restart=match.restart,
                progress=progress,
            ) as ground:
                run.folder.publish()
                run.record = replace(run.record, services=ground.services)
                with reached("compare"):
                    await _measured(run, ground, match, question, locustfile, paths, progress, custody)
        except BaseException:
            run.leave()
            raise
    progress.stage("report")
    run.save()
    if run.record.comparison is None:
        doubts = " ".join(run.record.session.reasons)
        raise LoadError(
            f"the slots hold too few answers for the {question.metric}. {doubts or 'Give a longer --slot.'}"
        )
    return Comparison(run.folder.path, publish(run.record, run.folder.path, notebooks=False))


async def _measured(
    run: "_Run",
    ground: Arena,
    match: Match,
    question: Question,
    locustfile: Path,
    paths: tuple[str, ...],
    progress: Progress,
    custody: Custody,
) -> None:
    progress.stage("starting the arms")
    arms = ground.contestants
    await arms.start()
    progress.stage("counting what one request costs")
    counted, uncounted = await _counted(ground, paths)
    told = {"PERFLAB_PATHS": "\n".join(paths)} if paths else {}

    def load(prefix: str) -> LocustLoad:
        return LocustLoad(
            custody=custody,
            locustfile=locustfile,
            workload=ground.workload,
            samples=run.folder.samples,
            environment=told,
            prefix=prefix,
        )

    second = load(CONFIRMATION)  # started when it is needed
    async with load(COMPARISON) as first, AsyncExitStack() as stack:
        stack.callback(second.stop)
        offer = await offered(first, arms.targets, rate=match.rate, seed=question.seed, progress=progress)
        began = time.monotonic()
        await arms.restart()
        renewal_s = time.monotonic() - began if arms.can_restart else 0.0
        if match.slot_s is None:
            chosen = fitting(question, offer.rate, offer.latency_s, renewal_s=renewal_s, in_turns=match.turns)
        else:
            chosen = of_length(question, match.slot_s, offer.latency_s, renewal_s=renewal_s, in_turns=match.turns)
            check_slot(question.metric, offer.rate, chosen)
        laid_out = plan(question, chosen, renewal_s=renewal_s)
        how = f"in turns of {chosen.turn_s:.2g} s" if chosen.turn_s else "one slot after the other"
        progress.note(
            f"at most {laid_out.looks[-1].pairs} pairs of {pair_s(chosen, renewal_s):.1f} s, {how}, "
            f"and {CONFIRMING_PAIRS} more to confirm a regression"
        )
        ring = Ring(
            arms=arms,
            load=lambda name: (first if name == COMPARISON else second).open_model(offer.rate),
            rate=offer.rate,
            root=run.folder.path,
            own=ground.own,
            progress=progress,
            keep=run.keep,
            facts={**offer.facts, "counters": counted, **({"uncounted": uncounted} if uncounted else {})},
        )
        await compare_started(question, laid_out, ring)


async def _counted(ground: Arena, paths: tuple[str, ...]) -> tuple[comparison_counts.Counted, str]:
    targets = {role: ground.contestants.targets[role] for role in (Role.BASELINE, Role.CANDIDATE)}
    knobs = {record.role: record.knobs for record in ground.contestants.records()}
    if paths:
        asks = dict.fromkeys(targets, comparison_counts.of_paths(paths))
    elif ground.operations and all("api" in knobs[role] for role in targets):
        asks = {role: comparison_counts.of_operations(ground.operations, knobs[role]["api"]) for role in targets}
    else:
        return {}, "A Locust file's requests are drawn at random, so nothing was counted."
    urls = {role: target.base_url for role, target in targets.items()}
    return await comparison_counts.count(asks, urls, ground.servers, ground.databases, ground.caches)


def _requests(
    match: Match, workload: str | None, paths: tuple[str, ...], sources: tuple[Source, Source]
) -> tuple[Path, tuple[str, ...]]:
    """The Locust file and the paths that it is to ask for; none where it knows them itself."""
    if match.paths:
        return LOADTESTS / "paths.py", match.paths
    if match.workload is not None:
        chosen = match.folder / match.workload
    elif all(source.is_reference for source in sources):
        return LOADTESTS / "search.py", ()
    elif paths:
        return LOADTESTS / "paths.py", paths
    elif workload is not None:
        chosen = match.folder / workload
    else:
        raise UsageError("what is to be requested? Give --path /x, once or several times, or --workload LOCUSTFILE.")
    if not chosen.is_file():
        raise UsageError(f"there is no Locust file {chosen}; check --workload.")
    return chosen, ()


class _Run:
    """The run being made: its record so far and its folder."""

    def __init__(self, folder: RunFolder, record: RunRecord) -> None:
        self.folder = folder
        self.record = record
        self._began = time.monotonic()

    @classmethod
    def new(cls, match: Match, seed: int) -> "_Run":
        run_id = new_run_id("compare")
        folder = RunFolder.create(match.reports or DEFAULT_REPORTS, run_id)
        record = RunRecord(
            schema_version=SCHEMA_VERSION,
            run_id=run_id,
            spec="compare",
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
        return cls(folder, record)

    def keep(self, experiments: Mapping[str, ExperimentRecord]) -> None:
        """Keep what has been measured so far, whatever comes."""
        self.record = replace(self.record, experiments=dict(experiments))
        self.save()

    def save(self) -> None:
        """Write the record with the verdict, once there is one."""
        self.record = judged(replace(self.record, duration_s=time.monotonic() - self._began), ())
        store.write(self.record, self.folder.path)

    def leave(self) -> None:
        """Keep what was measured when the run ends early; a folder without any of it would only be in the way."""
        if self.record.experiments:
            self.save()
        else:
            self.folder.discard()

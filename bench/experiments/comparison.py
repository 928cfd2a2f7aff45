"""Is the candidate slower than the baseline? One comparison on arms that are running already.

Promises: what was measured is handed to `keep` after every block; a look that decides ends the measurement; a
regression is measured once more, with fresh pairs, before anyone may say it. Nothing here knows how an arm was
started, and nothing is written but samples: a calibration runs this many times on the same arms.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from bench import judge
from bench.environment import OwnProcesses
from bench.errors import SubjectError
from bench.experiments.comparison_plan import Question, fresh
from bench.judge.contest import COMPARISON, CONFIRMATION
from bench.load import Load, Target
from bench.model import (
    MAIN,
    ArmRecord,
    ComparisonVerdict,
    Effect,
    ExperimentRecord,
    Look,
    Plan,
    Role,
    Status,
)
from bench.runner import Measurement, Progress, Records, measure

QUESTION = "Is the candidate slower than the baseline?"
AGAIN = "Do fresh pairs show the regression, too?"
METHOD = (
    "Both arms, and a second process of the baseline, get the same requests in short turns, or in slots that alternate "
    "where answers are slow. Processes are started again before every pair, so that the luck of a start averages out. "
    "Latency counts from the moment a request was due; each pair of slots gives one ratio."
)
INTERRUPTED = "interrupted before it was complete"

Keep = Callable[[Mapping[str, ExperimentRecord]], None]


class Arms(Protocol):
    """Arms that run: see `contestants.Contestants`."""

    targets: dict[Role, Target]

    async def renew(self) -> None:
        """Before a pair: prove that they are what they were, and start them again where that is wanted."""

    async def check(self) -> None:
        """Prove that they are what they were. Raises SubjectError."""

    def records(self) -> tuple[ArmRecord, ...]:
        """Describe them."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Where a comparison takes place."""

    arms: Arms
    load: Callable[[str], Load]
    """The load of an experiment, by the experiment's name, which begins the names of its samples."""
    rate: float
    root: Path
    own: OwnProcesses
    progress: Progress
    keep: Keep = field(default=lambda _: None)
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What is known of the comparison before it begins: capacity, counters."""


async def compare_started(question: Question, laid_out: Plan, ring: Ring) -> dict[str, ExperimentRecord]:
    """Run one comparison and, where it shows a regression, its confirmation; answer both by name.

    `judge.comparison` makes the verdict of them. Raises SubjectError when an arm stops or changes, LoadError when the
    generator does; `keep` was then given what had been measured.
    """
    done: dict[str, ExperimentRecord] = {}
    done[COMPARISON] = await _measured(question, laid_out, ring, done)
    if judge.look(done[COMPARISON].effects, question.metric, question.delta) is ComparisonVerdict.REGRESSION:
        ring.progress.stage(f"{CONFIRMATION}: {AGAIN}")
        done[CONFIRMATION] = await _measured(question, fresh(question, laid_out), ring, done)
    return done


def analyse(looks: tuple[Look, ...], slots: Records) -> tuple[Effect, ...]:
    """The effects that a verdict is made of: pure, so that a stored comparison can be judged again."""
    return judge.effects(slots, looks=looks)


async def _measured(
    question: Question, laid_out: Plan, ring: Ring, before: Mapping[str, ExperimentRecord]
) -> ExperimentRecord:
    began = time.monotonic()
    latest = _record(question, laid_out, ring, ())

    def keep(slots: Records) -> None:
        nonlocal latest
        latest = _record(question, laid_out, ring, slots, duration_s=time.monotonic() - began)
        ring.keep({**before, laid_out.experiment: latest})
        _must_answer(slots)

    verify: Callable[[], Awaitable[None]] = ring.arms.renew
    slots = await measure(
        Measurement(
            plan=laid_out,
            load=ring.load(laid_out.experiment),
            targets=ring.arms.targets,
            verify=verify,
            verify_each="triple",
            judge=_Live(question),
            keep=keep,
            own=ring.own,
            root=ring.root,
            offered_rate=ring.rate,
            progress=ring.progress,
        )
    )
    # Whoever stopped or was exchanged during the last pair must not be judged.
    await ring.arms.check()
    keep(slots)
    complete = replace(latest, status=Status.COMPLETE, reason="")
    ring.keep({**before, laid_out.experiment: complete})
    return complete


def _record(
    question: Question, laid_out: Plan, ring: Ring, slots: Records, *, duration_s: float = 0.0
) -> ExperimentRecord:
    pairs = len(slots) / len(Role)
    taken_s = {"pair_s": duration_s / pairs} if pairs else {}
    return ExperimentRecord(
        name=laid_out.experiment,
        question=QUESTION if laid_out.experiment == COMPARISON else AGAIN,
        method=METHOD if laid_out.experiment == COMPARISON else "",
        status=Status.PARTIAL,
        reason=INTERRUPTED,
        arms=ring.arms.records(),
        looks=laid_out.looks,
        slots=slots,
        effects=analyse(laid_out.looks, slots),
        facts={**ring.facts, "metric": question.metric, "delta": question.delta, "rate": ring.rate, **taken_s},
        duration_s=duration_s,
    )


def _must_answer(slots: Records) -> None:
    """Raise SubjectError when most of an arm's requests in the last block failed: nothing can come of the rest."""
    for role in Role:
        block = [slot for slot in slots if slot.slot.block == slots[-1].slot.block and slot.slot.role is role]
        failed, answered = sum(slot.errors for slot in block), sum(slot.n for slot in block)
        if failed > answered:
            raise SubjectError(
                f"The {role} began to answer errors: {failed} of the last {failed + answered} requests failed; look at "
                "its log and at the error column of its samples."
            )


@dataclass(frozen=True, slots=True)
class _Live:
    """The runner's judge."""

    question: Question

    def provisional(self, records: Records) -> Effect | None:
        """The deciding effect so far, for display."""
        found = judge.effects(records, looks=())
        wanted = (MAIN.label, self.question.metric, "all")
        return next((each for each in found if (each.comparison, each.metric, each.scope) == wanted), None)

    def decided(self, records: Records, look: Look) -> bool:
        """Whether the verdict stands at this look."""
        return judge.look(analyse((look,), records), self.question.metric, self.question.delta) is not None

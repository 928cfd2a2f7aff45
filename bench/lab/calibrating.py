"""`perflab calibrate`: what this machine can tell, from nothing to a card beside the history.

Promises: what it foretells is said before the long part; the card is written anew after every complete repeat, so that
an interruption keeps the repeats that were complete; nothing it started survives it.
"""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from bench import environment, store
from bench.errors import LoadError, UsageError
from bench.experiments import calibration
from bench.experiments.calibration import Range, conditions
from bench.experiments.comparison_load import Offer, offered
from bench.experiments.comparison_plan import Question, Slots, check_slot, fitting, pair_s, slot_s, slots
from bench.experiments.contestants import Description
from bench.faults.slowed import MODULE
from bench.judge import trials
from bench.judge.contest import CONFIRMING_PAIRS
from bench.judge.trials import METRICS, Pair, Round
from bench.lab.arena import arena
from bench.lab.options import DEFAULT_REPORTS, LOADTESTS, ROOT
from bench.lab.sources import DOCUMENTS, READY, Source
from bench.lifetime import Custody, sweep
from bench.load.locust import LocustLoad
from bench.model import SlotRecord, machine
from bench.model.calibration import AA, Card, Promise
from bench.report import calibration as report
from bench.runner import Progress, latencies
from bench.spec import Corpus
from bench.stats import looks
from bench.store import RunFolder
from bench.subject import KNOBS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUDGETS_S = (60.0, 180.0)
"""For which the card foretells: an impatient comparison and the default one."""
AIMS = ((0.05, 0.02), (0.10, 0.05))
"""Slowdowns that one would like to find, each with the smallest difference that matters."""
METRIC = "p50"
MOST = 5.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of `perflab calibrate`."""

    pairs: int = 8
    repeat: int = 5
    sizes: tuple[float, ...] = calibration.SIZES
    slot_s: float | None = None
    seed: int | None = None
    rate: float | None = None
    turns: bool = True
    restart: bool = True
    services: str = "auto"
    reports: Path | None = None

    def __post_init__(self) -> None:
        """Raise UsageError for what no card can be made of."""
        if self.pairs < looks.FEWEST or self.pairs % 2:
            raise UsageError(f"--pairs {self.pairs}: give an even number from {looks.FEWEST} on; a block holds two.")
        if self.repeat < 1:
            raise UsageError(f"--repeat {self.repeat}: give one trial at least, better twenty.")
        for size in self.sizes:
            if not 0 < size <= MOST:
                raise UsageError(f"--slowdown {size:.0%}: give shares above 0 and up to {MOST:.0%} of the median.")


async def calibrate(wanted: Wanted, progress: Progress) -> tuple[Card, Path]:
    """Measure, and write the card; answer it with the path of its JSON file.

    Raises PerflabError; the card then holds the repeats that were complete, and there is none where none was.
    """
    seed = SystemRandom().randrange(2**31) if wanted.seed is None else wanted.seed
    for line in sweep():
        progress.note(line)
    with Custody.open() as custody:
        folder = RunFolder.create(custody.directory("perflab-calibration-"), "calibration")
        arm = source()
        async with arena(
            arm, arm, custody=custody, folder=folder, services=wanted.services, ready=READY, prepare=None,
            restart=wanted.restart, progress=progress,
        ) as ground:  # fmt: skip
            arms = ground.contestants
            progress.stage("starting the arms")
            await arms.start()
            load = LocustLoad(
                custody=custody, locustfile=LOADTESTS / "search.py", workload=ground.workload, samples=folder.samples
            )
            async with load:
                offer = await offered(load, arms.targets, rate=wanted.rate, seed=seed, progress=progress)
                chosen = slots(wanted.slot_s or slot_s(METRIC, offer.rate), offer.latency_s, in_turns=wanted.turns)
                check_slot(METRIC, offer.rate, chosen)
                began = time.monotonic()
                await arms.restart()
                renewal_s = time.monotonic() - began if arms.can_restart else 0.0
                kept = _Kept(wanted, seed, offer, chosen, renewal_s, folder.path)
                place = Range(
                    arms=arms, load=load.open_model(offer.rate), rate=offer.rate, slots=chosen, median_s=0.0,
                    root=folder.path, own=ground.own, read=kept.read,
                )  # fmt: skip
                await _measured(place, kept, seed, progress)
    return kept.card(), kept.path


async def _measured(place: Range, kept: "_Kept", seed: int, progress: Progress) -> None:
    wanted, chosen = kept.wanted, conditions(kept.wanted.sizes)
    progress.stage("the machine's noise, before anything is slowed")
    first = [each async for each in calibration.rounds(place, (AA,), looks.FEWEST, seed + 1, lambda _: None)]
    kept.foretell(first, progress.note)
    place = replace(place, median_s=kept.median_s)
    count = wanted.repeat * (wanted.pairs + CONFIRMING_PAIRS)
    each_s = (len(chosen) - 1) * pair_s(place.slots, renewal_s=0.0) + kept.pair_s
    progress.note(f"{wanted.repeat} trials of {wanted.pairs} pairs for {len(chosen)} conditions: {count} rounds")

    def told(number: int) -> None:
        progress.stage(f"round {number + 1} of {count}, about {(count - number) * each_s / 60:.0f} min left")

    try:
        async for each in calibration.rounds(place, chosen, count, seed + 2, told):
            kept.add(each, progress.note)
    except (KeyboardInterrupt, asyncio.CancelledError):
        progress.note(f"interrupted; the card holds {len(kept.trials)} complete trials")
        raise


class _Kept:
    """What was measured so far, and the card of it."""

    def __init__(self, wanted: Wanted, seed: int, offer: Offer, slots: Slots, renewal_s: float, root: Path) -> None:
        self.wanted = wanted
        self.pair_s = pair_s(slots, renewal_s)
        self.median_s = 0.0
        self._seed, self._offer, self._slots, self._renewal_s, self._root = seed, offer, slots, renewal_s, root
        self._rounds: list[Round] = []
        self._promises: tuple[Promise, ...] = ()
        self._latencies: dict[str, NDArray[np.float64]] = {}
        self._environment = environment.describe(ROOT)
        self._reports = wanted.reports or DEFAULT_REPORTS

    @property
    def path(self) -> Path:
        """Of the card."""
        return store.calibration.place(self._reports, machine(self._environment))

    @property
    def trials(self) -> list[list[Round]]:
        """That are complete."""
        return [list(window) for window in trials.windows(self._rounds, self.wanted.pairs)]

    def read(self, record: SlotRecord) -> None:
        """Keep the latencies of a slot: its samples go."""
        self._latencies[record.samples] = latencies(self._root, record)

    def foretell(self, first: list[Round], note: Callable[[str], None]) -> None:
        """Say what can be found in which time, from a few rounds of A/A."""
        card = trials.metric_card([first], METRIC, 1.0)
        if card is None:
            raise LoadError(f"the slots hold too few answers for the {METRIC}; give a longer --slot.")
        self.median_s = sorted(each.triples[AA].baseline.metrics[METRIC] for each in first)[len(first) // 2]
        usual = Pair(self.pair_s, card.noise)
        self._promises = tuple(
            trials.promise(usual, slowdown, delta, budget_s=budget_s, within=self._fitting(usual, budget_s))
            for budget_s in BUDGETS_S
            for slowdown, delta in AIMS
        )
        self._latencies.clear()
        for each in self._promises:
            note(report.foretold(each))

    def _fitting(self, usual: Pair, budget_s: float) -> Pair:
        """The pairs that a comparison would make of a budget: shorter ones scatter as fewer requests do."""
        if self.wanted.slot_s is not None:
            return usual
        shorter = fitting(
            Question(METRIC, budget_s=budget_s), self._offer.rate, self._offer.latency_s,
            renewal_s=self._renewal_s, in_turns=self.wanted.turns,
        )  # fmt: skip
        more = math.sqrt(self._slots.judged_s / shorter.judged_s)
        return Pair(pair_s(shorter, self._renewal_s), usual.noise * more)

    def add(self, each: Round, note: Callable[[str], None]) -> None:
        """Another round; with the last of a trial the card is written, and what was not fit is told."""
        self._rounds.append(each)
        if len(self._rounds) % (self.wanted.pairs + CONFIRMING_PAIRS) == 0:
            window = self.trials[-1]
            doubts = {reason for condition in each.triples for reason in trials.fit(window, condition).reasons}
            for reason in sorted(doubts):
                note(f"trial {len(self.trials)} is not fit for some slowdowns: {reason}")
            store.calibration.write(self.card(), self._reports)
            report.write(self.card(), self.path)

    def card(self) -> Card:
        """Of the complete trials. Raises LoadError when there is none."""
        complete = self.trials
        if not complete:
            raise LoadError("not one trial was complete, so there is no card; let it run longer.")
        cards = [trials.metric_card(complete, metric, self.median_s) for metric in METRICS]
        return Card(
            schema_version=store.calibration.VERSION,
            machine=machine(self._environment),
            made=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            commit=self._environment.commit or "",
            seed=self._seed,
            repeats=len(complete),
            pairs=self.wanted.pairs,
            slot_s=self._slots.slot_s,
            turn_s=self._slots.turn_s,
            pair_s=self.pair_s,
            rate=self._offer.rate,
            median_s=self.median_s,
            unfit=sum(not trials.fit(window, each).valid for window in complete for each in window[0].triples),
            metrics={card.metric: card for card in cards if card is not None},
            rivals=trials.alarms(complete, lambda record: self._latencies[record.samples]),
            promises=self._promises,
        )


def source() -> Source:
    """The tuned reference service that can be slowed, without its cache: an answer from memory is no typical one."""
    knobs = {**dict.fromkeys(KNOBS, "on"), "cache": "off"}
    return Source(
        Description("the reference service", "calibration", {"documents": f"{DOCUMENTS:,}"}, knobs),
        knobs=knobs, corpus=Corpus(documents=DOCUMENTS), module=MODULE,
    )  # fmt: skip

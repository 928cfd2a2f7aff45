"""Simulated sessions of requests in all kinds of weather, judged by our rules and by those of other tools.

    python -m tests.judge.sessions      the tables of docs/statistics.md, seeded, some ten minutes on one core

Slots come one after the other in time; what changes with time hits whichever arm is under load then. Requests of a slot
share its weather, as they do on a machine.
"""

import math
import sys
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from bench.judge.contest import CONFIRMING_PAIRS
from bench.judge.trials import Round, Triple, trial
from bench.model import ComparisonVerdict, Role, Slot, SlotHealth, SlotRecord
from bench.model.calibration import AA, Condition
from bench.stats import quantiles, rivals

Weather = Callable[[np.random.Generator, int], NDArray[np.float64]]
"""The log of the machine's slowness at each of so many slots."""

BASE_S = 0.004
NOISE = 0.02
"""Between slots at the same moment: a standard deviation of the log."""
REQUESTS = 100


def _autoregressive(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    states = [rng.normal(0, 0.05)]
    for _ in range(n - 1):
        states.append(0.8 * states[-1] + 0.6 * rng.normal(0, 0.05))
    return np.asarray(states)


WEATHERS: Mapping[str, Weather] = {
    "calm": lambda _, n: np.zeros(n),
    "drift of 20 %": lambda _, n: np.linspace(0, 0.2, n),
    "stalls": lambda rng, n: (rng.random(n) < 0.1) * rng.exponential(0.5, n),
    "autocorrelated": _autoregressive,
    "step of 15 %": lambda rng, n: np.where(np.arange(n) < rng.integers(n), 0.0, 0.15),
}


class Session:
    """One comparison's slots with their requests; the candidate is so many times as slow."""

    def __init__(self, weather: str, ratio: float, pairs: int, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self.requests: dict[str, NDArray[np.float64]] = {}
        self.condition = AA if ratio == 1 else Condition("cpu", ratio - 1)
        rounds = pairs + CONFIRMING_PAIRS
        state = WEATHERS[weather](self._rng, 3 * rounds)
        order = [Role.BASELINE, Role.CONTROL, Role.CANDIDATE]
        self.rounds: list[Round] = []
        for number in range(rounds):
            if number % 2 == 0:
                self._rng.shuffle(order)
            # The second half of a block mirrors the first, as in a plan.
            steps = order if number % 2 == 0 else order[::-1]
            found = {
                role: self._slot(3 * number + place, role, state[3 * number + place], ratio)
                for place, role in enumerate(steps)
            }
            triple = Triple(found[Role.BASELINE], found[Role.CONTROL], found[Role.CANDIDATE])
            self.rounds.append(Round({self.condition: triple}))

    def _slot(self, index: int, role: Role, state: float, ratio: float) -> SlotRecord:
        slowness = math.exp(state + self._rng.normal(0, NOISE)) * (ratio if role is Role.CANDIDATE else 1.0)
        latencies = BASE_S * slowness * self._rng.lognormal(0, 0.4, REQUESTS)
        self.requests[str(index)] = latencies
        return SlotRecord(
            slot=Slot(index, index // 6, index // 3, role, 1, 2.0, 0.5), arm=str(role), started="", n=REQUESTS,
            errors=0, dropped=0, offered_rate=50.0, metrics=quantiles.summary(latencies), by_name={}, parts={},
            lag_p50_s=0.0, lag_p99_s=0.0, generator_cores=0.2, health=SlotHealth(0.0, 0.0, 0.0), samples=str(index),
        )  # fmt: skip

    def ours(self, delta: float) -> bool:
        """Whether `perflab compare` would have said REGRESSION, or between equal arms anything but equal."""
        found = trial(self.rounds, self.condition, "p50", delta)
        assert found is not None
        wrong = {ComparisonVerdict.REGRESSION} | ({ComparisonVerdict.IMPROVEMENT} if self.condition == AA else set())
        return found.verdict in wrong

    def theirs(self, rule: str) -> bool:
        """Whether a rule of another tool would have raised an alarm on the same requests."""
        main = [each.triples[self.condition] for each in self.rounds[:-CONFIRMING_PAIRS]]
        baseline = [self.requests[each.baseline.samples] for each in main]
        candidate = [self.requests[each.candidate.samples] for each in main]
        return rivals.RULES[rule](baseline, candidate)


RULES: Mapping[str, Callable[[Session], bool]] = {
    "perflab, delta 2 %": lambda session: session.ours(0.02),
    "perflab, delta 5 %": lambda session: session.ours(0.05),
    **{name: partial(lambda rule, session: session.theirs(rule), name) for name in rivals.RULES},
}


def alarms(weather: str, ratio: float, *, pairs: int, runs: int) -> dict[str, int]:
    """How many of so many sessions each rule called slower."""
    counts = dict.fromkeys(RULES, 0)
    for seed in range(runs):
        session = Session(weather, ratio, pairs, seed)
        for name, rule in RULES.items():
            counts[name] += rule(session)
    return counts


def main() -> None:
    """Print the tables as Markdown."""
    runs, pairs = 1_000, 12
    for ratio in (1.0, 1.05, 1.10):
        sys.stdout.write(f"\nCandidate / baseline {ratio}: called slower, {runs:,} sessions of {pairs} pairs each\n\n")
        sys.stdout.write(f"| weather | {' | '.join(RULES)} |\n|---|{'---|' * len(RULES)}\n")
        for weather in WEATHERS:
            cells = []
            for hits in alarms(weather, ratio, pairs=pairs, runs=runs).values():
                ci = binomtest(hits, runs).proportion_ci(0.95)
                cells.append(f"{hits / runs:.1%} ({ci.low:.1%} to {ci.high:.1%})")
            sys.stdout.write(f"| {weather} | {' | '.join(cells)} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

"""The simulations behind the ablation's table in docs/statistics.md: two minutes of one core.

Run `python -m tests.ablation.simulate`.
"""

import math
import random
from collections.abc import Callable

from bench.ablation import Reading, layout, read
from tests.ablation.simulated import additive, facts

KNOBS = ("api", "pool", "reset", "indexes", "fulltext", "cache")
SLOW = frozenset({"indexes", "fulltext"})
TRUTH = additive(
    {"api": -0.3, "pool": 0.0, "reset": 0.0, "indexes": -2.8, "fulltext": -2.8, "cache": -0.2}, {SLOW: 2.0}
)
NOISE: dict[str, Callable[[random.Random, frozenset[str]], float]] = {
    "normal, 30 %": lambda rng, _: rng.gauss(0, 0.3),
    "slow arms twice as noisy": lambda rng, on: rng.gauss(0, 0.15 if on & SLOW else 0.3),
    "quick arms twice as noisy": lambda rng, on: rng.gauss(0, 0.3 if on & SLOW else 0.15),
    "one slot in ten stalls": lambda rng, _: rng.gauss(0, 0.2) + (rng.gauss(0, 1) if rng.random() < 0.1 else 0),
}
LAYOUTS = {18: "last alone, 2 blocks", 48: "alone and last, 3 blocks", 90: "resolution IV, 3", 138: "resolution VI, 3"}
KINDS = ("alone", "last", "bar", "interactions", "total", "remainder")
RUNS = 600


def missed(budget_s: float, noise: Callable[[random.Random, frozenset[str]], float]) -> dict[str, float]:
    """How often any interval of a kind misses the truth, by kind."""
    wrong = dict.fromkeys(KINDS, 0)
    for run in range(RUNS):
        laid_out = layout(KNOBS, seed=run, budget_s=budget_s, slot_s=1, overhead_s=0)
        exact, found = facts(laid_out, TRUTH), facts(laid_out, TRUTH, drift=0.2, seed=run)
        drawn, on = random.Random(run), {arm.name: arm.on for arm in laid_out.arms}
        for slot in found["slots"]:
            slot["mean"] *= math.exp(noise(drawn, on[slot["arm"]]))
        true, seen = read(exact), read(found)
        assert true is not None
        assert seen is not None
        for kind, held in _held(true, seen).items():
            wrong[kind] += not held
    return {kind: count / RUNS for kind, count in wrong.items()}


def _held(true: Reading, seen: Reading) -> dict[str, bool]:
    knobs = {each.knob: each for each in true.knobs}
    factors = {frozenset(each.pairs): each.factor for each in true.interactions}
    pairs = {
        kind: [(getattr(knobs[each.knob], kind), getattr(each, kind)) for each in seen.knobs]
        for kind in ("alone", "last", "bar")
    }
    pairs["interactions"] = [(factors[frozenset(each.pairs)], each.factor) for each in seen.interactions]
    pairs["total"], pairs["remainder"] = [(true.total, seen.total)], [(true.remainder, seen.remainder)]
    return {
        kind: all(one is None or two.low <= one.estimate <= two.high for one, two in found)
        for kind, found in pairs.items()
    }


def main() -> None:
    """Print a row for each layout and noise."""
    print(f"| any of its intervals misses, {RUNS} runs | {' | '.join(KINDS)} |")
    print("|---" * (len(KINDS) + 1) + "|")
    for budget_s, name in LAYOUTS.items():
        for shape, noise in NOISE.items():
            shares = missed(budget_s, noise)
            print(f"| {name}: {shape} | {' | '.join(f'{shares[kind]:.1%}' for kind in KINDS)} |", flush=True)


if __name__ == "__main__":
    main()

"""The simulations behind docs/statistics.md: run `python tests/stats/simulate.py`, some fifteen minutes on one core.

Seeded, so that the tables come out as they stand there. The tests run small versions of the same.
"""

import math
import sys
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bench.stats import looks, signed_rank, spread

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]
ONE_SIDED = "hiccups in one arm"
SHAPES: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(0, 0.05, n),
    "t with 3 degrees": lambda rng, n: 0.05 * rng.standard_t(3, n),
    "normal with stalls": lambda rng, n: rng.normal(0, 0.05, n) + (rng.random(n) < 0.1) * rng.normal(0, 0.5, n),
    "drift of 20 %": lambda rng, n: rng.normal(0, 0.05, n) + 0.2 / n * np.tile([1.0, -1.0], n // 2),
}
"""Scatter of the log ratios of pairs under no effect; in the last the order within each block shifts them."""


def misses(shape: Draw, n: int, alpha: float, runs: int) -> float:
    """How often the signed-rank interval misses a true centre of 0."""
    rng = np.random.default_rng(n)
    return float(np.mean([_misses(shape(rng, n), alpha) for _ in range(runs)]))


def misses_at_any_look(schedule: tuple[int, ...], alpha: float, runs: int) -> float:
    """How often any of the looks misses: the error of one who stops whenever it suits."""
    rng = np.random.default_rng(sum(schedule))
    wrong = 0
    for _ in range(runs):
        values = rng.normal(0, 0.05, schedule[-1])
        wrong += any(_misses(values[:pairs], alpha) for pairs in schedule)
    return wrong / runs


def spread_misses(weather: str, n: int, requests: int, alpha: float, runs: int) -> float:
    """How often the interval of the ratio of tail ratios misses the truth: 1, but for hiccups in one arm."""
    truth = one_sided_truth() if weather == ONE_SIDED else 1.0
    rng = np.random.default_rng(n * requests)
    wrong = 0
    for run in range(runs):
        slots = list(latencies(rng, n, requests, weather))
        result = spread.compare([s[0] for s in slots], [s[1] for s in slots], alpha=alpha, seed=run)
        assert isinstance(result, spread.Spread)
        wrong += not result.ratio.low <= truth <= result.ratio.high
    return wrong / runs


def voids(sd: float, n: int, bias: float, runs: int) -> float:
    """How often the A/A control voids a session whose control is really `bias` off."""
    from bench.checks.control import ALPHA, SHIFT

    rng = np.random.default_rng(n)
    alpha, wrong = max(ALPHA, 2 / 2**n), 0
    for _ in range(runs):
        interval = signed_rank.estimate(rng.normal(math.log1p(bias), sd, n), alpha=alpha)
        wrong += not interval.low <= 0 <= interval.high and abs(interval.estimate) > math.log1p(SHIFT)
    return wrong / runs


def latencies(
    rng: np.random.Generator, pairs: int, requests: int, weather: str
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Pairs of slots of two equal arms: a mixture of fast, slow and stalled requests, in changing weather.

    The machine's state is autoregressive and shared by a pair, and drifts; every slot has a scale and a share
    of slow requests of its own. `calm`: equal shares; `changing`: they scatter by 30 %; `hiccups`: in 15 % of
    the slots they are five times as many; `hiccups in one arm`: only the first arm has those.
    """
    state, drift = 0.0, rng.normal(0, 0.1)
    for pair in range(pairs):
        state = 0.8 * state + rng.normal(0, 0.05)
        order = (0, 1) if rng.random() < 0.5 else (1, 0)
        levels = [state + drift * (pair + half / 2) / pairs for half in order]
        other = "changing" if weather == ONE_SIDED else weather
        yield (
            _slot(rng, rng.poisson(requests), levels[0], "hiccups" if weather == ONE_SIDED else weather),
            _slot(rng, rng.poisson(requests), levels[1], other),
        )


@cache
def one_sided_truth() -> float:
    """The ratio of tail ratios that hiccups in one arm come to, from 6,000 pairs."""
    slots = list(latencies(np.random.default_rng(99), 6_000, 400, ONE_SIDED))
    tails = [np.divide(*np.quantile(np.concatenate(arm), (0.99, 0.5))) for arm in zip(*slots, strict=True)]
    return float(tails[0] / tails[1])


def _slot(rng: np.random.Generator, n: int, state: float, weather: str) -> NDArray[np.float64]:
    tail = 1.0 if weather == "calm" else math.exp(rng.normal(0, 0.3))
    if weather == "hiccups" and rng.random() < 0.15:
        tail *= 5
    kind = rng.random(n)
    times = rng.lognormal(0, 0.35, n)
    times = np.where(kind < min(0.08 * tail, 0.4), rng.lognormal(math.log(4), 0.4, n), times)
    times = np.where(kind > 1 - min(0.006 * tail, 0.3), rng.lognormal(math.log(15), 0.6, n), times)
    return 0.005 * math.exp(state + rng.normal(0, 0.03)) * times


def _misses(values: NDArray[np.float64], alpha: float) -> bool:
    interval = signed_rank.estimate(values, alpha=alpha)
    return not interval.low <= 0 <= interval.high


def _table(title: str, columns: list[str], rows: Iterator[tuple[str, list[float]]]) -> None:
    sys.stdout.write(f"\n{title}\n\n| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}\n")
    for name, values in rows:
        sys.stdout.write(f"| {name} | {' | '.join(f'{value:.1%}' for value in values)} |\n")
        sys.stdout.flush()


def main() -> None:
    """Print every table as Markdown."""
    sizes = [6, 8, 12, 20]
    _table(
        "Signed-rank interval at level 0.05: how often it misses the truth (20,000 runs each)",
        [f"n = {n}" for n in sizes],
        ((name, [misses(shape, n, 0.05, 20_000) for n in sizes]) for name, shape in SHAPES.items()),
    )
    plans = [looks.schedule(pairs) for pairs in (14, 16, 20, 40)]
    moments = [tuple(look.pairs for look in plan) for plan in plans]
    _table(
        "Three looks: how often any of them misses the truth (20,000 runs each)",
        [" / ".join(map(str, each)) for each in moments],
        (
            (f"each at {alpha}", [misses_at_any_look(each, alpha, 20_000) for each in moments])
            for alpha in (0.05, looks.LEVELS[3])
        ),
    )
    layouts = [(6, 400), (8, 300), (8, 1500), (14, 200), (20, 500)]
    for alpha in (0.05, looks.LEVELS[3]):
        _table(
            f"Ratio of tail ratios at level {alpha}: how often its interval misses the truth (1,000 runs each)",
            [f"{n} pairs x {requests}" for n, requests in layouts],
            (
                (weather, [spread_misses(weather, n, requests, alpha, 1_000) for n, requests in layouts])
                for weather in ("calm", "changing", "hiccups", ONE_SIDED)
            ),
        )
    scatters = [0.01, 0.02, 0.05, 0.10]
    _table(
        "A/A control: how often it voids the session (20,000 runs each), by scatter of the pairs",
        [f"{sd:.0%}" for sd in scatters],
        (
            (f"{n} pairs, control {bias:.0%} off", [voids(sd, n, bias, 20_000) for sd in scatters])
            for bias in (0.0, 0.06, 0.10)
            for n in (8, 14, 20)
        ),
    )


if __name__ == "__main__":
    main()

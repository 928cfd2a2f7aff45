"""How often the gate's intervals and the history's changes are wrong: the tables of docs/statistics.md.

python -m tests.stats.simulate_gate      about five minutes
"""

import math
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench.judge.against import ratio_of_ratios
from bench.model import Effect
from bench.stats import batches, changes, rank_sum
from tests.gate.conftest import measured

Vector = NDArray[np.float64]
ALPHA = 0.05


def rounds(rng: np.random.Generator, n: int, alike: float, stalls: float = 0.02) -> Vector:
    """Times of rounds: 5 % scatter of which a round shares `alike` with the one before; stalled ones take thrice."""
    noise = rng.normal(0, 1, n)
    state = np.empty(n)
    state[0] = noise[0]
    for i in range(1, n):
        state[i] = alike * state[i - 1] + math.sqrt(1 - alike**2) * noise[i]
    return np.exp(0.05 * state) * np.where(rng.random(n) < stalls, 3.0, 1.0)


def batches_miss(metric: str, n: int, alike: float, stalls: float, runs: int) -> tuple[float, float]:
    """Share of pairs of files of the same thing that are refused, and of the others' intervals that miss."""
    rng = np.random.default_rng(n)
    refused = missed = 0
    for _ in range(runs):
        pair = [rounds(rng, n, alike, stalls) for _ in range(2)]
        if min(map(batches.worth, pair)) < batches.LEAST_WORTH:
            refused += 1
            continue
        over, under = (batches.log_figures(each, metric) for each in pair)
        interval = rank_sum.shift(over, under, alpha=ALPHA)
        missed += not interval.low <= 0 <= interval.high
    return refused / runs, missed / max(runs - refused, 1)


def against_misses(process: float, scatter: float, pairs: int, runs: int) -> tuple[float, float]:
    """Two runs of the same thing: how often the interval misses, and its half width (median)."""
    rng = np.random.default_rng(pairs)
    missed, widths = 0, []
    for _ in range(runs):
        new, old = (_run(rng, process, scatter, pairs) for _ in range(2))
        effect = ratio_of_ratios(new, old, "response_time", "p50", family=1)
        assert isinstance(effect, Effect)
        missed += not effect.ci[0] <= 1 <= effect.ci[1]
        widths.append(math.log(effect.ci[1] / effect.ci[0]) / 2)
    return missed / runs, float(np.median(widths))


def _run(rng, process, scatter, pairs):
    run = measured(1.0)
    baseline, candidate, control = rng.normal(0, process, 3)
    effects = []
    for effect, shift in zip(
        run.experiments["response_time"].effects, (candidate - baseline, control - baseline), strict=True
    ):
        ratios = np.exp(shift + rng.normal(0, scatter, pairs))
        effects.append(replace(effect, ratio=float(np.median(ratios)), pairs=tuple(ratios)))
    return replace(
        run, experiments={"response_time": replace(run.experiments["response_time"], effects=tuple(effects))}
    )


def false_changes(n: int, alike: float, runs: int) -> float:
    """Share of series without a change that show one."""
    rng = np.random.default_rng(n)
    return sum(bool(changes.change_points(rounds(rng, n, alike))) for _ in range(runs)) / runs


def found_changes(before: int, after: int, size: float, runs: int) -> float:
    """Share of series, risen by so many standard deviations, in which that is found: two runs off at most."""
    rng = np.random.default_rng(before * 100 + after)
    found = 0
    for _ in range(runs):
        values = rng.normal(0, 1, before + after)
        values[before:] += size
        found += any(abs(index - before) <= 2 for index in changes.change_points(values))
    return found / runs


def _table(title: str, columns: list[str], rows: Iterator[tuple[str, list[str]]]) -> None:
    sys.stdout.write(f"\n{title}\n\n| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}\n")
    for name, values in rows:
        sys.stdout.write(f"| {name} | {' | '.join(values)} |\n")
        sys.stdout.flush()


def main() -> None:
    """Print every table as Markdown."""
    alike = (0.0, 0.5, 0.7, 0.9)

    def told(metric: str, n: int, each: float) -> str:
        refused, missed = batches_miss(metric, n, each, 0.02, 600)
        return f"{missed:.1%}" + (f" ({refused:.0%} refused)" if refused >= 0.005 else "")

    _table(
        "One file on each side: how often the interval misses (600 pairs each), by how much a round is like the last",
        [str(each) for each in alike],
        (
            (f"{metric}, {n} rounds", [told(metric, n, each) for each in alike])
            for metric, n in (("p50", 60), ("p50", 100), ("p50", 400), ("mean", 100), ("p95", 400), ("p99", 2000))
        ),
    )
    process = (0.0, 0.005, 0.01, 0.03)
    _table(
        "Two runs: how often the interval misses, and its half width (1,000 pairs of runs each), by restart scatter",
        [f"{each:.1%}" for each in process],
        (
            (
                f"{pairs} pairs of {scatter:.0%}",
                ["{:.1%}, ±{:.1%}".format(*against_misses(each, scatter, pairs, 1_000)) for each in process],
            )
            for pairs, scatter in ((8, 0.03), (20, 0.03), (20, 0.01))
        ),
    )
    sizes = (10, 20, 50, 100)
    _table(
        "Series without a change that show one (1,000 each), by how much a run is like the last",
        [f"{n} runs" for n in sizes],
        ((str(each), [f"{false_changes(n, each, 1_000):.1%}" for n in sizes]) for each in (0.0, 0.3, 0.6)),
    )
    rises = (2.0, 3.0, 5.0)
    _table(
        "Changes found, two runs off at most (500 series each), by their size in standard deviations",
        [f"{size:g}" for size in rises],
        (
            (f"{before} runs before, {after} after", [f"{found_changes(before, after, s, 500):.0%}" for s in rises])
            for before, after in ((5, 5), (10, 3), (10, 5), (20, 3), (20, 5), (20, 10))
        ),
    )


if __name__ == "__main__":
    main()

"""How much processes of one service differ, by the length of their turns. Figures for docs/benchmarks.md.

python -m tests.load.turns [TRIPLES]
"""

import asyncio
import itertools
import math
import random
import sys

import numpy as np

from bench import observations
from bench.experiments.comparison_load import Offer, offered
from bench.lab.arena import Arena, arena
from bench.lab.calibrating import source
from bench.lab.options import LOADTESTS
from bench.lifetime import Custody
from bench.load import Sample
from bench.load.locust import LocustLoad, LocustModel
from bench.model import Role, Slot
from bench.runner import Silent
from bench.store import RunFolder

LOAD_S = 1.5
ALONE, AGAIN = "one slot after the other", "60 ms, started again"
KINDS = {"30 ms": 0.03, "60 ms": 0.06, "120 ms": 0.12, "300 ms": 0.3, ALONE: 0.0, AGAIN: 0.06}
METRICS = {"p50": np.median, "mean": np.mean, "p95": lambda values: np.quantile(values, 0.95)}


async def triple(model: LocustModel, ground: Arena, turn_s: float, order: random.Random) -> list[Sample]:
    """One slot of each arm, with the same requests."""
    seed = order.randrange(2**32)
    slots = [Slot(0, 0, 0, role, seed, LOAD_S, 0.0, turn_s) for role in Role]
    targets = [ground.contestants.targets[role] for role in Role]
    if turn_s:
        return await model.run_in_turns(slots, targets)
    pairs = list(zip(slots, targets, strict=True))
    return [await model.run(*pair) for pair in order.sample(pairs, len(pairs))]


def judged(sample: Sample) -> dict[str, float]:
    """Each metric of a sample, which goes."""
    table = observations.read(sample.path, ("intended_s", "end_s"))
    sample.path.unlink()
    took = table.column("end_s").to_numpy() - table.column("intended_s").to_numpy()
    return {name: float(metric(took)) for name, metric in METRICS.items()}


def scatter(triples: list[list[dict[str, float]]], metric: str) -> float:
    """Root of the mean square of the log ratios of all pairs of processes, whose mean is 0."""
    logs = [math.log(one[metric] / other[metric]) for arms in triples for one, other in itertools.combinations(arms, 2)]
    return math.sqrt(float(np.mean(np.square(logs))))


async def main(count: int) -> None:
    """Print a line per kind."""
    order = random.Random(5)
    with Custody.open() as custody:
        folder = RunFolder.create(custody.directory("perflab-turns-"), "turns")
        arm = source()
        async with arena(
            arm, arm, custody=custody, folder=folder, services="embedded", ready="/health/ready", prepare=None,
            restart=True, progress=Silent(),
        ) as ground:  # fmt: skip
            await ground.contestants.start()
            load = LocustLoad(
                custody=custody, locustfile=LOADTESTS / "search.py", workload=ground.workload, samples=folder.samples
            )
            async with load:
                offer: Offer = await offered(load, ground.contestants.targets, rate=None, seed=1, progress=Silent())
                found: dict[str, list[list[dict[str, float]]]] = {kind: [] for kind in KINDS}
                for _ in range(count):
                    for kind in order.sample(list(KINDS), len(KINDS)):
                        if kind == AGAIN:
                            await ground.contestants.restart()
                        samples = await triple(load.open_model(offer.rate), ground, KINDS[kind], order)
                        found[kind].append([judged(sample) for sample in samples])
    print(f"{offer.rate:.0f} requests/s, {count} triples of each kind; standard deviation of a pair's log ratio")
    for kind, triples in found.items():
        print(f"{kind:>26}" + "".join(f"  {metric} {scatter(triples, metric):5.1%}" for metric in METRICS))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 9))

"""How late the generator sends, by rate; how much of a core it takes. Figures for docs/benchmarks.md.

python -m tests.load.clock [RATE ...]
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from bench.lifetime import Custody
from bench.load.locust import LocustLoad
from tests.load.driving import Server, rows, slot

ROOT = Path(__file__).parents[2]
SLOTS = 4
SECONDS = 3.0


async def lateness(url: str, rate: float, custody: Custody, folder: Path) -> tuple[list[float], float]:
    """Seconds from intended to real start of all requests of some slots, and the mean share of a core."""
    load = LocustLoad(
        custody=custody, locustfile=ROOT / "loadtests/search.py", samples=folder, environment={"PERFLAB_API": "v1"}
    )
    late: list[float] = []
    cores: list[float] = []
    async with load.open_model(rate) as model:
        for index in range(SLOTS):
            sample = await model.run(slot(SECONDS, index=index, seed=index), Server(url).target())
            late += [row.start_s - row.intended_s for row in rows(sample)]
            cores.append(sample.generator_cores)
    return late, float(np.mean(cores))


def main(rates: list[float]) -> None:
    """Print a line per rate."""
    server = [sys.executable, str(Path(__file__).with_name("server.py"))]
    print("rate per s  requests  late in us: p25   p50   p75   p99  cores")
    with (
        subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process,
        tempfile.TemporaryDirectory() as folder,
        Custody.open(Path(folder, "leases")) as custody,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        for rate in rates:
            late, cores = asyncio.run(lateness(url, rate, custody, Path(folder)))
            quartiles = "".join(f"{value * 1e6:6.0f}" for value in np.percentile(late, [25, 50, 75, 99]))
            print(f"{rate:10.0f}  {len(late):8d}  {'':7}{quartiles}  {cores:5.2f}", flush=True)
        process.stdin.close()


if __name__ == "__main__":
    main([float(argument) for argument in sys.argv[1:]] or [20.0, 80.0, 400.0, 1000.0])

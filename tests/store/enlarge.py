"""A stored run as it would be with millions of requests: each slot's own ones drawn again and again.

    python -m tests.store.enlarge RUN OUT --observations 10000000
    /usr/bin/time -f "%e s, %M KiB" ./perflab report OUT

What is made is for measuring the report, not for reading it.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from bench import observations


def enlarge(run: Path, out: Path, wanted: int, seed: int = 1) -> int:
    """Copy a run with so many observations over all slots, and answer how many there are."""
    shutil.copytree(run, out)
    record = json.loads((out / "run.json").read_bytes())
    slots = [slot for experiment in record["experiments"].values() for slot in experiment["slots"]]
    sizes = [len(observations.read(out / slot["samples"])) for slot in slots]
    rng, made = np.random.default_rng(seed), 0
    for slot, size in zip(slots, sizes, strict=True):
        count = round(size * wanted / sum(sizes))
        path = out / slot["samples"]
        table = observations.read(path)
        pq.write_table(table.take(np.sort(rng.integers(0, size, count))), path, compression="zstd")
        made += count
        slot["n"] = round(slot["n"] * count / size)
    (out / "run.json").write_text(json.dumps(record))
    return made


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--observations", type=int, default=10_000_000)
    given = parser.parse_args()
    made = enlarge(given.run, given.out, given.observations)
    sys.stdout.write(f"{made:,} observations in {given.out}\n")


if __name__ == "__main__":
    main()

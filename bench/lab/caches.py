"""What is kept between runs: finished databases and recorded workloads."""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_cache_path

from bench import corpus
from bench.corpus import DatabaseState
from bench.spec import Spec

CACHE: Path = user_cache_path("perflab")
SNAPSHOTS = CACHE / "databases"
KEPT_SNAPSHOTS = 4
"""Each is as large as its databases; older ones are made again when they are asked for."""


def snapshot(states: Iterable[DatabaseState]) -> Path:
    """Where a server's data with just these databases is kept."""
    names = "\n".join(sorted({state.name for state in states}))
    return SNAPSHOTS / hashlib.sha256(names.encode()).hexdigest()[:16]


def prune_snapshots() -> None:
    """Keep the newest few."""
    found = sorted(SNAPSHOTS.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in found[KEPT_SNAPSHOTS:]:
        shutil.rmtree(old, ignore_errors=True)


def workload(spec: Spec) -> Path:
    """The recorded workload of a spec, recorded at its first use."""
    count, seed, length = spec.corpus.documents, spec.corpus.seed, spec.workload.operations
    path = CACHE / "workloads" / f"{corpus.version()}-{count}-{seed}-{length}.jsonl"
    if not path.exists():
        documents = corpus.documents(corpus.harvest(), count, seed)
        partial = path.with_suffix(".partial")
        corpus.write(corpus.record(documents, length, seed), partial, seed=seed, corpus=corpus.version())
        partial.replace(path)
    return path

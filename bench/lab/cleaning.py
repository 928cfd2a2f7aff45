"""Remove what labs left behind that are no longer alive, and the caches when asked."""

import shutil

from bench.lab.caches import CACHE
from bench.lifetime import sweep


def clean(*, caches: bool = False) -> list[str]:
    """End what dead labs left running and remove their folders; answer what was removed, in words."""
    removed = list(sweep())
    if caches and CACHE.exists():
        shutil.rmtree(CACHE)
        removed.append(f"removed the caches in {CACHE}.")
    return removed

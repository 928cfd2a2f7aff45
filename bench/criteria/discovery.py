"""The criteria that can be judged, found by themselves."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

import bench.criteria
from bench.criteria.reading import Evidence, Reading, Unmeasured


class Criterion(Protocol):
    """A module of this package that reads evidence."""

    EXPERIMENTS: tuple[str, ...]
    """The experiments whose records it reads."""

    def read(self, experiments: Evidence) -> Reading | Unmeasured:
        """Tell what the evidence says in the unit of the claim; pure, and blind to the threshold."""


@cache
def find() -> Mapping[str, Criterion]:
    """Every criterion by its id, which is its module's name."""
    package = bench.criteria
    modules = {info.name: import_module(f"{package.__name__}.{info.name}") for info in iter_modules(package.__path__)}
    return {name: cast("Criterion", module) for name, module in sorted(modules.items()) if hasattr(module, "read")}

"""One file = one question. A module here that has an `EXPERIMENT` is found by itself."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bench.experiments.context import Bench, Draft, Experiment, Latencies

__all__ = ["Bench", "Draft", "Experiment", "Latencies", "find"]


@cache
def find() -> dict[str, Experiment]:
    """All experiments by name."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    found: list[Experiment] = [module.EXPERIMENT for module in modules if hasattr(module, "EXPERIMENT")]
    return {experiment.name: experiment for experiment in found}

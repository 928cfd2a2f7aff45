"""May this run be believed? One file a check, found by itself.

A check is a module of this package with a function `check(experiment) -> Finding`. It looks at one
experiment's record, at slots by way of `loaded`; where it finds nothing to look at, all is well as far as it can tell.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bench.model import ExperimentRecord, Finding

Check = Callable[[ExperimentRecord], Finding]


@cache
def find() -> Mapping[str, Check]:
    """Every check by its module's name."""
    modules = {info.name: import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)}
    return {name: module.check for name, module in sorted(modules.items()) if hasattr(module, "check")}


def findings(experiment: ExperimentRecord) -> tuple[Finding, ...]:
    """What every check says about an experiment."""
    return tuple(check(experiment) for check in find().values())

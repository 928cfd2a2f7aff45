"""Figures that one experiment alone has. A module here named after an experiment is found by itself."""

from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from bench.model import ExperimentRecord, Figure, Status

PathOf = Callable[[str], Path]
"""From a figure's name to the file that it is drawn to."""
Draw = Callable[[ExperimentRecord, Path, PathOf], Iterable[Figure]]
"""From the record and the run's folder to the figures that the record has data for, drawn."""


def draw(experiment: ExperimentRecord, folder: Path, path_of: PathOf) -> Iterable[Figure]:
    """The experiment's own figures; none where nothing was measured."""
    own = _found().get(experiment.name)
    return () if own is None or experiment.status is Status.FAILED else own(experiment, folder, path_of)


@cache
def _found() -> dict[str, Draw]:
    return {module.name: import_module(f"{__name__}.{module.name}").draw for module in iter_modules(__path__)}

"""What an experiment found, in sentences for the report. A module here named after an experiment is found by itself."""

from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bench.model import ExperimentRecord, Status

Sentences = Callable[[ExperimentRecord], Iterable[str]]


def of(experiment: ExperimentRecord) -> tuple[str, ...]:
    """The sentences on this experiment; none where nothing was measured."""
    sentences = _found().get(experiment.name)
    return () if sentences is None or experiment.status is Status.FAILED else tuple(sentences(experiment))


@cache
def _found() -> dict[str, Sentences]:
    return {module.name: import_module(f"{__name__}.{module.name}").sentences for module in iter_modules(__path__)}

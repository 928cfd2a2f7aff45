"""What an experiment found, in sentences and tables. A module here named after an experiment is found by itself.

It has `sentences`, and where there is more to tell than sentences hold, `tables`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from bench.model import ExperimentRecord, Status


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words under a heading."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


Sentences = Callable[[ExperimentRecord], Iterable[str]]
Tables = Callable[[ExperimentRecord], Iterable[Table]]


def of(experiment: ExperimentRecord) -> tuple[str, ...]:
    """The sentences on this experiment; none where nothing was measured."""
    sentences: Sentences | None = getattr(_found().get(experiment.name), "sentences", None)
    return () if sentences is None or experiment.status is Status.FAILED else tuple(sentences(experiment))


def tables(experiment: ExperimentRecord) -> tuple[Table, ...]:
    """The tables of this experiment; none where nothing was measured."""
    made: Tables | None = getattr(_found().get(experiment.name), "tables", None)
    return () if made is None or experiment.status is Status.FAILED else tuple(made(experiment))


@cache
def _found() -> dict[str, ModuleType]:
    return {module.name: import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)}

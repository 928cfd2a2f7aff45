"""Which other run is shown beside a run, or in its place."""

from pathlib import Path

from bench import store
from bench.lab.setting import settings
from bench.model import RunRecord, machine
from bench.report.since import Earlier


def beside(record: RunRecord, folder: Path) -> Earlier | None:
    """The newest earlier run beside `folder` of the same spec, machine and setting; None if there is none.

    Runs of another corpus, of other slots, load or knobs are passed over: a quick run is no older full one.
    """
    for previous, place in store.earlier(record, folder):
        if machine(previous.environment) == machine(record.environment) and alike(record, folder, previous, place):
            return Earlier(previous)
    return None


def named(record: RunRecord, folder: Path, against: Path) -> Earlier:
    """The run that a user names, whatever it is.

    Raises StoreError when there is none.
    """
    previous = store.load(against)
    place = against.parent if against.suffix == ".json" else against
    return Earlier(previous, same_setting=alike(record, folder, previous, place))


def alike(record: RunRecord, folder: Path, previous: RunRecord, place: Path) -> bool:
    """Whether both runs have experiments in common and measured all of these under one setting."""
    mine, theirs = settings(folder), settings(place)
    common = record.experiments.keys() & previous.experiments.keys()
    return bool(common) and all(mine.get(name) == theirs.get(name) for name in common)


def fitting(record: RunRecord, folder: Path, experiments: frozenset[str]) -> Path:
    """The run itself where it has measured these experiments, else the newest run beside it that has, else itself."""
    if experiments <= record.experiments.keys():
        return folder
    found = {
        other.started: place
        for other, place in store.holding(experiments, folder)
        if experiments <= other.experiments.keys()
    }
    return found[max(found)] if found else folder

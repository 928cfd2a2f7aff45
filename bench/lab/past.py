"""The runs of a reports folder as series: what `perflab history` shows."""

from dataclasses import dataclass
from pathlib import Path

from bench.errors import UsageError
from bench.judge import history as judged
from bench.model.history import Change, HistoryEntry, Series
from bench.spec import nearest
from bench.stats.changes import FEWEST, available
from bench.store import history as kept

NO_LIBRARY = "No change points: the library ruptures has no build for this Python; use Python 3.11 to 3.13 to see them."


@dataclass(frozen=True, slots=True)
class Past:
    """All that is remembered of one machine, or of all of them."""

    entries: tuple[HistoryEntry, ...]
    series: tuple[Series, ...]
    notes: tuple[str, ...]
    """What a reader must know: lines that were left out, sessions that do not count, too few runs."""

    def find(self, name: str) -> Series:
        """The series of that name, such as `response_time.p50` or `response_time.p50.time_s`.

        Raises UsageError when there is none, or one of each of several machines, specs or settings.
        """
        found = [each for each in self.series if each.name == name]
        if len(found) == 1:
            return found[0]
        if found:
            places = "; ".join(f"{each.machine}, {each.spec}, {each.setting}" for each in found)
            raise UsageError(f"{name} is known of {places}. Choose with --machine, --spec and --setting.")
        names = {each.name for each in self.series}
        raise UsageError(f"No series {name}; {nearest(name, names) if names else 'no run is remembered yet.'}")


def past(reports: Path, *, machine: str | None = None, spec: str | None = None, setting: str = "") -> Past:
    """Read the history of a reports folder; `setting` is any part of a setting's words.

    Raises StoreError when it cannot be read, UsageError for a machine or spec that is not in it.
    """
    stored = kept.read(reports)
    entries = stored.entries
    for what, wanted in (("machine", machine), ("spec", spec)):
        known = {getattr(entry, what) for entry in entries}
        if wanted is not None and wanted not in known:
            raise UsageError(f"--{what} {wanted}: {nearest(wanted, known) if known else 'no run is remembered yet.'}")
        entries = tuple(entry for entry in entries if wanted in (None, getattr(entry, what)))
    series = tuple(each for each in judged.series(entries) if setting in each.setting)
    return Past(entries, series, (*stored.complaints, *_notes(entries, series)))


def sentences(series: Series) -> tuple[str, ...]:
    """What changed, and since when."""
    return tuple(judged.since_when(series, change) for change in series.changes)


def commit_range(series: Series) -> tuple[str, str]:
    """The commits between which the series last became slower.

    Raises UsageError when it did not, or when the commits do not tell.
    """
    slower: list[Change] = [change for change in series.changes if change.ratio > 1]
    if not slower:
        raise UsageError(f"{series.name} did not become slower in this history; name commits with --between GOOD..BAD.")
    between = judged.commits(slower[-1])
    if between is None:
        raise UsageError(f"{judged.since_when(series, slower[-1])} Name commits with --between GOOD..BAD.")
    return between


def _notes(entries: tuple[HistoryEntry, ...], series: tuple[Series, ...]) -> list[str]:
    notes = []
    unfit = sum(not entry.session.valid for entry in entries)
    if unfit:
        notes.append(f"{unfit} of {len(entries)} runs were not fit to measure and are in no series.")
    if not available():
        notes.append(NO_LIBRARY)
    elif series and max(len(each.points) for each in series) < FEWEST:
        notes.append(f"Change points are looked for from {FEWEST} runs of a spec on a machine on.")
    return notes

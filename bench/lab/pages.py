"""What a notebook shows of one experiment, of a session, of the plans: sentences, tables, figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from bench.lab import shown
from bench.model import ExperimentRecord, Role, RunRecord
from bench.report import findings, sections, words

SIDES = (Role.BASELINE, Role.CANDIDATE)


@dataclass(frozen=True)
class Page:
    """What an experiment asked and found: sentences, tables, figures; or why it is not there."""

    title: str
    sentences: tuple[str, ...] = ()
    tables: tuple[findings.Table, ...] = ()
    figures: tuple[tuple[bytes, str, str], ...] = ()
    """PNG, the words that replace it, the caption."""

    def __repr__(self) -> str:
        return "\n".join((self.title, *self.sentences, *(alt for _, alt, _ in self.figures)))

    def _repr_html_(self) -> str:
        parts = [f"<h3>{escape(self.title)}</h3>", *(f"<p>{escape(each)}</p>" for each in self.sentences)]
        parts += [shown.figure(*each) for each in self.figures]
        parts += [
            f"<p><b>{escape(each.title)}</b></p>{shown.table(each.head, each.rows)}" if each.title
            else shown.table(each.head, each.rows)
            for each in self.tables
        ]  # fmt: skip
        return "\n".join(parts)


def of(name: str, record: RunRecord, folder: Path) -> Page:
    """The page of an experiment of the run in `folder`, with the verdicts that rest on it."""
    experiment = record.experiments[name]
    reason = (f"{experiment.status.capitalize()}: {experiment.reason}",) if experiment.reason else ()
    return Page(
        experiment.question,
        (*reason, experiment.method, *verdicts(name, record), *findings.of(experiment)),
        (*findings.tables(experiment), *effects(experiment)),
        tuple(((folder / each.path).read_bytes(), each.alt, each.caption) for each in experiment.figures),
    )


def verdicts(name: str, record: RunRecord) -> Iterator[str]:
    """The criteria that rest on an experiment, each in a sentence."""
    for row in sections.scorecard(record.criteria, record.experiments):
        if row.experiment == name:
            within = f" ({row.interval})" if row.interval else ""
            measured = f" {row.measured}{within}, where {row.threshold} is asked." if row.measured else ""
            yield f"{row.mark} {row.verdict} {row.id}:{measured}{f' {row.reason}' if row.reason else ''}"


def effects(experiment: ExperimentRecord) -> tuple[findings.Table, ...]:
    """The effects as people read them; none where there are none."""
    rows = sections.effect_rows(experiment)
    head = ("metric", "change", "ratio", "95 % interval", "baseline → candidate", "pairs", "could see")
    cells = [(r.what, r.change, r.ratio, r.interval, r.values, r.pairs, r.mde) for r in rows]
    return (findings.Table("Effects", head, cells),) if rows else ()


def setup(experiment: ExperimentRecord) -> Page:
    """How an experiment was done: its arms, its load."""
    return Page(experiment.question, (experiment.method,), (findings.Table("", ("", ""), sections.facts(experiment)),))


def session(record: RunRecord) -> Page:
    """Whether a run may be believed, and where it was made."""
    fit = "Fit to measure: steal, throttling, neighbours, generator lag, drops, errors, the A/A control and the arms' "
    said = (f"{fit}identities were checked.",) if record.session.valid else ("Not fit to measure.",)
    return Page("The session and its machine", (*said, *record.session.reasons), (_machine(record),))


def why(record: RunRecord) -> Page:
    """What would change each verdict: of every criterion, what it says for itself."""
    rows = [
        (name, line) for name, experiment in record.experiments.items() for line in sections.decides(experiment, record)
    ]
    unread = [
        ("not run", f"{result.id}: {result.reason}")
        for result in record.criteria
        if not sections.rests_on(result, record.experiments)
    ]
    return Page("What would change the verdicts", (), (findings.Table("", ("experiment", "criterion"), rows + unread),))


def plans(changes: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Page:
    """The plans of each query side by side, and in a sentence why the second is faster."""
    told = [query for query, arms in changes.items() if all(side in arms for side in SIDES)]
    head = ("query", "arm", "found by", "pages read", "rows", "time")
    rows = [
        (query, str(arm), " ← ".join(found["nodes"]), f"{found['buffers']:,}", f"{found['rows']:,}",
         words.seconds(found["execution_s"]))
        for query in told for arm, found in changes[query].items()
    ]  # fmt: skip
    if not told:
        return Page("No plans were kept", ("`./perflab run --only query_time` keeps them.",))
    return Page("Plans side by side", tuple(_faster(query, changes[query]) for query in told),
                (findings.Table("", head, rows),))  # fmt: skip


def absent(name: str, measured_by: str) -> Page:
    """In place of an experiment that a run does not have."""
    return Page(
        f"This run has no experiment `{name}`",
        (f"`{measured_by}` measures it; or set drive = True in the parameters of this notebook and run it again.",),
    )


def _faster(query: str, arms: Mapping[str, Mapping[str, Any]]) -> str:
    before, after = (arms[side] for side in SIDES)
    ways = (_scans(found["nodes"]) for found in (before, after))
    how = " instead of ".join(reversed([" and ".join(way) or "no scan" for way in ways]))
    return (
        f"{query}: {after['buffers']:,} pages are read instead of {before['buffers']:,}, by {how}; "
        f"{words.seconds(before['execution_s'])} → {words.seconds(after['execution_s'])}."
    )


def _scans(nodes: Sequence[str]) -> list[str]:
    """The nodes that find rows in a table or an index."""
    return list(dict.fromkeys(node for node in nodes if "Scan" in node and " on " in node))


def _machine(record: RunRecord) -> findings.Table:
    return findings.Table("", ("", ""), sections.machine(record))

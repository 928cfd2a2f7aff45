"""report.md: the report as GitHub shows it."""

from collections.abc import Iterator, Sequence

from bench.model import ExperimentRecord, RunRecord
from bench.report import answering, changed, findings, sections, since


def page(record: RunRecord, previous: since.Earlier | None = None, basis: str = "", pages: Sequence[str] = ()) -> str:
    """The whole report, beside a previous run where there is one; `basis` is what all arms had in common.

    `pages` are further ones of the run, as paths in its folder.
    """
    return "\n".join(_lines(record, previous, basis, pages)) + "\n"


def _lines(record: RunRecord, previous: since.Earlier | None, basis: str, pages: Sequence[str]) -> Iterator[str]:
    yield f"# Performance report: {plain(record.spec)}"
    yield ""
    yield plain(answering.answer(record))
    yield ""
    if told := changed.between(record, basis):
        yield plain(told)
        yield ""
    if record.criteria:
        yield from _scorecard(record)
    if previous is not None:
        yield from _since(record, previous)
    if record.comparison is not None:
        yield from tabulated(sections.COMPARED, sections.compared(record.comparison))
    for experiment in record.experiments.values():
        yield from _experiment(experiment, record)
    if pages:
        yield ""
        yield "## Notebooks of this run"
        yield ""
        yield from (f"* [{sections.name_of(each)}]({each})" for each in pages)
    yield ""
    yield "## Session and machine"
    yield ""
    yield "Fit to measure." if record.session.valid else "**Not fit to measure:**"
    yield ""
    yield from (f"* {plain(reason)}" for reason in record.session.reasons)
    yield ""
    yield from tabulated(("", ""), sections.machine(record))


def _scorecard(record: RunRecord) -> Iterator[str]:
    yield "## Scorecard"
    yield ""
    yield from tabulated(
        ("verdict", "criterion", "measured", "95 % interval", "threshold", "n", "could see"),
        [
            (f"{row.mark} {row.verdict}", f"**{row.id}**: {row.claim} ({row.origin})", row.measured, row.interval,
             row.threshold, row.n, row.mde)
            for row in sections.scorecard(record.criteria)
        ],
    )  # fmt: skip
    yield ""
    yield from (f"* **{row.id}**: {plain(row.reason)}" for row in sections.scorecard(record.criteria) if row.reason)


def _since(record: RunRecord, previous: since.Earlier) -> Iterator[str]:
    rows = since.changes(record, previous)
    if not rows:
        return
    yield ""
    yield "## Beside the run before"
    yield ""
    yield plain(since.introduced(record, previous))
    yield ""
    yield from tabulated(
        ("criterion", "verdict", "before", "now", "intervals"),
        [(f"**{row.id}**", row.verdict, row.before, row.now, row.apart) for row in rows],
    )


def _experiment(experiment: ExperimentRecord, record: RunRecord) -> Iterator[str]:
    yield ""
    yield f"## {plain(experiment.question)}"
    yield ""
    if experiment.reason:
        yield f"**{experiment.status.capitalize()}**: {plain(experiment.reason)}"
        yield ""
    yield plain(experiment.method)
    yield ""
    for sentence in findings.of(experiment):
        yield plain(sentence)
        yield ""
    for figure in experiment.figures:
        yield f"![{plain(figure.alt)}]({figure.path})"
        yield ""
        yield f"*{plain(figure.caption)}*"
        yield ""
    for table in findings.tables(experiment):
        yield f"**{plain(table.title)}**"
        yield ""
        yield from tabulated(table.head, table.rows)
        yield ""
    rows = sections.effect_rows(experiment)
    if rows:
        yield from tabulated(
            ("metric", "change", "ratio", "95 % interval", "baseline → candidate", "pairs", "could see"),
            [(row.what, row.change, row.ratio, row.interval, row.values, row.pairs, row.mde) for row in rows],
        )
        yield ""
    if decisive := sections.decides(experiment, record):
        yield "**What would change the verdict**"
        yield ""
        yield from (f"* {plain(line)}" for line in decisive)
        yield ""
    yield from (f"* {name}: {plain(value)}" for name, value in sections.facts(experiment))
    yield "* Evidence: " + ", ".join(f"[{path}]({path})" for path in sections.evidence(experiment))


def tabulated(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table as GitHub reads it."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(plain(cell) for cell in row)} |" for row in rows)


def plain(text: str) -> str:
    """Text that Markdown takes as it stands: names come from users' files."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").splitlines())

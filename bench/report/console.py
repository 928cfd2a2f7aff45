"""The scorecard on the terminal."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.model import ComparisonRecord, ComparisonVerdict, CriterionResult, ExperimentRecord, RunRecord, Verdict
from bench.report import answering, findings, sections, words

WIDE = 110
"""From so many columns on, n and what could be seen stand beside every verdict."""
STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_MEASURED: "dim",
}
COMPARED = {
    ComparisonVerdict.IMPROVEMENT: "green",
    ComparisonVerdict.EQUIVALENT: "green",
    ComparisonVerdict.REGRESSION: "bold red",
    ComparisonVerdict.INCONCLUSIVE: "yellow",
    ComparisonVerdict.INVALID: "yellow",
}


def show(record: RunRecord, folder: Path, console: Console | None = None) -> None:
    """Print the answer, the scorecard or the comparison, and where the report is; colours only on a terminal."""
    console = console or Console()
    if record.comparison is not None:
        show_comparison(record, folder, console)
        return
    console.print(scorecard(record.criteria, wide=console.width >= WIDE))
    for result in record.criteria:
        if result.reason and result.verdict not in (Verdict.PASS, Verdict.NOT_MEASURED):
            console.print(Text(f"{result.id}: {result.reason}"))
    console.print(Text(answering.answer(record)))
    for reason in record.session.reasons:
        console.print(Text(f"Not fit to measure: {reason}"))
    console.print(
        Text(f"Report: {folder / 'report.html'}   exit code {record.exit_code}", no_wrap=True), soft_wrap=True
    )


def show_comparison(record: RunRecord, folder: Path, console: Console | None = None) -> None:
    """Print what the arms are, what was measured, and last the verdict."""
    console = console or Console()
    found = record.comparison
    if found is None:
        return
    for experiment in record.experiments.values():
        _tables(experiment, console)
    console.print(_metrics(found))
    style = COMPARED[found.verdict]
    console.print(Text(words.comparison(found), style), soft_wrap=True)
    console.print(
        Text(f"Report: {folder / 'report.html'}   exit code {record.exit_code}", no_wrap=True), soft_wrap=True
    )


def _metrics(found: ComparisonRecord) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in sections.COMPARED:
        table.add_column(column, overflow="fold")
    for row in sections.compared(found):
        table.add_row(*(Text(cell) for cell in row))
    return table


def show_findings(experiment: ExperimentRecord, folder: Path, console: Console | None = None) -> None:
    """Print what one experiment found, its tables, and where the report is."""
    console = console or Console()
    _tables(experiment, console)
    for sentence in findings.of(experiment):
        console.print(Text(sentence))
    console.print(Text(f"Report: {folder / 'report.html'}", no_wrap=True), soft_wrap=True)


def _tables(experiment: ExperimentRecord, console: Console) -> None:
    for found in findings.tables(experiment):
        table = Table(title=found.title, title_justify="left", box=None, pad_edge=False)
        for column in found.head:
            table.add_column(column, overflow="fold")
        for row in found.rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)


def scorecard(results: tuple[CriterionResult, ...], *, wide: bool = False) -> Table:
    """One row a criterion: verdict in words and shape, measured, interval, threshold; where it is wide, n and MDE."""
    table = Table(title="Scorecard", title_justify="left", box=None, pad_edge=False)
    table.add_column("verdict", no_wrap=True)
    table.add_column("criterion", no_wrap=True)
    # Never folded: half an interval reads as another one.
    for column in ("measured", "95 % interval", "threshold", *(("n", "could see") if wide else ())):
        table.add_column(column, no_wrap=True)
    for result in results:
        verdict = Text(f"{words.MARKS[result.verdict]} {result.verdict.replace('_', ' ')}", STYLES[result.verdict])
        measured = "" if result.measured is None else words.quantity(result.measured, result.unit)
        seen = (str(result.n or ""), "" if result.mde is None else words.percent(result.mde)) if wide else ()
        limit = words.threshold(result) if wide else _short(words.threshold(result))
        table.add_row(verdict, result.id, measured, words.interval(result), limit, *seen)
    return table


def _short(threshold: str) -> str:
    """A threshold in signs: in 80 columns there is no room for words."""
    return threshold.replace("at least", "≥").replace("at most", "≤")

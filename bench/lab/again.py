"""Judge and report a stored run again: no server, no load, the same numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import report, store
from bench.judge.contest import COMPARISON
from bench.lab.assembly import analysed_again, claims, judged
from bench.lab.beside import beside, fitting, named
from bench.lab.options import DEFAULT_REPORTS, NOTEBOOKS, located
from bench.lab.setting import basis, stored_spec
from bench.model import Claim, RunRecord
from bench.report.notebooks import DRIVE
from bench.report.since import Earlier

DRIVEN = "driven"
"""Below reports/: the pages of notebooks that were executed to measure, not to look at a run."""


def report_again(run: Path, *, notebooks: bool = True, against: Path | None = None) -> tuple[RunRecord, Path]:
    """Judge a stored run, a folder or a name below reports/, from its samples; rewrite everything derived from them.

    The report shows it beside the run `against`, or beside the last one before it of the same spec and setting.
    Raises StoreError when the folder is not a run or cannot be written.
    """
    run = located(run)
    record = store.load(run)
    folder = (run.parent if run.suffix == ".json" else run).resolve()
    record = analysed_again(record, folder)
    record = judged(record, _claims(record, folder))
    previous = named(record, folder, located(against)) if against else beside(record, folder)
    return publish(record, folder, notebooks=notebooks, previous=previous), folder


def publish(record: RunRecord, folder: Path, *, notebooks: bool, previous: Earlier | None = None) -> RunRecord:
    """Write the figures of a judged run, run.json, report.md, report.html and, when asked, the executed notebooks."""
    record = report.draw(record, folder)
    # Once more: the verdicts name the figures as their evidence.
    record = judged(record, _claims(record, folder))
    store.write(record, folder)
    try:
        if notebooks and record.experiments:
            suitable = [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if _can_show(path, record)]
            report.notebooks.execute_all(suitable, folder)
    finally:
        # Last, for it lists the pages that are there; and whatever becomes of those.
        report.write(record, folder, previous, basis(folder))
    return record


def _can_show(notebook: Path, record: RunRecord) -> bool:
    """Whether it goes with every report, and the run has measured what it is about."""
    if not report.notebooks.belongs_to_report(notebook):
        return False
    measured = {name for name, experiment in record.experiments.items() if experiment.effects}
    return report.notebooks.needed(notebook) <= measured


def _claims(record: RunRecord, folder: Path) -> tuple[Claim, ...]:
    """Those of the run's spec; a comparison has none."""
    return () if COMPARISON in record.experiments else claims(stored_spec(folder).criteria)


def execute_notebooks(
    chosen: Sequence[Path], run: Path | None = None, parameters: Mapping[str, object] | None = None
) -> list[Path]:
    """Execute notebooks on a run (reports/latest) and answer the HTML files in it.

    A notebook whose experiments the run has not measured looks at the newest run beside it that has. With the parameter
    `drive` they measure anew, and need no run. Raises StoreError when there is no such run.
    """
    told = dict(parameters or {})
    if told.get(DRIVE) and run is None:
        return report.notebooks.execute_all(chosen, DEFAULT_REPORTS / DRIVEN, parameters=told)
    folder = located(run or "latest").resolve()
    record = store.load(folder)
    shown = {path: fitting(record, folder, report.notebooks.needed(path)) for path in chosen}
    return report.notebooks.execute_all(chosen, folder, parameters=told, shown=shown)

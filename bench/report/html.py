"""report.html: one file with everything in it; no script, no network."""

import base64
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from bench.model import Figure, RunRecord
from bench.report import answering, changed, findings, sections, since


def page(
    record: RunRecord,
    folder: Path,
    previous: since.Earlier | None = None,
    basis: str = "",
    pages: Sequence[str] = (),
) -> str:
    """The whole report, its figures inlined from the run folder, beside a previous run where there is one.

    `basis` is what all arms had in common, `pages` are further ones of the run, as paths in its folder.
    """
    environment = Environment(
        loader=PackageLoader("bench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        record=record,
        answer=answering.answer(record),
        changed=changed.between(record, basis),
        scorecard=sections.scorecard(record.criteria, record.experiments),
        sections=sections,
        changes=since.changes(record, previous) if previous else [],
        introduced=since.introduced(record, previous) if previous else "",
        pages=pages,
        findings=findings.of,
        tables=findings.tables,
        inline=lambda figure: _inline(figure, folder),
    )


def _inline(figure: Figure, folder: Path) -> str:
    return "data:image/png;base64," + base64.b64encode((folder / figure.path).read_bytes()).decode()

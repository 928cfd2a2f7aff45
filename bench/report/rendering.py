"""Write everything that people read of a run: figures, report.md, report.html."""

from pathlib import Path

from bench.errors import StoreError
from bench.model import RunRecord
from bench.report import html, markdown
from bench.report.figures import draw_all


def render(record: RunRecord, folder: Path) -> RunRecord:
    """Draw the figures, write both reports, answer the record with its figures described.

    Raises StoreError when the folder cannot be written.
    """
    try:
        record = draw_all(record, folder)
        (folder / "report.md").write_text(markdown.page(record))
        (folder / "report.html").write_text(html.page(record, folder))
    except OSError as error:
        raise StoreError(f"the report cannot be written to {folder} ({error.strerror}); free space there.") from error
    return record

"""Write everything that people read of a run: figures, report.md, report.html."""

from pathlib import Path

from bench.errors import StoreError
from bench.model import RunRecord
from bench.report import html, markdown
from bench.report.figures import draw_all
from bench.report.since import Earlier


def draw(record: RunRecord, folder: Path) -> RunRecord:
    """Draw the figures into the run folder and answer the record with them described.

    Raises StoreError when the folder cannot be written.
    """
    try:
        return draw_all(record, folder)
    except OSError as error:
        raise _unwritable(folder, error) from error


def write(record: RunRecord, folder: Path, previous: Earlier | None = None, basis: str = "") -> None:
    """Write report.md and report.html with the figures that `draw` has described, beside a previous run if given.

    `basis` says what all arms had in common: the documents and the requests.

    Raises StoreError when the folder cannot be written.
    """
    try:
        pages = sorted(f"notebooks/{page.name}" for page in (folder / "notebooks").glob("*.html"))
        (folder / "report.md").write_text(markdown.page(record, previous, basis, pages))
        (folder / "report.html").write_text(html.page(record, folder, previous, basis, pages))
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> StoreError:
    return StoreError(f"the report cannot be written to {folder} ({error.strerror}); free space there.")

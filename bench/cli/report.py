"""`perflab report`: judge a stored run again, with no database."""

from pathlib import Path

import click


@click.command(epilog="Example: perflab report reports/latest")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--notebooks/--no-notebooks", default=True, help="Execute the notebooks on the run too.")
def report(run: Path, notebooks: bool) -> int:
    """Judge RUN again from its samples and rewrite run.json, report.md, report.html and the figures."""
    from bench.lab import report_again
    from bench.report import console

    record, folder = report_again(run, notebooks=notebooks)
    console.show(record, folder)
    return record.exit_code

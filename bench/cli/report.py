"""`perflab report`: judge a stored run again, with no database."""

from pathlib import Path

import click

from bench.cli import shared


@click.command(epilog="Example: perflab report latest")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--notebooks/--no-notebooks", default=True, help="Execute the notebooks on the run too.")
@click.option("--against", type=click.Path(path_type=Path), help="The run to show beside it; else the one before.")
@shared.json_file
def report(run: Path, notebooks: bool, against: Path | None, json_file: Path | None) -> int:
    """Judge RUN again from its samples and rewrite run.json, report.md, report.html and the figures."""
    from bench import store
    from bench.lab import report_again
    from bench.report import console

    record, folder = report_again(run, notebooks=notebooks, against=against)
    shared.write_json(json_file, store.plain(record))
    console.show(record, folder)
    return record.exit_code

"""`perflab clean`: what crashed runs left behind."""

import click


@click.command(epilog="Example: perflab clean --caches")
@click.option("--caches", is_flag=True, help="Remove the cached documents and database snapshots too.")
def clean(caches: bool) -> int:
    """End processes and remove folders and containers of labs that are no longer alive."""
    from bench.lab import clean as clean_up

    removed = clean_up(caches=caches)
    for line in removed or ["nothing was left behind."]:
        click.echo(line)
    return 0

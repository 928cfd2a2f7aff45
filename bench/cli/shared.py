"""The options of every command that makes a run."""

from pathlib import Path

import click

services = click.option(
    "--services",
    type=click.Choice(["auto", "docker", "embedded", "external"]),
    default="auto",
    show_default=True,
    help="Where PostgreSQL and Redis come from.",
)
seed = click.option(
    "--seed", type=click.IntRange(min=0), default=None, help="Repeat the same order and the same requests."
)
out = click.option("--out", type=click.Path(path_type=Path), default=None, help="Where run folders go [reports/].")
json_file = click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write what was found here too."
)

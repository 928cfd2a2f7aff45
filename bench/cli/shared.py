"""The options of every command that makes a run."""

import json
from pathlib import Path

import click

from bench.errors import StoreError
from bench.model import RunRecord, Status

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


def _in_a_folder(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:  # noqa: ARG001
    """Told before anything is measured, not after."""
    if path is not None and not path.parent.is_dir():
        raise click.BadParameter(f"there is no folder {path.parent}; make it, or choose another place.")
    return path


json_file = click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    callback=_in_a_folder,
    help="Write what was found here too.",
)


def share(text: str) -> float:
    """`5%` or `0.05`. Raises BadParameter for anything else."""
    text = text.strip()
    try:
        return float(text.removesuffix("%")) / 100 if text.endswith("%") else float(text)
    except ValueError as error:
        raise click.BadParameter(f"`{text}` is no share; write 5% or 0.05.") from error


def complain(record: RunRecord) -> bool:
    """Say on standard error which experiments broke, and why; whether any did."""
    failed = [experiment for experiment in record.experiments.values() if experiment.status is Status.FAILED]
    for experiment in failed:
        click.echo(f"perflab: {experiment.name} failed: {experiment.reason}", err=True)
    return bool(failed)


def write_json(path: Path | None, found: object) -> None:
    """Write what was found to where --json says, if it says.

    Raises StoreError when it cannot be written; the run's folder has it all the same.
    """
    if path is None:
        return
    try:
        path.write_text(json.dumps(found, indent=1) + "\n")
    except OSError as error:
        raise StoreError(
            f"--json {path} cannot be written ({error.strerror}); the run's folder holds the same."
        ) from error

"""`perflab run`: the whole lab in one command."""

import asyncio
from pathlib import Path

import click

from bench.cli import shared
from bench.cli.progress import watching


@click.command(epilog="Example: perflab run --quick --only response_time")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@click.option("--quick", is_flag=True, help="Smaller corpus, shorter slots, fewer experiments: an answer in minutes.")
@click.option("--only", multiple=True, metavar="NAME", help="Run this experiment alone; may be repeated.")
@click.option("--budget", type=click.FloatRange(min=1), metavar="SECONDS", help="Load time over all experiments.")
@shared.services
@shared.seed
@shared.out
@shared.json_file
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Measure what RUN has not completed.")
def run(
    spec: Path | None,
    quick: bool,
    only: tuple[str, ...],
    budget: float | None,
    services: str,
    seed: int | None,
    out: Path | None,
    json_file: Path | None,
    resume: Path | None,
) -> int:
    """Start servers, measure every experiment of SPEC (specs/phase2.toml), judge, report.

    Exit code: 1 if any criterion is FAIL; else 2 if an experiment broke; else 4 if the session was not fit to
    measure; else 3 if any is INCONCLUSIVE or a required one NOT_MEASURED; else 0.
    """
    from bench import store
    from bench.lab import Options, run_spec
    from bench.report import console

    options = Options(
        spec=spec,
        quick=quick,
        only=only,
        budget_s=budget,
        services=services,
        seed=seed,
        reports=out,
        resume=resume,
    )
    with watching() as progress:
        record, folder = asyncio.run(run_spec(options, progress))
    shared.write_json(json_file, store.plain(record))
    console.show(record, folder)
    shared.complain(record)
    return record.exit_code

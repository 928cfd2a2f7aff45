"""`perflab sweep pool`: the pool at many sizes, under one load."""

import asyncio
from pathlib import Path

import click

from bench.cli import shared
from bench.cli.progress import watching

EXPERIMENT = "pool"
BUDGET_S = 360.0
"""Holds all sizes from 1 to 40 in twelve blocks, then at three further loads."""


@click.group(epilog="Example: perflab sweep pool --quick")
def sweep() -> None:
    """Measure one setting of the reference service at many values."""


@sweep.command(epilog="Example: perflab sweep pool --budget 300 --json pool.json")
@click.option("--quick", is_flag=True, help="Four sizes on a smaller corpus.")
@click.option("--budget", type=click.FloatRange(min=1), metavar="SECONDS", help=f"Load time [{BUDGET_S:.0f}].")
@shared.services
@shared.seed
@shared.out
@shared.json_file
def pool(
    quick: bool, budget: float | None, services: str, seed: int | None, out: Path | None, json_file: Path | None
) -> int:
    """Find how many connections a load needs: utilisation, waits and latency by size, beside Erlang's formula.

    From 357 s on also at half and at one and a half times the load, and at saturation, with the knee of the Universal
    Scalability Law.

    Exit code: 0 when a size is shown to be enough and all smaller ones are refuted; 3 when that is undecided or none is
    enough; 2 when the measurement broke.
    """
    from bench.criteria.pool_choice import choice
    from bench.criteria.pooling import enough
    from bench.lab import Options, run_spec
    from bench.report import console

    chosen = budget if budget is not None or quick else BUDGET_S
    options = Options(quick=quick, only=(EXPERIMENT,), budget_s=chosen, services=services, seed=seed, reports=out)
    with watching() as progress:
        record, folder = asyncio.run(run_spec(options, progress))
    experiment = record.experiments[EXPERIMENT]
    shared.write_json(json_file, experiment.facts)
    console.show_findings(experiment, folder)
    if shared.complain(record):
        return 2
    slots = experiment.facts.get("slots", ())
    return 0 if enough(slots) and choice(slots, experiment.facts["sizes"]).decided else 3

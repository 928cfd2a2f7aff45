"""`perflab ablate`: what each knob contributes, and what it costs."""

import asyncio
from pathlib import Path

import click

from bench.cli import shared
from bench.cli.progress import watching

EXPERIMENT = "ablation"


@click.command(epilog="Example: perflab ablate --budget 300 --json ablation.json")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@click.option("--quick", is_flag=True, help="Leaving one out alone, on a smaller corpus.")
@click.option("--budget", type=click.FloatRange(min=1), metavar="SECONDS", help="Load time: more has more arms.")
@shared.services
@shared.seed
@shared.out
@shared.json_file
def ablate(
    spec: Path | None,
    quick: bool,
    budget: float | None,
    services: str,
    seed: int | None,
    out: Path | None,
    json_file: Path | None,
) -> int:
    """Switch each knob alone on and alone off, beside a fractional factorial where the budget holds one.

    Exit code: 0 when there are effects, whatever they are, for none is a criterion; 3 when there was too little time
    for any.
    """
    from bench.ablation import found
    from bench.lab import SPECS, Options, run_spec
    from bench.report import console

    options = Options(
        spec=spec or SPECS / f"{EXPERIMENT}.toml",
        quick=quick,
        only=(EXPERIMENT,),
        budget_s=budget,
        services=services,
        seed=seed,
        reports=out,
    )
    with watching() as progress:
        record, folder = asyncio.run(run_spec(options, progress))
    experiment = record.experiments[EXPERIMENT]
    answer = found(experiment.facts)
    shared.write_json(json_file, answer)
    console.show_findings(experiment, folder)
    if shared.complain(record):
        return 2
    return 0 if answer["contributions"] is not None else 3
